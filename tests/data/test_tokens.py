import pytest

from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity
from khabar.data.tokens import (
    entity_tokens,
    find_tokens,
    join_tokens,
    sentence_starts,
    token_extent,
    token_spans,
)
from tests.marked import marked


def tokens(document: Document) -> list[str]:
    return [document.text[start:end] for start, end in token_spans(document)]


def test_tokens_are_words_and_signs_whatever_the_entities():
    text = "قالَ (عـمر)،\n\U0001f600أمس"
    expected = ["قالَ", "(", "عـمر", ")", "،", "\U0001f600", "أمس"]
    assert tokens(Document(id="1", text=text)) == expected
    assert tokens(marked("قالَ (⟨1:PERS|عـمر⟩)،\n\U0001f600أمس")) == expected


def test_an_entity_inside_a_word_cuts_it():
    document = marked("و⟨1:GPE|فرنسا⟩ تقول")
    assert tokens(document) == ["و", "فرنسا", "تقول"]
    assert entity_tokens(token_spans(document), document.entities[0]) == range(1, 2)


def test_invisible_marks_belong_to_a_token_beside_them():
    text = "\u200fقال\u200f، \u200f \u200eأمس"
    assert tokens(Document(id="1", text=text)) == ["\u200fقال\u200f", "،", "\u200eأمس"]


def test_an_entity_keeps_or_leaves_invisible_marks_at_its_edge():
    for content in (
        "⟨1:PERS|\u200fقال⟩",
        "\u200f⟨1:PERS|قال⟩",
        "⟨1:PERS|قال\u200f⟩ت",
        "⟨1:PERS|قال⟩\u200f",
    ):
        document = marked(content)
        (place,) = [entity_tokens(token_spans(document), e) for e in document.entities]
        assert len(place) == 1, content


@pytest.mark.parametrize("edge", [" ", "\u200f"])
def test_an_entity_that_ends_with_no_token_is_refused(edge: str):
    text = f"قال{edge}{edge}ت"
    entity = Entity(id="7", type="X", start=3, end=4, text=edge)
    document = Document(id="1", text=text, entities=(entity,))
    with pytest.raises(FormatError, match="entity 7 .* belongs to no token; trim it"):
        entity_tokens(token_spans(document), entity)


def test_a_line_is_a_sentence_unless_an_entity_or_a_relation_goes_over_its_end():
    lines = "⟨1:A|أ⟩ ب\n⟨2:A|ت\nث⟩ ج\nح ⟨3:A|خ⟩\nد"
    plain = marked(lines)
    assert sentence_starts(plain, token_spans(plain)) == [0, 2, 5, 7]
    related = marked(lines, "3 x 2")
    assert sentence_starts(related, token_spans(related)) == [0, 2, 7]
    assert sentence_starts(Document(id="1", text=" "), []) == []


def test_joined_tokens_stand_where_their_spans_say():
    text, spans = join_tokens([["قال", "عمر"], [], ["أمس"]])
    assert text == "قال عمر\nأمس"
    assert [text[start:end] for start, end in spans] == ["قال", "عمر", "أمس"]
    assert join_tokens([]) == ("", [])


def test_tokens_are_found_again_in_their_text():
    text = "\u200fقال  عمر\n\u200eأمس\u200f "
    assert find_tokens(["قال", "عمر", "أمس"], text) == [(1, 4), (6, 9), (11, 14)]


@pytest.mark.parametrize("others", [["قال"], ["قال", "أمس"], ["عمر"], ["قال", "عمر", "ثم"]])
def test_a_text_of_other_tokens_is_refused(others: list[str]):
    with pytest.raises(FormatError, match="the text kept beside the tokens is not theirs after"):
        find_tokens(others, "قال عمر")


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (1, 1), (0, 3)])
def test_tokens_that_are_none_are_refused(start: int, end: int):
    with pytest.raises(FormatError, match="are none: the document has 2, counted from 0"):
        token_extent([(0, 1), (2, 3)], start, end)
