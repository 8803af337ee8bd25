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


@given(SCORES, st.floats(0.25, 4))
def test_the_order_stays_and_scores_stay_between_0_and_1(scores, temperature):
    found = tempered(np.array(sorted(scores)), temperature)
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
        plain, entity_temperature=2.0, relation_temperature=3.0
    )
    bare = without_temperatures(model)
    assert bare.config == plain
    assert model.config is warm
    assert bare.tagger.weight is model.tagger.weight
