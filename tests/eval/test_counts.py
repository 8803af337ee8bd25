from __future__ import annotations

import subprocess
import sys

import pytest

from khabar.eval.counts import Counts, count_by_type, count_items, count_rows


def test_items_of_both_sides_are_correct():
    assert count_items({1, 2, 3}, {2, 3, 4, 5}) == Counts(gold=3, predicted=4, correct=2)


def test_a_type_of_one_side_only_is_counted():
    counts = count_by_type({"ORG": {1, 2}}, {"GPE": {1}})
    assert counts == {"ORG": Counts(2, 0, 0), "GPE": Counts(0, 1, 0)}


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


def test_importing_the_scores_loads_neither_torch_nor_scikit_learn():
    code = "import sys, khabar.eval; assert not {'torch', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
