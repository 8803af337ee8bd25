"""Document bootstrap: how far a figure would move with other articles, and whether two differ.

Enters: counts by document. Leaves: 95 % percentile intervals, and of two systems on the same
documents the differences with their p-values. Documents are drawn with replacement, as many as
there are (Efron, 1979): the sentences of an article are not independent of each other, so articles
and not sentences are drawn. Every score is computed anew from the drawn documents' counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from khabar.eval.by_document import DocumentCounts
from khabar.eval.pairs import ScoreError

RESAMPLES = 10_000
LEVEL = 0.95
"""Share of the resamples between an interval's ends."""
FEW_DOCUMENTS = 30
"""Of fewer documents the percentiles are known to lie too close together."""
_AT_ONCE = 1_000

Floats = NDArray[np.float64]


class Interval(msgspec.Struct, frozen=True):
    """Where the figure lies in 95 % of the resamples."""

    low: float
    high: float


class ScoreIntervals(msgspec.Struct, frozen=True, kw_only=True):
    """The intervals of one ``Score``."""

    metric: str
    precision: Interval
    """Of all cases (micro), as are the next two."""
    recall: Interval
    f1: Interval
    macro_f1: Interval | None
    types: dict[str, Interval]
    """Of the F1 of every type that gold or the prediction has."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """Two systems' F1 on the same documents."""

    first: float
    second: float
    difference: float
    """The second's less the first's."""
    interval: Interval
    """Of the difference."""
    p: float
    """How often chance alone would give a difference as great, in either direction."""


class ScoreDifference(msgspec.Struct, frozen=True, kw_only=True):
    """The differences in one metric."""

    metric: str
    micro: Difference
    macro: Difference | None
    types: dict[str, Difference]


def bootstrap(
    tables: Sequence[DocumentCounts], *, seed: int = 1, resamples: int = RESAMPLES
) -> list[ScoreIntervals]:
    """Return the 95 % intervals of every table's scores, all from the same resamples.

    Raises:
        ScoreError: no document.
    """
    drawn = _resample(tables, seed, resamples)
    return [
        _intervals(table, counts.astype(np.float64))
        for table, counts in zip(tables, drawn, strict=True)
    ]


def compare_paired(
    first: Sequence[DocumentCounts],
    second: Sequence[DocumentCounts],
    *,
    seed: int = 1,
    resamples: int = RESAMPLES,
) -> list[ScoreDifference]:
    """Compare two systems by their counts on the same documents, in the same order.

    The p-value is that of the paired bootstrap (Berg-Kirkpatrick et al., 2012), two-sided: the
    share of resamples whose difference lies at least as far from the observed one as that lies
    from zero. It is never 0: the observation itself counts as one resample.

    Raises:
        ScoreError: no document, or the two have other documents or metrics.
    """
    names = [[table.metric for table in tables] for tables in (first, second)]
    if names[0] != names[1] or [len(t.counts) for t in first] != [len(t.counts) for t in second]:
        raise ScoreError("two systems are compared by the same metrics on the same documents")
    drawn = _resample(first, seed, resamples), _resample(second, seed, resamples)
    return [_difference(*tables) for tables in zip(first, second, *drawn, strict=True)]


def _resample(
    tables: Sequence[DocumentCounts], seed: int, resamples: int
) -> list[NDArray[np.float32]]:
    """Return the counts of every resample, ``(resamples, groups, 3)`` for each table."""
    documents = len(tables[0].counts) if tables else 0
    if not documents:
        raise ScoreError("there is no document to draw: an interval needs at least one")
    columns = np.concatenate([table.counts.reshape(documents, -1) for table in tables], axis=1)
    drawn = np.empty((resamples, columns.shape[1]), dtype=np.float32)  # whole up to 16 million
    random = np.random.default_rng(seed)
    for start in range(0, resamples, _AT_ONCE):
        size = min(_AT_ONCE, resamples - start)
        times = random.multinomial(documents, np.full(documents, 1 / documents), size=size)
        drawn[start : start + size] = times.astype(np.float64) @ columns
    ends = np.cumsum([table.counts[0].size for table in tables])[:-1]
    return [
        part.reshape(resamples, len(table.groups), 3)
        for table, part in zip(tables, np.split(drawn, ends, axis=1), strict=True)
    ]


def _intervals(table: DocumentCounts, drawn: Floats) -> ScoreIntervals:
    precision, recall, f1 = _figures(drawn.sum(axis=1))
    types: dict[str, Interval] = {}
    if table.is_typed:
        of_groups = _figures(drawn)[2]
        present = table.counts.sum(axis=0)[:, :2].any(axis=1)
        types = {
            group: _interval(of_groups[:, index])
            for index, group in enumerate(table.groups)
            if present[index]
        }
    return ScoreIntervals(
        metric=table.metric,
        precision=_interval(precision),
        recall=_interval(recall),
        f1=_interval(f1),
        macro_f1=_interval(_macro(drawn)) if table.is_typed else None,
        types=types,
    )


def _difference(
    first: DocumentCounts,
    second: DocumentCounts,
    drawn_first: NDArray[np.float32],
    drawn_second: NDArray[np.float32],
) -> ScoreDifference:
    tables = first, second
    observed = [t.counts.sum(axis=0, keepdims=True).astype(np.float64) for t in tables]
    drawn = [counts.astype(np.float64) for counts in (drawn_first, drawn_second)]
    micro = [_figures(counts.sum(axis=1))[2] for counts in (*observed, *drawn)]
    types: dict[str, Difference] = {}
    macro: Difference | None = None
    if first.is_typed:
        macro = _paired(*map(_macro, (*observed, *drawn)))
        by_group = [_figures(counts)[2] for counts in (*observed, *drawn)]
        present = (observed[0] + observed[1])[0, :, :2].any(axis=1)
        types = {
            group: _paired(*(f1[:, index] for f1 in by_group))
            for index, group in enumerate(first.groups)
            if present[index]
        }
    return ScoreDifference(metric=first.metric, micro=_paired(*micro), macro=macro, types=types)


def _paired(first: Floats, second: Floats, drawn_first: Floats, drawn_second: Floats) -> Difference:
    """Compare one figure: as observed, ``(1,)``, and as drawn, ``(resamples,)``."""
    difference = float(second[0] - first[0])
    drawn = drawn_second - drawn_first
    # A hair's breadth, so that equal fractions computed in another order count as equal.
    as_great = np.abs(drawn - difference) >= abs(difference) - 1e-12
    return Difference(
        first=float(first[0]),
        second=float(second[0]),
        difference=difference,
        interval=_interval(drawn),
        p=float((1 + as_great.sum()) / (1 + len(drawn))),
    )


def _figures(counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return precision, recall and F1 of counts ``(…, 3)``; a share of nothing is 0."""
    gold, predicted, correct = counts[..., 0], counts[..., 1], counts[..., 2]
    return (
        _share(correct, predicted),
        _share(correct, gold),
        _share(2 * correct, gold + predicted),
    )


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _macro(counts: Floats) -> Floats:
    """Return the mean F1 of the groups that gold or the prediction has, of ``(…, groups, 3)``."""
    present = counts[..., :2].any(axis=-1)
    total = (_figures(counts)[2] * present).sum(axis=-1)
    return _share(total, present.sum(axis=-1).astype(np.float64))


def _interval(drawn: Floats) -> Interval:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return Interval(float(low), float(high))
