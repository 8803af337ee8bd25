"""Confusion matrix of entity types: what gold calls one thing and the prediction another.

Enters: matches. Leaves: a ``Confusion``. A row adds up to the gold entities of its type, a column
to the predicted ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from khabar.eval.alignment import Match

BOUNDARY = "wrong boundary"
MISSED = "missed"
SPURIOUS = "spurious"


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of entities by gold and by predicted type."""

    rows: tuple[str, ...]
    """The gold types, then ``wrong boundary`` (of those a gold entity of the same type overlaps)
    and ``spurious``."""
    columns: tuple[str, ...]
    """The predicted types, then ``wrong boundary`` and ``missed``."""
    counts: tuple[tuple[int, ...], ...]
    """For every row, the count of each column; the two lower right corners are empty."""


def confuse(matches: Iterable[Match], types: Sequence[str]) -> Confusion:
    """Count matches by their types; types that do not occur are left out, the others in order."""
    counts: Counter[tuple[str, str]] = Counter()
    for match in matches:
        counts.update(_cells(match))
    held = {name for cell in counts for name in cell}
    present = tuple(type for type in types if type in held)
    rows, columns = (*present, BOUNDARY, SPURIOUS), (*present, BOUNDARY, MISSED)
    return Confusion(
        rows=rows,
        columns=columns,
        counts=tuple(tuple(counts[row, column] for column in columns) for row in rows),
    )


def _cells(match: Match) -> list[tuple[str, str]]:
    gold = match.gold.type if match.gold else SPURIOUS
    predicted = match.predicted.type if match.predicted else MISSED
    if match.kind == "wrong boundary":
        return [(gold, BOUNDARY), (BOUNDARY, predicted)]
    return [(gold, predicted)]
