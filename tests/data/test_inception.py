import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import FormatError, RecordError
from khabar.data.inception import Arc, Mention, is_read, make_document, sentence_spans
from khabar.data.records import Entity
from khabar.data.words import split_words


def test_layers_of_a_projects_own_with_a_type_are_read():
    assert is_read("webanno.custom.Entity", ["value", "id"])
    assert is_read("custom.Span", ["label"])
    assert is_read(
        "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity", ["identifier", "value"]
    )
    assert not is_read("webanno.custom.Note", ["text"])
    assert not is_read("de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Lemma", ["value"])


def test_ids_that_are_missing_or_double_are_numbered():
    ids = ["2", None, "2", "a", None]
    mentions = [
        Mention(place, place + 1, {"value": "X"} if id is None else {"value": "X", "id": id})
        for place, id in enumerate(ids)
    ]
    arcs = [Arc(2, 0, {"label": "r"}), Arc(4, 1, {"label": "r", "id": "1"})]
    document = make_document("x", "abcde", mentions, arcs)
    assert [entity.id for entity in document.entities] == ["2", "1", "3", "a", "4"]
    assert [(r.id, r.head, r.tail) for r in document.relations] == [
        ("2", "3", "2"),
        ("1", "4", "1"),
    ]


def test_what_no_record_can_hold_is_an_error():
    with pytest.raises(FormatError, match="the entity 'bc' at 1 has no type; give it one, or del"):
        make_document("x", "abc", [Mention(1, 3)], [])
    with pytest.raises(FormatError, match="the relation from 'q' has no type"):
        make_document("x", "a", [Mention(0, 1, {"value": "X", "id": "q"})], [Arc(0, 0)])
    with pytest.raises(FormatError, match="the score 'high' is no number; write one from 0 to 1"):
        make_document("x", "abc", [Mention(1, 3, {"value": "X", "score": "high"})], [])
    with pytest.raises(RecordError, match="entity 1: text"):
        make_document("x", "abc", [Mention(1, 9, {"value": "X"})], [])


@given(st.text(st.sampled_from("اب \n\t،"), max_size=30))
def test_sentences_have_a_line_feed_and_spaces_between_them_and_nothing_else(text: str):
    words = split_words(text)
    spans = sentence_spans(text, words, [])
    if not words:
        assert spans == []
        return
    assert spans[0][0] == words[0][0]
    assert spans[-1][1] == len(text)
    starts = {start for start, _ in words}
    for (_, end), (start, _) in zip(spans, spans[1:], strict=False):
        assert text[end:start].rstrip(" ") == "\n"
        assert start in starts


def test_a_line_feed_inside_an_entity_or_before_a_tab_ends_no_sentence():
    text = "أ\n\n  ب\nج د\n\tه"
    entity = Entity(id="1", type="X", start=5, end=8, text="ب\nج")
    spans = sentence_spans(text, split_words(text), [entity])
    assert [text[start:end] for start, end in spans] == ["أ\n", "ب\nج د\n\tه"]
