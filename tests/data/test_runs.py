"""A text cut into runs: nothing lost, no word cut, every entity whole at one level."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.records import Document, Entity
from khabar.data.runs import Layer, Run, document_lines, stack_levels
from khabar.data.words import split_words
from tests.marked import marked

LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")


def covered(lines: list[list[Run]], entity: int) -> str:
    """Return the text of the runs under an entity."""
    runs = [run for line in lines for run in line]
    return "".join(r.text for r in runs if entity in {layer.entity for layer in r.layers})


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def test_runs_change_where_entities_do_and_at_spaces_inside_them():
    document = marked("قال ⟨1:OCC|وزير ⟨2:ORG|الدفاع⟩⟩ أمس")
    places = {entity.type: place for place, entity in enumerate(document.entities)}
    outer, inner = Layer(places["OCC"], 2), Layer(places["ORG"], 1)
    assert document_lines(document) == [
        [
            Run("قال ", ()),
            Run("وزير", (outer,)),
            Run(" ", (outer,)),
            Run("الدفاع", (inner, outer)),
            Run(" أمس", ()),
        ]
    ]


def test_an_entity_that_cuts_a_word_covers_the_whole_word():
    document = Document(
        id="1",
        text="وفرنسا قالت",
        entities=(Entity(id="1", type="GPE", start=1, end=6, text="فرنسا"),),
    )
    assert covered(document_lines(document), 0) == "وفرنسا"


def test_an_entity_goes_over_line_ends():
    document = Document(
        id="1",
        text="في عمان\n\nسامي",
        entities=(Entity(id="1", type="GPE", start=3, end=13, text="عمان\n\nسامي"),),
    )
    lines = document_lines(document)
    assert ["".join(run.text for run in line) for line in lines] == ["في عمان", "", "سامي"]
    assert covered(lines, 0) == "عمانسامي"


@pytest.mark.parametrize(
    ("extents", "levels"),
    [
        ([], []),
        ([(0, 5), (6, 9)], [1, 1]),
        ([(0, 9), (0, 4), (5, 9), (5, 6)], [3, 1, 2, 1]),
        ([(0, 6), (4, 9)], [2, 1]),
        ([(0, 4), (0, 4)], [2, 1]),
    ],
    ids=["none", "apart", "nested", "crossing", "equal"],
)
def test_levels(extents: list[tuple[int, int]], levels: list[int]):
    assert stack_levels(extents) == levels


@given(st.from_type(Document))
def test_the_lines_are_the_text_without_its_line_ends(document: Document):
    lines = ["".join(run.text for run in line) for line in document_lines(document)]
    assert lines == LINE_END.split(document.text)


@given(st.from_type(Document))
def test_no_run_ends_inside_a_word(document: Document):
    inside = {place for start, end in split_words(document.text) for place in range(start + 1, end)}
    place = 0
    for line in document_lines(document):
        for run in line:
            place = document.text.index(run.text, place) + len(run.text)
            assert place not in inside


@given(st.from_type(Document))
def test_every_entity_is_covered_at_one_level_of_its_own(document: Document):
    lines = document_lines(document)
    levels: dict[int, set[int]] = {}
    for run in (run for line in lines for run in line):
        assert len({layer.level for layer in run.layers}) == len(run.layers)
        for layer in run.layers:
            levels.setdefault(layer.entity, set()).add(layer.level)
    assert all(len(found) == 1 for found in levels.values())
    for place, entity in enumerate(document.entities):
        assert letters(entity.text) in letters(covered(lines, place))
