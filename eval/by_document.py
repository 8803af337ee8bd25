"""Counts by document: what every score is the sum of, so that documents can be drawn anew.

Enters: ``Predictions``. Leaves: a ``DocumentCounts`` for each metric, in the order of
``Evaluation.scores``; the scores are their sums over the documents. Knows no statistics.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from khabar.data.errors import SchemaError
from khabar.data.schema import LabelSchema
from khabar.eval.counts import Counts, count_by_type
from khabar.eval.pairs import Pair, ScoreError
from khabar.eval.predictions import Predictions
from khabar.eval.relations import Match, links_by_type
from khabar.eval.report import AsWritten, EntityScores, Score
from khabar.eval.rows import (
    ANY_TYPE,
    Reading,
    extents_by_type,
    flat_rows,
    read_rows,
    rows_by_type,
    without_types,
)
from khabar.eval.tokens import Labels, count_orphans

Groups: TypeAlias = Mapping[str, AbstractSet[Hashable]]
"""The cases of one document, by type or by another property."""
Cases: TypeAlias = tuple[Groups, Groups]
"""The cases of one document, in gold and in the prediction."""

_READINGS: tuple[Reading, ...] = ("conlleval", "strict")


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


class EntityCounts(NamedTuple):
    """The counts of entities in one view of the layers."""

    strict: DocumentCounts
    conlleval: DocumentCounts
    boundary: DocumentCounts
    crowded_gold: int = 0
    """Gold entities that rows of labels cannot show whole."""
    crowded_predicted: int = 0

    def tables(self) -> list[DocumentCounts]:
        """Return the counts of every metric."""
        return [self.strict, self.conlleval, self.boundary]

    def scores(self) -> EntityScores:
        """Return the scores of all documents together."""
        return EntityScores(
            strict=self.strict.score(),
            conlleval=self.conlleval.score(),
            boundary=self.boundary.score(),
            crowded_gold=self.crowded_gold,
            crowded_predicted=self.crowded_predicted,
        )


class WrittenCounts(NamedTuple):
    """The counts of flat entities against the labels of the gold file as they are."""

    orphans: int
    """I- labels without their B-."""
    conlleval: DocumentCounts
    strict: DocumentCounts

    def tables(self) -> list[DocumentCounts]:
        """Return the counts of both metrics."""
        return [self.conlleval, self.strict]

    def scores(self) -> AsWritten:
        """Return the scores of all documents together."""
        return AsWritten(
            orphans=self.orphans, conlleval=self.conlleval.score(), strict=self.strict.score()
        )


class CorpusCounts(NamedTuple):
    """The counts of every metric of an evaluation."""

    entities: EntityCounts
    outermost: EntityCounts | None
    """None in a flat schema, whose only layer it is."""
    as_written: WrittenCounts | None
    relations: list[DocumentCounts]

    def tables(self) -> list[DocumentCounts]:
        """Return the counts of every metric, in the order of ``Evaluation.scores``."""
        views = (self.entities, self.outermost, self.as_written)
        return [table for view in views if view for table in view.tables()] + self.relations


def count_by_document(predictions: Predictions) -> CorpusCounts:
    """Count every metric of an evaluation document by document. Raises as ``evaluate_model``."""
    pairs, schema = predictions.pairs(), predictions.schema
    labels, relations = predictions.gold_labels, []
    if schema.relations:
        relations = [
            _relations(pairs, schema, "strict", "relation strict"),
            _relations(pairs, schema, "boundary", "relation boundary"),
        ]
        if given := predictions.given_gold_pairs():
            name = "relation strict, given gold entities"
            relations.append(_relations(given, schema, "strict", name))
    return CorpusCounts(
        entities=count_entities(pairs, schema),
        outermost=count_outermost(pairs, schema) if schema.nested else None,
        as_written=None if labels is None else count_as_written(pairs, schema, labels),
        relations=relations,
    )


def count_entities(pairs: Sequence[Pair], schema: LabelSchema) -> EntityCounts:
    """Count the entities of all layers; a flat schema has one, which the outermost make."""
    if not schema.nested:
        return _flat(pairs, schema, view="")
    strict, lenient = [], []
    for pair in pairs:
        gold, predicted = (
            extents_by_type([(document, pair.tokens)]) for document in (pair.gold, pair.predicted)
        )
        strict.append((gold, predicted))
        gold_rows, predicted_rows = rows_by_type([pair])
        lenient.append((read_rows(gold_rows, "conlleval"), read_rows(predicted_rows, "conlleval")))
    return EntityCounts(
        strict=tabulate("entity strict, all layers", schema.entity_types, strict),
        conlleval=tabulate("entity conlleval, all layers", schema.entity_types, lenient),
        boundary=tabulate("entity boundary, all layers", (ANY_TYPE,), map(_untyped, strict)),
    )


def count_outermost(pairs: Sequence[Pair], schema: LabelSchema) -> EntityCounts:
    """Count the entities that lie inside no other; of one extent, the schema's first type."""
    return _flat(pairs, schema, view=", outermost")


