from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.eval.breakdown import break_down_entities, break_down_relations, words_between
from khabar.eval.by_document import DocumentCounts
from khabar.eval.familiarity import Familiarity
from khabar.eval.pairs import pair_documents
from khabar.eval.tokens import tokenize
from tests.eval.drawn import documents, shuffled
from tests.marked import marked


def groups(table: DocumentCounts) -> dict[str, list[int]]:
    """Gold, predicted and correct of every group that occurs."""
    total = table.counts.sum(axis=0).tolist()
    return {name: row for name, row in zip(table.groups, total, strict=True) if any(row)}


def test_depth_is_golds_where_gold_has_it(nested):
    """The predicted مصر stands alone, but is gold's inner one; the spurious أمس is outermost."""
    gold = marked("⟨1:ORG|بنك ⟨2:GPE|مصر⟩⟩ في ⟨3:ORG|وزارة ⟨4:ORG|شؤون ⟨5:GPE|تونس⟩⟩⟩ أمس")
    found = marked("بنك ⟨2:GPE|مصر⟩ في ⟨3:ORG|وزارة ⟨4:ORG|شؤون تونس⟩⟩ ⟨5:PERS|أمس⟩")
    depth, _ = break_down_entities(pair_documents([gold], [found], nested), nested, None)
    assert depth.metric == "entity strict, by nesting depth"
    assert groups(depth) == {
        "1, outermost": [2, 2, 1],
        "2, inside one": [2, 2, 2],
        "3, inside two": [1, 0, 0],
    }


def test_one_extent_of_two_types_is_one_layer(nested, make):
    gold = make("بنك مصر", [("ORG", "بنك مصر"), ("PERS", "بنك مصر"), ("GPE", "مصر")])
    depth, _ = break_down_entities(pair_documents([gold], [gold], nested), nested, None)
    assert groups(depth) == {"1, outermost": [2, 2, 2], "2, inside one": [1, 1, 1]}


def test_a_flat_schema_has_no_depth(flat):
    gold = marked("⟨1:LOC|مصر⟩ و⟨2:PERS|زيد عمرو⟩")
    (length,) = break_down_entities(pair_documents([gold], [gold], flat), flat, None)
    assert length.metric == "entity strict, by length"
    assert groups(length) == {"1 word": [1, 1, 1], "2": [1, 1, 1]}


def test_length_is_in_words_and_long_ones_share_a_group(nested):
    gold = marked("⟨1:ORG|أ ب ت ث ج ح خ⟩ د ⟨2:ORG|أ ب ت ث ج ح خ د ذ ر⟩")
    found = marked("⟨1:ORG|أ ب ت ث ج ح⟩ خ د ⟨2:ORG|أ ب ت ث ج ح خ د ذ ر⟩")
    _, length = break_down_entities(pair_documents([gold], [found], nested), nested, None)
    assert groups(length) == {"5 to 7": [1, 1, 0], "8 and more": [1, 1, 1]}


def test_names_that_training_never_showed_are_told_from_others(nested):
    gold = marked("⟨1:GPE|مصر⟩ و⟨2:GPE|تونس⟩ و⟨3:PERS|زيد⟩")
    found = marked("⟨1:GPE|مصر⟩ و⟨2:ORG|تونس⟩ و⟨3:PERS|زيد⟩")
    known = Familiarity([marked("⟨1:GPE|مصر⟩ ⟨2:GPE|تونس⟩")])
    tables = break_down_entities(pair_documents([gold], [found], nested), nested, known)
    by_group, seen, unseen = tables[2:]
    assert groups(by_group) == {
        "new, no word known": [1, 1, 1],
        "only as another type": [0, 1, 0],
        "once": [2, 1, 1],
    }
    assert groups(seen) == {"GPE": [2, 1, 1]}
    assert groups(unseen) == {"PERS": [1, 1, 1], "ORG": [0, 1, 0]}


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [((0, 1), (2, 3), 0), ((2, 3), (0, 1), 0), ((0, 1), (6, 9), 2), ((0, 3), (2, 3), None)],
)
def test_words_between_two_extents(one, other, words):
    assert words_between(tokenize("أ ب ت ث ج", "words"), one, other) == words


def test_extents_that_touch_have_nothing_between_them():
    assert words_between(tokenize("أ،ب", "words"), (0, 1), (1, 2)) == 0


def test_relations_by_distance(nested):
    gold = marked(
        "⟨1:PERS|زيد⟩ في ⟨2:ORG|بنك ⟨3:GPE|مصر⟩⟩ قرب ثلاثة من أعلام ⟨4:GPE|ليبيا⟩",
        "1 works_for 2", "3 borders 4", "2 works_for 3",
    )  # fmt: skip
    found = marked(
        "⟨1:PERS|زيد⟩ في ⟨2:ORG|بنك ⟨3:GPE|مصر⟩⟩ قرب ثلاثة من أعلام ⟨4:GPE|ليبيا⟩",
        "1 works_for 2", "4 borders 3", "1 works_for 4",
    )  # fmt: skip
    (table,) = break_down_relations(pair_documents([gold], [found], nested), nested)
    assert groups(table) == {
        "nested": [1, 0, 0],
        "0 to 2 words": [1, 1, 1],
        "3 to 5": [1, 1, 1],
        "6 to 10": [0, 1, 0],
    }


def test_a_schema_without_relations_has_no_distances(flat):
    assert break_down_relations([], flat) == []


@given(documents(), documents(), st.randoms())
@settings(max_examples=40)
def test_order_and_repetition_change_nothing(nested, gold, found, rng: random.Random):
    known = Familiarity([gold])
    counted = []
    for pairs in (
        pair_documents([gold], [found], nested),
        pair_documents([shuffled(gold, rng)], [shuffled(found, rng)], nested),
    ):
        tables = [*break_down_entities(pairs, nested, known), *break_down_relations(pairs, nested)]
        counted.append([groups(table) for table in tables])
    assert counted[0] == counted[1]
    totals = [sum(row[0] for row in table.values()) for table in counted[0][:3]]
    assert len(set(totals)) == 1  # whatever the groups are, they hold all entities
