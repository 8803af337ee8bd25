from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from khabar.data.records import Document, Entity, Relation
from khabar.view import mark_entities, print_document, printable

TEXT = "رئيس بنك مصر يزور تونس\nقال محمد الإتربي إن البنك سيفتتح فرعا جديدا هناك قريبا."
ISOLATES = re.compile("[\u2066\u2067\u2069]")


def entity(id: str, type: str, mention: str) -> Entity:
    start = TEXT.index(mention)
    return Entity(id=id, type=type, start=start, end=start + len(mention), text=mention)


DOCUMENT = Document(
    id="خبر-1",
    text=TEXT,
    entities=(
        entity("1", "OCC", "رئيس بنك مصر"),
        entity("2", "ORG", "بنك مصر"),
        entity("3", "GPE", "مصر"),
        entity("4", "GPE", "تونس"),
        entity("5", "PERS", "محمد الإتربي"),
    ),
    relations=(Relation(id="1", type="works_for", head="5", tail="2"),),
)


def shown(document: Document, *, width: int = 200, colour: bool = False) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colour, highlight=False)
    print_document(document, console)
    return file.getvalue()


def lines(document: Document, *, width: int = 200) -> list[str]:
    plain = ISOLATES.sub("", shown(document, width=width))
    return [re.sub(" +", " ", line).strip() for line in plain.splitlines()]


def test_nested_entities_stand_inside_each_other():
    assert "⟨OCC رئيس ⟨ORG بنك ⟨GPE مصر⟩⟩⟩ يزور ⟨GPE تونس⟩" in lines(DOCUMENT)


def test_entities_of_one_extent_are_both_shown():
    text = "تونس"
    twice = tuple(Entity(id=t, type=t, start=0, end=4, text=text) for t in ("GPE", "ORG"))
    document = Document(id="a", text=text, entities=twice)
    assert ISOLATES.sub("", mark_entities(document).plain) == "⟨GPE ⟨ORG تونس⟩⟩"


def test_crossing_entities_lose_no_letter():
    crossing = (
        Entity(id="1", type="A", start=0, end=5, text="بنك م"),
        Entity(id="2", type="B", start=4, end=7, text="مصر"),
    )
    document = Document(id="a", text="بنك مصر", entities=crossing)
    marked = ISOLATES.sub("", mark_entities(document).plain)
    assert re.sub("⟨[AB] |⟩", "", marked) == document.text


def test_each_entity_has_a_line_with_its_type_its_text_and_what_it_lies_in():
    rows = lines(DOCUMENT)
    assert "OCC رئيس بنك مصر" in rows
    assert "ORG بنك مصر ‹ رئيس بنك مصر" in rows
    assert "GPE مصر ‹ بنك مصر" in rows
    assert "PERS محمد الإتربي" in rows


def test_an_entity_after_another_in_the_same_one_lies_in_that_one():
    text = "وزيرا مصر وتونس"
    spans = (("OCC", 0, 15), ("GPE", 6, 9), ("GPE", 11, 15))
    entities = tuple(
        Entity(id=str(start), type=type, start=start, end=end, text=text[start:end])
        for type, start, end in spans
    )
    assert "GPE تونس ‹ وزيرا مصر وتونس" in lines(Document(id="a", text=text, entities=entities))


def test_a_mention_over_two_lines_has_one_line_in_the_list():
    text = "بنك\nمصر"
    whole = Entity(id="1", type="ORG", start=0, end=7, text=text)
    assert lines(Document(id="a", text=text, entities=(whole,)))[-1] == "ORG بنك مصر"


def test_each_relation_points_from_head_to_tail():
    assert "محمد الإتربي ─ works_for ─› بنك مصر" in lines(DOCUMENT)


def test_the_view_of_an_empty_document_says_that_there_is_nothing():
    assert lines(Document(id="a", text="")) == ["a", "", "", "الكيانات: 0"]


def test_every_line_is_an_isolate_from_right_to_left_at_the_right_edge():
    for line in shown(DOCUMENT, width=50).splitlines():
        if line:
            assert re.fullmatch(" *\u2067[^\u2067]*\u2069", line), line
            assert len(ISOLATES.sub("", line)) == 50
            assert line.count("\u2066") + 1 == line.count("\u2069")


def test_a_narrow_terminal_breaks_lines_between_words_and_changes_no_letter():
    article = "\n".join(lines(Document(id="a", text=TEXT), width=24)[1:]).split("الكيانات")[0]
    assert article.split() == TEXT.split()


@pytest.mark.parametrize(
    ("raw", "picture"),
    [("\x1b[2Jخبر", "␛[2Jخبر"), ("\0", "␀"), ("\r", "␍"), ("\x7f", "␡"), ("\x9b", "�")],
)
def test_control_characters_of_the_article_do_not_reach_the_terminal(raw: str, picture: str):
    marked = Entity(id="1", type=f"T{raw}", start=0, end=len(raw), text=raw)
    document = Document(
        id=f"a{raw}",
        text=raw,
        entities=(marked,),
        relations=(Relation(id="1", type=f"r{raw}", head="1", tail="1"),),
    )
    view = shown(document)
    assert raw not in view
    assert view.count(picture) == 8


def test_a_lone_surrogate_can_be_shown():
    assert printable("أ\ud800ب\t\n") == "أ�ب\t\n"


def test_brackets_of_the_article_are_no_markup_of_the_view():
    assert "[bold]خبر[/bold] :smile:" in lines(Document(id="a", text="[bold]خبر[/bold] :smile:"))


def test_brackets_have_the_colour_of_their_entity():
    marked = mark_entities(DOCUMENT)
    ends = [span for span in marked.spans if marked.plain[span.start : span.end] == "⟩"]
    assert [span.style for span in ends[:3]] == ["magenta", "blue", "bright_green"]


def test_types_have_colours():
    assert "\x1b[34m" in shown(DOCUMENT, colour=True)
    assert "\x1b" not in shown(DOCUMENT)
