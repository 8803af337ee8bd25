"""Temperatures of a model: fitted on some articles, measured on others.

Enters: gold documents beside predictions that no temperature has touched. Leaves: temperatures,
calibrated documents, and how far scores can be read as probabilities before and after. Knows no
model: a relation's score is the head's times that of the less sure of its entities, as in
``engine.py``.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from scipy.optimize import minimize

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.calibration import (
    Outcomes,
    chance_error,
    entity_outcomes,
    expected_error,
    log_loss,
    relation_outcomes,
)
from khabar.eval.pairs import Pair
from khabar.eval.relations import linked, links_by_type
from khabar.model.temperature import tempered

_MOST = 4.0
"""Temperatures from a quarter to this are tried; few articles alone would give others."""
_FARTHEST = 2.0
"""Shifts up to this to either side are tried: from 0.5 to 0.88."""


class Temperatures(msgspec.Struct, frozen=True, kw_only=True):
    """By what log-odds are divided: of entities' scores, and of the relation head's."""

    entity: float = 1.0
    relation: float = 1.0
    relation_shift: float = 0.0
    """What is then added to the relation head's. Its scores are off to one side where it learned
    from other pairs than it is asked about."""


class Crossed(msgspec.Struct, frozen=True, kw_only=True):
    """Scores as probabilities, before and after; each half calibrated by the other's fit."""

    metric: str
    """What counts as right."""
    predictions: int
    before: float
    """Expected calibration error, see ``Calibration``."""
    after: float
    chance: float
    """That of so many predictions with these scores if the scores were exactly right."""
    loss_before: float
    """Mean negative log-likelihood of right and wrong, in nats."""
    loss_after: float


def fit_temperatures(pairs: Sequence[Pair], schema: LabelSchema) -> Temperatures:
    """Return the temperatures that give right and wrong the best likelihood (Guo et al., 2017).

    The entities' is fitted first, the relations' beside it, with a shift (Platt, 1999). Where all
    is right, or all wrong, there is nothing to fit, and scores stay.

    Args:
        pairs: predictions by a model whose temperatures are 1, scored, unsure ones too.
        schema: of both.
    """
    outcomes = entity_outcomes(pairs)
    scores, right = np.array(outcomes, dtype=float).reshape(-1, 2).T
    entity, _ = _fit(scores, np.ones_like(scores), right > 0)
    heads, limits = np.vstack([_factors(pair.predicted) for pair in pairs] or [_NO_FACTORS]).T
    holds = [found for pair in pairs for found in _right_relations(pair, schema)]
    relation, shift = _fit(
        heads, tempered(limits, entity), np.array(holds, dtype=bool), farthest=_FARTHEST
    )
    return Temperatures(entity=entity, relation=relation, relation_shift=shift)


def calibrated(document: Document, temperatures: Temperatures) -> Document:
    """Return a document as the model would have scored it with these temperatures.

    Args:
        document: predicted by a model whose temperatures are 1.
        temperatures: of the model.
    """
    scores = np.array([entity.score or 0.0 for entity in document.entities])
    entities = tempered(scores, temperatures.entity).tolist()
    heads, limits = _factors(document).T
    relations = tempered(heads, temperatures.relation, temperatures.relation_shift)
    relations *= tempered(limits, temperatures.entity)
    return msgspec.structs.replace(
        document,
        entities=tuple(
            msgspec.structs.replace(entity, score=round(score, 4))
            for entity, score in zip(document.entities, entities, strict=True)
        ),
        relations=tuple(
            msgspec.structs.replace(relation, score=round(score, 4))
            for relation, score in zip(document.relations, relations.tolist(), strict=True)
        ),
    )


def cross_calibrate(pairs: Sequence[Pair], schema: LabelSchema) -> list[Crossed]:
    """Fit on every other document, measure on the rest, and the other way round.

    Arguments as for ``fit_temperatures``.

    Returns:
        Entities, then relations; what has no prediction is left out.
    """
    halves = pairs[::2], pairs[1::2]
    after: list[Pair] = []
    for fitted, measured in (halves, halves[::-1]):
        temperatures = fit_temperatures(fitted, schema)
        after += [
            msgspec.structs.replace(pair, predicted=calibrated(pair.predicted, temperatures))
            for pair in measured
        ]
    found = (
        ("entity strict", entity_outcomes(pairs), entity_outcomes(after)),
        ("relation strict", relation_outcomes(pairs, schema), relation_outcomes(after, schema)),
    )
    return [_crossed(*outcomes) for outcomes in found if outcomes[1]]


def crossed_table(crossed: Sequence[Crossed]) -> Table:
    """Return a table of calibration before and after."""
    columns = ("predictions", "error before", "after", "by chance", "log-loss before", "after")
    table = Table("", title="calibration, fitted on one half, measured on the other, crossed")
    for column in columns:
        table.add_column(column, justify="right")
    for own in crossed:
        shares = (f"{share:.1%}" for share in (own.before, own.after, own.chance))
        losses = (f"{loss:.3f}" for loss in (own.loss_before, own.loss_after))
        table.add_row(own.metric, f"{own.predictions:,}", *shares, *losses)
    table.caption = "error: expected calibration error, of which chance alone gives about so much"
    return table


_NO_FACTORS = np.zeros((0, 2))


def _factors(document: Document) -> NDArray[np.float64]:
    """Return the head's score, and that of the less sure entity, of every relation, in order."""
    sure = {entity.id: entity.score or 0.0 for entity in document.entities}
    limits = [min(sure[relation.head], sure[relation.tail]) for relation in document.relations]
    # Records keep four decimals: what is 1 may come out a little above.
    return np.array(
        [
            (min((relation.score or 0.0) / limit, 1.0) if limit else 0.0, limit)
            for relation, limit in zip(document.relations, limits, strict=True)
        ]
    ).reshape(-1, 2)


def _right_relations(pair: Pair, schema: LabelSchema) -> list[bool]:
    """Return whether each predicted relation is strictly right, in order."""
    gold = links_by_type(pair.gold, pair.tokens, schema, "strict")
    found = linked(pair.predicted, pair.tokens, schema, "strict")
    return [link in gold.get(relation.type, ()) for relation, link in found]


def _fit(
    scores: NDArray[np.float64],
    limits: NDArray[np.float64],
    right: NDArray[np.bool_],
    farthest: float = 0.0,
) -> tuple[float, float]:
    """Return the temperature and shift of the scores that, times the limits, tell right best."""
    if right.all() or not right.any():
        return 1.0, 0.0

    def loss(tried: NDArray[np.float64]) -> float:
        return log_loss(tempered(scores, np.exp(tried[0]), tried[1]) * limits, right)

    most = np.log(_MOST)
    found = minimize(loss, (0.0, 0.0), bounds=((-most, most), (-farthest, farthest)))
    return round(float(np.exp(found.x[0])), 3), round(float(found.x[1]), 3)


def _crossed(metric: str, before: Outcomes, after: Outcomes) -> Crossed:
    old, new = (np.array([o.score for o in outcomes]) for outcomes in (before, after))
    was, now = (np.array([o.right for o in outcomes]) for outcomes in (before, after))
    return Crossed(
        metric=metric,
        predictions=len(before),
        before=expected_error(old, was),
        after=expected_error(new, now),
        chance=chance_error(new),
        loss_before=log_loss(old, was),
        loss_after=log_loss(new, now),
    )
