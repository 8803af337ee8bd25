"""Rows of labels as seqeval reads them, by both of its readings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.eval.counts import Counts, count_by_type
from khabar.eval.rows import Reading, read_rows
from khabar.eval.tokens import Labels
from tests.eval import pooled


def count_rows(gold: list[Labels], found: list[Labels], reading: Reading) -> dict[str, Counts]:
    return count_by_type(read_rows(gold, reading), read_rows(found, reading))


def test_an_orphan_is_an_entity_to_conlleval_and_none_to_strict():
    """Conlleval lets the orphan I-ORG start an entity, at both ends of the first row."""
    gold = [["I-ORG", "I-ORG", "O", "B-GPE", "I-ORG"], ["B-ORG", "I-ORG"]]
    found = [["B-ORG", "I-ORG", "O", "B-GPE", "O"], ["B-ORG", "O"]]
    assert count_rows(gold, found, "conlleval") == {"ORG": Counts(3, 2, 1), "GPE": Counts(1, 1, 1)}
    assert count_rows(gold, found, "strict") == {"ORG": Counts(1, 2, 0), "GPE": Counts(1, 1, 1)}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("reading", ["strict", "conlleval"])
def test_rows_without_any_entity_count_nothing(reading):
    assert count_rows([], [], reading) == {}
    assert count_rows([["O", "O"]], [["O", "O"]], reading) == {}
    assert count_rows([["B-ORG"]], [["O"]], reading) == {"ORG": Counts(1, 0, 0)}
    assert count_rows([["O"]], [["B-ORG"]], reading) == {"ORG": Counts(0, 1, 0)}


@pytest.mark.filterwarnings("error")
def test_rows_of_orphans_alone_hold_nothing_for_strict():
    assert count_rows([["I-ORG"]], [["O"]], "strict") == {}
    assert count_rows([["I-ORG"]], [["O"]], "conlleval") == {"ORG": Counts(1, 0, 0)}


labels = st.sampled_from(["O", "B-ORG", "I-ORG", "B-GPE", "I-GPE"])
row_pairs = st.integers(1, 6).flatmap(
    lambda length: st.tuples(*[st.lists(labels, min_size=length, max_size=length)] * 2)
)


@pytest.mark.parametrize("reading", ["strict", "conlleval"])
@given(st.lists(row_pairs, max_size=4))
def test_what_is_read_of_rows_is_what_seqeval_s_report_counts(reading, pairs):
    gold, found = [row for row, _ in pairs], [row for _, row in pairs]
    assert count_rows(gold, found, reading) == pooled.count_rows(gold, found, reading)
