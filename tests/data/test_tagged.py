from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity
from khabar.data.tagged import TaggedTokens, loses_spaces, tagged_document, tagged_tokens
from tests.marked import marked

TOKENS = st.text(st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"]), min_size=1)
LABELS = st.lists(st.sampled_from(["B-A", "I-A", "I-B", "B-B-C"]), max_size=2)
SENTENCES = st.lists(st.lists(st.tuples(TOKENS, LABELS), min_size=1), min_size=1, max_size=4)


@given(SENTENCES)
def test_tokens_come_back_from_their_document(sentences):
    tokens, labels = zip(*(pair for sentence in sentences for pair in sentence), strict=True)
    starts = set(accumulate(map(len, sentences))) - {len(tokens)}
    document, mentions = tagged_document(TaggedTokens(list(tokens), list(labels), starts), "x")
    again = tagged_tokens(document)
    assert again.tokens == list(tokens)
    assert again.sentence_starts == starts
    assert not loses_spaces(document)
    assert tagged_document(again, "x")[1] == mentions
    for entity, mention in zip(document.entities, mentions, strict=True):
        assert entity.type == mention.type
        assert entity.text.split(" ") == list(tokens[mention.start : mention.end])


def test_a_single_letter_and_invisible_marks_stay_in_their_tokens():
    tagged = TaggedTokens(["(", "\u200eد", "\u200eب", ")"], [[], ["B-X"], ["I-X"], []], set())
    document, _ = tagged_document(tagged, "x")
    assert document.text == "( \u200eد \u200eب )"
    assert document.entities == (Entity(id="1", type="X", start=2, end=7, text="\u200eد \u200eب"),)


def test_what_starts_without_its_b_is_counted():
    document, _ = tagged_document(TaggedTokens(["أ", "ب"], [["I-X"], ["I-X"]], {1}), "x")
    assert [entity.text for entity in document.entities] == ["أ", "ب"]
    assert document.meta == {"mended": "2"}


def test_entities_cut_tokens_and_hold_lines_together():
    tokens, labels, starts = tagged_tokens(marked("قال (⟨1:ORG|داعش⟩) في\n⟨2:GPE|رام\nالله⟩"))
    assert tokens == ["قال", "(", "داعش", ")", "في", "رام", "الله"]
    assert [" ".join(some) for some in labels] == ["", "", "B-ORG", "", "", "B-GPE", "I-GPE"]
    assert starts == {5}


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        (Entity(id="1", type="X", start=1, end=2, text=" "), "entity 1 ' ' has no token; drop it"),
        (Entity(id="1", type="X Y", start=0, end=1, text="أ"), "the type 'X Y' is no single word"),
    ],
)
def test_what_labels_cannot_hold_is_an_error(entity, reason):
    with pytest.raises(FormatError, match=reason):
        tagged_tokens(Document(id="x", text="أ ب", entities=(entity,)))
