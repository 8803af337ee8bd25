from __future__ import annotations

import subprocess
import sys

from khabar.eval.counts import Counts, count_by_type, count_items


def test_items_of_both_sides_are_correct():
    assert count_items({1, 2, 3}, {2, 3, 4, 5}) == Counts(gold=3, predicted=4, correct=2)


def test_a_type_of_one_side_only_is_counted():
    counts = count_by_type({"ORG": {1, 2}}, {"GPE": {1}})
    assert counts == {"ORG": Counts(2, 0, 0), "GPE": Counts(0, 1, 0)}


def test_importing_the_scores_loads_neither_torch_nor_scikit_learn():
    code = "import sys, khabar.eval; assert not {'torch', 'sklearn'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