def count_as_written(
    pairs: Sequence[Pair], schema: LabelSchema, gold_labels: Sequence[Labels]
) -> WrittenCounts:
    """Count flat entities against the labels of the gold file. Raises as ``score_as_written``."""
    found = [flat_rows([(pair.predicted, pair.tokens)], schema)[0] for pair in pairs]
    _check_labels(gold_labels, [row for rows in found for row in rows], schema)
    remaining = iter(gold_labels)
    gold = [[list(next(remaining)) for _ in rows] for rows in found]
    lenient, strict = (
        [(read_rows(own, how), read_rows(rows, how)) for own, rows in zip(gold, found, strict=True)]
        for how in _READINGS
    )
    view = ", gold labels as written"
    return WrittenCounts(
        orphans=count_orphans(gold_labels),
        conlleval=tabulate(f"entity conlleval{view}", schema.entity_types, lenient),
        strict=tabulate(f"entity strict{view}", schema.entity_types, strict),
    )


def _untyped(cases: Cases) -> Cases:
    gold, predicted = ({ANY_TYPE: set().union(*side.values())} for side in cases)
    return gold, predicted


def _flat(pairs: Sequence[Pair], schema: LabelSchema, view: str) -> EntityCounts:
    typed, untyped = [], []
    all_crowded = [0, 0]
    for pair in pairs:
        sides = [
            flat_rows([(document, pair.tokens)], schema) for document in (pair.gold, pair.predicted)
        ]
        # Rows that we write are whole: seqeval's two readings of them are one.
        gold, predicted = (read_rows(rows, "conlleval") for rows, _ in sides)
        typed.append((gold, predicted))
        gold, predicted = (read_rows(without_types(rows), "conlleval") for rows, _ in sides)
        untyped.append((gold, predicted))
        all_crowded = [sum(both) for both in zip(all_crowded, (n for _, n in sides), strict=True)]
    return EntityCounts(
        tabulate(f"entity strict{view}", schema.entity_types, typed),
        tabulate(f"entity conlleval{view}", schema.entity_types, typed),
        tabulate(f"entity boundary{view}", (ANY_TYPE,), untyped),
        *all_crowded,
    )


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


def _check_labels(gold: Sequence[Labels], predicted: Sequence[Labels], schema: LabelSchema) -> None:
    known = {f"{part}-{type}" for part in "BI" for type in schema.entity_types} | {"O"}
    for number, row in enumerate(gold, start=1):
        unknown = set(row) - known
        if unknown:
            raise SchemaError(
                f"gold sentence {number} has the label {min(unknown)!r}; schema {schema.name} "
                f"knows O, and B- and I- with {', '.join(schema.entity_types)}"
            )
    if [len(row) for row in gold] != [len(row) for row in predicted]:
        raise ScoreError(
            f"the gold labels are {len(gold)} rows of {sum(map(len, gold))} tokens, the documents "
            f"{len(predicted)} sentences of {sum(map(len, predicted))}, or cut elsewhere; read "
            f"both from one file, and pair the documents in the corpus's own tokens"
        )
