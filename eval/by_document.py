"""Counts by document: what every score is the sum of, so that documents can be drawn anew.

Enters: ``Predictions``. Leaves: a ``DocumentCounts`` for each metric, in the order of
``Evaluation.scores``; summed over the documents they are that evaluation's counts. Knows no
statistics.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from khabar.data.schema import LabelSchema
from khabar.eval.counts import Counts, Reading, count_by_type
from khabar.eval.entities import (
    ANY_TYPE,
    extents_by_type,
    flat_rows,
    rows_by_type,
    without_types,
)
from khabar.eval.pairs import Pair
from khabar.eval.predictions import Predictions
from khabar.eval.relations import Match, links_by_type
from khabar.eval.report import Score
from khabar.eval.tokens import Labels

Groups: TypeAlias = Mapping[str, AbstractSet[Hashable]]
"""The cases of one document, by type or by another property."""
Cases: TypeAlias = tuple[Groups, Groups]
"""The cases of one document, in gold and in the prediction."""


class DocumentCounts(NamedTuple):
    """One metric's counts, document by document."""

    metric: str
    groups: tuple[str, ...]
    """What the columns are: types, or ``ANY_TYPE`` alone where the metric knows none."""
    counts: NDArray[np.int64]
    """``(documents, groups, 3)``: gold, predicted, correct, as in ``Counts``."""

    @property
    def is_typed(self) -> bool:
        """Whether there is more to say than about all cases together."""
        return self.groups != (ANY_TYPE,)

    def score(self) -> Score:
        """Return the score of all documents together."""
        total: list[list[int]] = self.counts.sum(axis=0).tolist()
        counts = {
            group: Counts(*column)
            for group, column in zip(self.groups, total, strict=True)
            if any(column)
        }
        if self.is_typed:
            return Score.typed(self.metric, counts, self.groups)
        return Score.untyped(self.metric, counts.get(ANY_TYPE, Counts(0, 0, 0)))


def tabulate(metric: str, groups: Sequence[str], documents: Iterable[Cases]) -> DocumentCounts:
    """Count the cases of every document, group by group."""
    rows = []
    for gold, predicted in documents:
        counted = count_by_type(gold, predicted)
        rows.append([counted.get(group, Counts(0, 0, 0)) for group in groups])
    counts = np.array(rows, dtype=np.int64).reshape(len(rows), len(groups), 3)
    return DocumentCounts(metric, tuple(groups), counts)


def count_by_document(predictions: Predictions) -> list[DocumentCounts]:
    """Count every metric of an evaluation document by document. Raises as ``evaluate_model``."""
    pairs, schema = predictions.pairs(), predictions.schema
    if schema.nested:
        tables = [*_all_layers(pairs, schema), *_outermost(pairs, schema, view=", outermost")]
    else:
        tables = _outermost(pairs, schema, view="")
    if predictions.gold_labels is not None:
        tables += _as_written(pairs, schema, predictions.gold_labels)
    if schema.relations:
        tables += [
            _relations(pairs, schema, "strict", "relation strict"),
            _relations(pairs, schema, "boundary", "relation boundary"),
        ]
        if given := predictions.given_gold_pairs():
            name = "relation strict, given gold entities"
            tables.append(_relations(given, schema, "strict", name))
    return tables


def _all_layers(pairs: Sequence[Pair], schema: LabelSchema) -> list[DocumentCounts]:
    strict, lenient = [], []
    for pair in pairs:
        gold, predicted = (
            extents_by_type([(document, pair.tokens)]) for document in (pair.gold, pair.predicted)
        )
        strict.append((gold, predicted))
        gold_rows, predicted_rows = rows_by_type([pair])
        lenient.append((_runs(gold_rows), _runs(predicted_rows)))
    return [
        tabulate("entity strict, all layers", schema.entity_types, strict),
        tabulate("entity conlleval, all layers", schema.entity_types, lenient),
        tabulate("entity boundary, all layers", (ANY_TYPE,), map(_untyped, strict)),
    ]


def _untyped(cases: Cases) -> Cases:
    gold, predicted = ({ANY_TYPE: set().union(*side.values())} for side in cases)
    return gold, predicted


def _outermost(pairs: Sequence[Pair], schema: LabelSchema, view: str) -> list[DocumentCounts]:
    typed, untyped = [], []
    for pair in pairs:
        gold, predicted = (
            flat_rows([(document, pair.tokens)], schema)[0]
            for document in (pair.gold, pair.predicted)
        )
        typed.append((_runs(gold), _runs(predicted)))
        untyped.append((_runs(without_types(gold)), _runs(without_types(predicted))))
    # Rows that we write are whole: seqeval's two readings of them are one.
    return [
        tabulate(f"entity strict{view}", schema.entity_types, typed),
        tabulate(f"entity conlleval{view}", schema.entity_types, typed),
        tabulate(f"entity boundary{view}", (ANY_TYPE,), untyped),
    ]


def _as_written(
    pairs: Sequence[Pair], schema: LabelSchema, gold_labels: Sequence[Labels]
) -> list[DocumentCounts]:
    rows = iter(gold_labels)
    lenient: list[Cases] = []
    strict: list[Cases] = []
    for pair in pairs:
        predicted, _ = flat_rows([(pair.predicted, pair.tokens)], schema)
        gold = [list(next(rows)) for _ in predicted]
        lenient.append((_runs(gold), _runs(predicted)))
        strict.append((_runs(gold, "strict"), _runs(predicted, "strict")))
    view = ", gold labels as written"
    return [
        tabulate(f"entity conlleval{view}", schema.entity_types, lenient),
        tabulate(f"entity strict{view}", schema.entity_types, strict),
    ]


def _relations(
    pairs: Sequence[Pair], schema: LabelSchema, match: Match, metric: str
) -> DocumentCounts:
    cases = [
        (
            links_by_type(pair.gold, pair.tokens, schema, match),
            links_by_type(pair.predicted, pair.tokens, schema, match),
        )
        for pair in pairs
    ]
    return tabulate(metric, schema.relation_types, cases)


def _runs(rows: Sequence[Labels], reading: Reading = "conlleval") -> Groups:
    """Return the entities of rows of labels by type, as seqeval reads them."""
    # Here and not above: it brings scikit-learn along, which takes more than a second.
    from seqeval.metrics.sequence_labeling import get_entities
    from seqeval.scheme import IOB2, Entities

    found: defaultdict[str, set[tuple[int, int, int]]] = defaultdict(set)
    for number, row in enumerate(rows):
        if reading == "conlleval":
            runs = get_entities(row)
        else:
            runs = [entity.to_tuple()[1:] for entity in Entities([row], IOB2).entities[0]]
        for type, start, end in runs:
            found[type].add((number, start, end))
    return found
