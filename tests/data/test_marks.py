import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.marks import MarkError, escape, escape_field, mark_text, parse_marked, unescape
from khabar.data.records import Entity


def entity(id: str, type: str, start: int, text: str, **more: object) -> Entity:
    return Entity(id=id, type=type, start=start, end=start + len(text), text=text, **more)


TEXT = "وزير الخارجية الأمريكي"
MARKED = "⟨1:OCC|وزير ⟨2:ORG|الخارجية⟩ ⟨3:NORP|الأمريكي⟩⟩"
ENTITIES = (
    entity("1", "OCC", 0, TEXT),
    entity("2", "ORG", 5, "الخارجية"),
    entity("3", "NORP", 14, "الأمريكي"),
)


def test_marks_nest_as_the_entities_do():
    assert mark_text(TEXT, ENTITIES) == MARKED
    assert parse_marked(MARKED) == (TEXT, ENTITIES)


def test_of_one_extent_the_first_entity_is_outside():
    entities = (entity("1", "ORG", 0, "أ"), entity("2", "GPE", 0, "أ"))
    assert mark_text("أ", entities) == "⟨1:ORG|⟨2:GPE|أ⟩⟩"
    assert parse_marked("⟨1:ORG|⟨2:GPE|أ⟩⟩") == ("أ", entities)


def test_score_cluster_and_place_follow_the_type():
    entities = (
        entity("2", "GPE", 2, "ب", score=0.1 + 0.2),
        entity("1", "ORG", 0, "أ", cluster="c 1"),
    )
    marked = r"⟨1:ORG cluster=c\s1 place=2|أ⟩ ⟨2:GPE score=0.30000000000000004 place=1|ب⟩"
    assert mark_text("أ ب", entities) == marked
    assert parse_marked(marked) == ("أ ب", entities)


def test_brackets_and_backslashes_of_the_text_are_escaped():
    text = "⟨a:B|c⟩ \\n | \r\n"
    assert mark_text(text, ()) == "\\⟨a:B|c\\⟩ \\\\n | \\r\n"
    assert parse_marked(mark_text(text, ())) == (text, ())


def test_entities_that_cross_are_an_error():
    entities = (entity("1", "ORG", 0, "أ ب"), entity("2", "ORG", 2, "ب ج"))
    with pytest.raises(FormatError, match="the entities 1 'أ ب' and 2 'ب ج' cross"):
        mark_text("أ ب ج", entities)


@given(st.text(), st.sampled_from(["", "⟨⟩\r", " :\t\n="]))
def test_escapes_are_undone(text: str, characters: str):
    assert unescape(escape(text, characters)) == text


@given(st.text())
def test_a_field_is_a_single_word(text: str):
    field = escape_field(text)
    assert unescape(field) == text
    assert field
    assert not set(" \t\r\n") & set(field)


@pytest.mark.parametrize(
    ("marked", "position", "reason"),
    [
        ("ab ⟨1:ORG|c", 3, "the mark 1 is not closed; put ⟩ after it"),
        ("ab c⟩", 4, r"⟩ belongs to no mark .* is written \\⟩"),
        ("a ⟨b", 2, "⟨ belongs to no mark"),
        ("a ⟨1ORG|b⟩", 2, r"⟨1ORG\| is no mark; write ⟨id:TYPE\|words⟩"),
        ("a \\q", 2, r"\\q is no escape; a backslash of the text is written \\\\"),
        ("a \\", 2, "is no escape"),
        ("⟨1:A score=high|b⟩", 0, "score=high is no number"),
        ("⟨1:A place=x|b⟩", 0, "place=x is no number"),
        ("⟨1:A colour=red|b⟩", 0, "the attribute 'colour' has no meaning here"),
        ("⟨1:A score|b⟩", 0, "'score' is no attribute; write name=value"),
        ("⟨1:A score=1 score=1|b⟩", 0, "'score=1' is no attribute"),
    ],
)
def test_a_fault_is_named_with_its_position(marked: str, position: int, reason: str):
    with pytest.raises(MarkError, match=reason) as caught:
        parse_marked(marked)
    assert caught.value.position == position
