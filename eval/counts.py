"""Counts: from cases to how many of each type are gold, found and right. Knows no document."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple


class Counts(NamedTuple):
    """How many cases of one type, or of all, are in gold, in the prediction, and in both."""

    gold: int
    predicted: int
    correct: int


def count_items(gold: AbstractSet[Hashable], predicted: AbstractSet[Hashable]) -> Counts:
    """Count sets of cases: those of both are correct."""
    return Counts(len(gold), len(predicted), len(gold & predicted))


def count_by_type(
    gold: Mapping[str, AbstractSet[Hashable]], predicted: Mapping[str, AbstractSet[Hashable]]
) -> dict[str, Counts]:
    """Count the cases of every type that gold or the prediction holds."""
    none: frozenset[Hashable] = frozenset()
    return {
        type: count_items(gold.get(type, none), predicted.get(type, none))
        for type in gold.keys() | predicted.keys()
    }
