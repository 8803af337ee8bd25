from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from khabar.eval.calibration import (
    Outcome,
    calibrate,
    chance_error,
    entity_outcomes,
    log_loss,
    relation_outcomes,
)
from khabar.eval.pairs import pair_documents
from tests.marked import marked


def test_a_case_worked_by_hand():
    """Two bins: 0.92 for half right, 0.3 for none right; (2 * 0.42 + 1 * 0.3) / 3 = 0.38."""
    outcomes = [Outcome(0.94, right=True), Outcome(0.9, right=False), Outcome(0.3, right=False)]
    calibration = calibrate("x", outcomes)
    assert calibration is not None
    assert calibration.expected_error == pytest.approx(0.38)
    assert [(b.low, b.high, b.predictions, b.precision) for b in calibration.bins] == [
        (0.3, 0.4, 1, 0.0),
        (0.9, 1.0, 2, 0.5),
    ]
    assert calibration.bins[1].confidence == pytest.approx(0.92)


@pytest.mark.parametrize(("score", "low"), [(0.0, 0.0), (0.1, 0.1), (0.99, 0.9), (1.0, 0.9)])
def test_a_bin_begins_with_its_lower_end_and_the_last_holds_1(score, low):
    calibration = calibrate("x", [Outcome(score, right=True)])
    assert calibration is not None
    assert [b.low for b in calibration.bins] == [low]


def test_chance_alone_gives_an_error_that_shrinks_with_the_number():
    """One prediction of 0.5 is always wrong by a half; 10,000 nearly never."""
    assert chance_error(np.array([0.5])) == 0.5
    assert chance_error(np.full(10_000, 0.5)) < 0.01
    assert chance_error(np.array([0.0, 1.0])) == 0


def test_log_loss_worked_by_hand_and_never_infinite():
    loss = log_loss(np.array([0.8, 0.5]), np.array([True, False]))
    assert loss == pytest.approx(-(math.log(0.8) + math.log(0.5)) / 2)
    assert log_loss(np.array([1.0]), np.array([False])) == pytest.approx(-math.log(5e-5))


def test_without_predictions_there_is_no_calibration():
    assert calibrate("x", []) is None


def test_right_is_what_is_strictly_right(nested):
    gold = marked("⟨1:PERS|زيد⟩ في ⟨2:ORG|بنك مصر⟩", "1 works_for 2")
    found = marked("⟨1:PERS|زيد⟩ في ⟨2:GPE|بنك مصر⟩", "1 works_for 2")
    scored = msgspec.structs.replace(
        found,
        entities=tuple(
            msgspec.structs.replace(entity, score=score)
            for entity, score in zip(found.entities, (0.9, 0.6), strict=True)
        ),
        relations=tuple(msgspec.structs.replace(r, score=0.7) for r in found.relations),
    )
    pairs = pair_documents([gold], [scored], nested)
    assert entity_outcomes(pairs) == [(0.9, True), (0.6, False)]
    assert relation_outcomes(pairs, nested) == [(0.7, False)]
    retyped = msgspec.structs.replace(
        scored,
        entities=(scored.entities[0], msgspec.structs.replace(scored.entities[1], type="ORG")),
    )
    assert relation_outcomes(pair_documents([gold], [retyped], nested), nested) == [(0.7, True)]


def test_a_symmetric_relation_either_way_round_is_one_prediction_with_the_highest_score(nested):
    gold = marked("⟨1:GPE|مصر⟩ و⟨2:GPE|ليبيا⟩", "1 borders 2")
    plain = marked("⟨1:GPE|مصر⟩ و⟨2:GPE|ليبيا⟩", "2 borders 1", "1 borders 2").to_dict()
    for relation, score in zip(plain["relations"], (0.4, 0.8), strict=True):
        relation["score"] = score
    found = gold.from_dict(plain)
    assert relation_outcomes(pair_documents([gold], [found], nested), nested) == [(0.8, True)]


def test_predictions_without_scores_say_nothing(nested):
    gold = marked("⟨1:GPE|مصر⟩ و⟨2:GPE|ليبيا⟩", "1 borders 2")
    pairs = pair_documents([gold], [gold], nested)
    assert entity_outcomes(pairs) == relation_outcomes(pairs, nested) == []
