"""Temperatures: log-odds divided, worked by hand, and what must stay."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.model.storage import from_pretrained
from khabar.model.temperature import tempered, without_temperatures

SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("score", "temperature", "expected"),
    [
        (0.9, 2.0, 0.75),  # odds of 9 to 1 become 3 to 1
        (0.75, 0.5, 0.9),
        (0.25, 0.5, 0.1),
        (0.5, 3.0, 0.5),
        (0.0, 4.0, 0.0),
        (1.0, 0.25, 1.0),
    ],
)
def test_log_odds_are_divided(score, temperature, expected):
    assert tempered(np.array([score]), temperature) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.5, 0.75), (0.25, 0.5), (0.9, 27 / 28), (0.0, 0.0), (1.0, 1.0)],
)
def test_a_shift_multiplies_the_odds(score, expected):
    assert tempered(np.array([score]), 1.0, np.log(3)) == pytest.approx(expected)


def test_the_shift_comes_after_the_temperature():
    """Odds of 9 to 1, by their root 3 to 1, times 2."""
    assert tempered(np.array([0.9]), 2.0, np.log(2)) == pytest.approx(6 / 7)


@given(SCORES, st.floats(0.25, 4), st.floats(-2, 2))
def test_the_order_stays_and_scores_stay_between_0_and_1(scores, temperature, shift):
    found = tempered(np.array(sorted(scores)), temperature, shift)
    assert (np.diff(found) >= -1e-12).all()
    assert (found >= 0).all()
    assert (found <= 1).all()


@given(SCORES)
def test_a_temperature_of_1_changes_nothing(scores):
    assert tempered(np.array(scores), 1.0) == pytest.approx(np.array(scores))


def test_a_model_without_its_temperatures_leaves_the_model_as_it_was(tiny_khabar: Path):
    model = from_pretrained(tiny_khabar)
    plain = model.config
    model.config = warm = msgspec.structs.replace(
        plain, entity_temperature=2.0, relation_temperature=3.0, relation_shift=1.0
    )
    bare = without_temperatures(model)
    assert bare.config == plain
    assert model.config is warm
    assert bare.tagger.weight is model.tagger.weight
