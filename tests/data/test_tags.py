"""Entities as BIO tags and back, against spans drawn at random and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import SchemaError
from khabar.data.records import Entity
from khabar.data.schema import LabelSchema
from khabar.data.tags import TagRows, WordSpan, covered_words
from khabar.data.words import split_words

PERS, ORG, GPE = 0, 1, 2
TYPES = {"PERS": "a person", "ORG": "an organization", "GPE": "a country"}
NESTED = LabelSchema(name="nested", nested=True, entities=TYPES)
FLAT = LabelSchema(name="flat", nested=False, entities=TYPES)
WORDS = 9


@st.composite
def nested_spans(draw: st.DrawFn, first: int = 0, last: int = WORDS - 1) -> list[WordSpan]:
    """Spans of which no two cross, each type and extent once."""
    found: list[WordSpan] = []
    word = first
    while word <= last:
        word += draw(st.integers(0, 3))
        end = word + draw(st.integers(0, 4))
        if end > last:
            break
        types = draw(st.sets(st.sampled_from([PERS, ORG, GPE]), min_size=1, max_size=2))
        found += [WordSpan(word, end, type) for type in types]
        if end > word and draw(st.booleans()):
            found += draw(nested_spans(first=word + 1, last=end))
        word = end + 1
    return found


def depth(span: WordSpan, spans: list[WordSpan]) -> int:
    around = [
        s
        for s in set(spans) - {span}
        if s.type == span.type and s.first <= span.first and span.last <= s.last
    ]
    return len(around)


@given(nested_spans())
def test_nested_spans_survive_encoding_as_deep_as_there_are_rows(spans):
    rows = TagRows(NESTED, inner=("ORG", "GPE"))
    tags, left_out = rows.encode(spans, WORDS)
    room = {PERS: 1, ORG: 2, GPE: 2}
    fitting = {span for span in spans if depth(span, spans) < room[span.type]}
    assert {span for span, _ in rows.decode(tags)} == fitting
    assert left_out == len(set(spans) - fitting)
    assert tags.shape == (WORDS, 5)


@given(nested_spans())
def test_spans_are_decoded_in_reading_order_outer_ones_first(spans):
    rows = TagRows(NESTED, inner=("ORG",))
    decoded = [span for span, _ in rows.decode(rows.encode(spans, WORDS)[0])]
    assert decoded == sorted(decoded, key=lambda s: (s.first, -s.last))


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), st.booleans())))
def test_flat_spans_survive_encoding(parts):
    spans, word = [], 0
    for length, type, is_mention in parts:
        if is_mention:
            spans.append(WordSpan(word, word + length - 1, type))
        word += length
    rows = TagRows(FLAT)
    tags, left_out = rows.encode(spans, word)
    assert [span for span, _ in rows.decode(tags)] == spans
    assert left_out == 0


def test_tags_of_a_case_worked_by_hand():
    rows = TagRows(NESTED, inner=("ORG",))
    spans = [WordSpan(1, 3, ORG), WordSpan(2, 3, ORG), WordSpan(3, 3, GPE)]
    tags, left_out = rows.encode(spans, 5)
    #                       PERS ORG GPE ORG inside ORG
    assert tags.tolist() == [
        [0, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 2, 0, 1],
        [0, 2, 1, 2],
        [0, 0, 0, 0],
    ]
    assert left_out == 0


def test_flat_tags_of_a_case_worked_by_hand():
    tags, _ = TagRows(FLAT).encode([WordSpan(0, 1, GPE), WordSpan(2, 2, PERS)], 4)
    assert tags.tolist() == [[5], [6], [1], [0]]


def test_what_crosses_in_a_row_or_nests_too_deep_is_counted():
    rows = TagRows(NESTED)
    crossing = [WordSpan(0, 2, ORG), WordSpan(1, 3, ORG)]
    deep = [WordSpan(5, 8, PERS), WordSpan(6, 7, PERS)]
    tags, left_out = rows.encode([*crossing, *deep, WordSpan(6, 6, GPE)], WORDS)
    assert left_out == 2
    kept = {span for span, _ in rows.decode(tags)}
    assert kept == {WordSpan(0, 2, ORG), WordSpan(5, 8, PERS), WordSpan(6, 6, GPE)}


def test_the_same_span_twice_counts_once():
    tags, left_out = TagRows(NESTED).encode([WordSpan(0, 1, ORG), WordSpan(0, 1, ORG)], 2)
    assert left_out == 0
    assert tags[:, ORG].tolist() == [1, 2]


def test_only_beginning_and_continuing_a_mention_precede_its_continuation():
    allowed = TagRows(FLAT).transitions()  # O, B-PERS, I-PERS, B-ORG, I-ORG, B-GPE, I-GPE
    assert allowed.shape == (7, 7)
    for tag in range(7):
        assert allowed[tag, [0, 1, 3, 5]].all()
        assert allowed[tag, [2, 4, 6]].tolist() == [tag in (1, 2), tag in (3, 4), tag in (5, 6)]


@pytest.mark.parametrize(("schema", "tags"), [(NESTED, 3), (FLAT, 7)])
def test_the_first_word_continues_nothing(schema, tags):
    starts = TagRows(schema).starts()
    assert starts.tolist() == [tag == 0 or tag % 2 == 1 for tag in range(tags)]


@pytest.mark.parametrize(
    ("schema", "inner", "reason"),
    [(NESTED, "CITY", "CITY, but schema nested lacks"), (FLAT, "ORG", "ORG, but schema flat is")],
)
def test_inner_types_that_cannot_be_are_refused(schema, inner, reason):
    with pytest.raises(SchemaError, match=f"`inner_types` names {reason}.*drop it"):
        TagRows(schema, inner=(inner,))


@given(st.text(st.sampled_from("اب \u200f-."), min_size=1, max_size=12), st.data())
def test_covered_words_are_those_that_share_a_character_with_the_entity(text, data):
    edges = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=2)))
    start, end = edges
    entity = Entity(id="e", type="ORG", start=start, end=end, text=text[start:end])
    words = split_words(text)
    touched = [n for n, (s, e) in enumerate(words) if set(range(s, e)) & set(range(start, end))]
    expected = {"e": (touched[0], touched[-1])} if touched else {}
    assert covered_words([entity], words) == expected


def test_no_words_have_no_tags():
    rows = TagRows(NESTED)
    tags, left_out = rows.encode([], 0)
    assert tags.shape == (0, 3)
    assert rows.decode(tags) == []
    assert left_out == 0
    assert tags.dtype == np.int64
