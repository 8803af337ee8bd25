"""Counts: from items, or from rows of labels, to how many of each type are gold, found and right.

Rows of labels are read by seqeval, so that its published readings are its own, not a copy of ours.
Knows no document.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, NamedTuple, TypeAlias

from khabar.eval.tokens import Labels

Reading: TypeAlias = Literal["strict", "conlleval"]
"""seqeval's ``mode="strict", scheme=IOB2``, or its default, after the script of CoNLL-2003."""


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


def count_rows(
    gold: Sequence[Labels], predicted: Sequence[Labels], reading: Reading
) -> dict[str, Counts]:
    """Count the entities of every type in rows of labels, as seqeval reads them.

    Args:
        gold: rows of labels, each a B- or I- with a type, or O.
        predicted: as many rows, of the same lengths.
        reading: whether an I- without its B- is no entity (strict) or starts one (conlleval).
    """
    # Here and not above: it brings scikit-learn along, which takes more than a second.
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    opening = "B-" if reading == "strict" else ("B-", "I-")
    if not any(label.startswith(opening) for row in (*gold, *predicted) for label in row):
        return {}  # seqeval would take the mean of no type at all
    mode = {"mode": "strict", "scheme": IOB2} if reading == "strict" else {}
    options = {"output_dict": True, "zero_division": 0, **mode}
    forward = classification_report(gold, predicted, **options)
    backward = classification_report(predicted, gold, **options)  # its support is the predictions
    return {
        type: Counts(
            gold=int(row["support"]),
            predicted=int(backward[type]["support"]),
            correct=round(row["recall"] * row["support"]),
        )
        for type, row in forward.items()
        if type not in {"micro avg", "macro avg", "weighted avg"}
    }
