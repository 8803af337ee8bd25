"""Calibration: whether of the predictions with a score of 0.8 four in five are right.

Enters: pairs of documents. Leaves: a ``Calibration`` with the bins of a reliability diagram.
A prediction is right when it is so strictly: extent and type, of a relation both arguments, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from khabar.data.schema import LabelSchema
from khabar.eval.alignment import mention_scores, mentions
from khabar.eval.pairs import Pair
from khabar.eval.relations import link_scores, links_by_type

BINS = 10
"""Of equal width, from 0 to 1."""

_DRAWS = 200
_LEAST_LIKELIHOOD = 5e-5
"""Records keep four decimals of a score: a 1 that is wrong may have been 0.99995."""


class Outcome(NamedTuple):
    """A prediction's score, and whether it is right."""

    score: float
    right: bool


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """The predictions whose scores lie in one stretch; its upper end belongs to the next one."""

    low: float
    high: float
    predictions: int
    confidence: float
    """The mean of their scores."""
    precision: float
    """The share of them that is right."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How far scores can be read as probabilities."""

    metric: str
    """What counts as right."""
    predictions: int
    expected_error: float
    """Expected calibration error (Naeini et al., 2015): the mean distance of a bin's confidence
    from its precision, bins weighted by their predictions."""
    bins: tuple[Bin, ...]
    """Those that hold a prediction."""


Outcomes: TypeAlias = Sequence[Outcome]


def calibrate(metric: str, outcomes: Outcomes) -> Calibration | None:
    """Return the calibration of scored predictions, or None where there are none."""
    if not outcomes:
        return None
    scores = np.array([outcome.score for outcome in outcomes])
    right = np.array([outcome.right for outcome in outcomes])
    number = _bins_of(scores)
    bins = tuple(
        Bin(
            low=index / BINS,
            high=(index + 1) / BINS,
            predictions=int(held.sum()),
            confidence=float(scores[held].mean()),
            precision=float(right[held].mean()),
        )
        for index in range(BINS)
        if (held := number == index).any()
    )
    return Calibration(
        metric=metric,
        predictions=len(outcomes),
        expected_error=expected_error(scores, right),
        bins=bins,
    )


def expected_error(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error of at least one prediction, see ``Calibration``."""
    return float(np.abs(np.bincount(_bins_of(scores), scores - right)).sum() / len(scores))


def chance_error(scores: NDArray[np.float64]) -> float:
    """Return the expected calibration error that chance gives where scores are exactly right.

    A bin of few predictions seldom holds just as many right ones as it should. The mean of so many
    draws, always the same ones.
    """
    rng = np.random.default_rng(0)
    draws = (rng.random(len(scores)) < scores for _ in range(_DRAWS))
    return float(np.mean([expected_error(scores, right) for right in draws]))


def log_loss(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the mean negative log-likelihood of right and wrong, in nats."""
    likelihood = np.where(right, scores, 1 - scores)
    return float(-np.log(likelihood.clip(min=_LEAST_LIKELIHOOD)).mean())


def _bins_of(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    # A score of 1 is in the last bin.
    return (scores * BINS).astype(np.int64).clip(max=BINS - 1)


def entity_outcomes(pairs: Iterable[Pair]) -> list[Outcome]:
    """Return the outcomes of predicted entities that have a score; of equal ones, the highest."""
    outcomes: list[Outcome] = []
    for pair in pairs:
        gold = mentions(pair.gold, pair.tokens)
        scores = mention_scores(pair.predicted, pair.tokens)
        outcomes += [Outcome(score, mention in gold) for mention, score in scores.items()]
    return outcomes


def relation_outcomes(pairs: Iterable[Pair], schema: LabelSchema) -> list[Outcome]:
    """Return the outcomes of predicted relations that have a score; of equal ones, the highest."""
    outcomes: list[Outcome] = []
    for pair in pairs:
        gold = links_by_type(pair.gold, pair.tokens, schema, "strict")
        scores = link_scores(pair.predicted, pair.tokens, schema)
        outcomes += [
            Outcome(score, link in gold.get(type, ()))
            for (type, link), score in scores.items()
            if score is not None
        ]
    return outcomes
