"""Scores of entities: strict, conlleval and boundary, over all layers or the outermost only.

Enters: pairs of documents. Leaves: ``EntityScores``. Extents are compared in tokens: an entity
covers every token that it touches. A flat view (a flat schema, or the outermost entities) is one
row of BIO labels, which seqeval reads. Of a nested view, strict compares sets of (document, start,
end, type), and conlleval has seqeval read a row for each type, as Wojood is scored, pooled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from khabar.data.errors import SchemaError
from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.counts import Counts, count_by_type, count_items, count_rows
from khabar.eval.pairs import Pair, ScoreError
from khabar.eval.report import AsWritten, EntityScores, Score
from khabar.eval.tokens import (
    Labels,
    Placed,
    Tokens,
    count_orphans,
    label_rows,
    place_in_layers,
    place_once,
)

Extent: TypeAlias = tuple[str, int, int]
"""A document's id, and start and end in its text."""

ANY_TYPE = "any"
"""The type of a label whose type does not count."""


def score_entities(pairs: Sequence[Pair], schema: LabelSchema) -> EntityScores:
    """Score the entities of all layers; a flat schema has one, which the outermost make."""
    if not schema.nested:
        return _score_flat(pairs, schema, view="")
    gold = extents_by_type([(pair.gold, pair.tokens) for pair in pairs])
    predicted = extents_by_type([(pair.predicted, pair.tokens) for pair in pairs])
    rows = rows_by_type(pairs)
    order, view = schema.entity_types, ", all layers"
    return EntityScores(
        strict=Score.typed(f"entity strict{view}", count_by_type(gold, predicted), order),
        conlleval=Score.typed(f"entity conlleval{view}", count_rows(*rows, "conlleval"), order),
        boundary=Score.untyped(f"entity boundary{view}", count_items(_any(gold), _any(predicted))),
        crowded_gold=0,
        crowded_predicted=0,
    )


def score_outermost(pairs: Sequence[Pair], schema: LabelSchema) -> EntityScores:
    """Score the entities that lie inside no other; of one extent, the schema's first type."""
    return _score_flat(pairs, schema, view=", outermost")


def score_as_written(
    pairs: Sequence[Pair], schema: LabelSchema, gold_labels: Sequence[Labels]
) -> AsWritten:
    """Score flat entities against the labels of the gold file, before any mending.

    Args:
        pairs: with the corpus's own tokens.
        schema: whose types the labels name.
        gold_labels: a row for each sentence, over all gold documents in their order.

    Raises:
        ScoreError: the rows are not those of the documents' sentences.
        SchemaError: a label is neither O nor a B- or I- with a type of the schema.
    """
    gold = [list(row) for row in gold_labels]
    _check_labels(gold, schema)
    predicted, _ = flat_rows([(pair.predicted, pair.tokens) for pair in pairs], schema)
    if [len(row) for row in gold] != [len(row) for row in predicted]:
        raise ScoreError(
            f"the gold labels are {len(gold)} rows of {sum(map(len, gold))} tokens, the documents "
            f"{len(predicted)} sentences of {sum(map(len, predicted))}, or cut elsewhere; read "
            f"both from one file, and pair the documents in the corpus's own tokens"
        )
    order, view = schema.entity_types, ", gold labels as written"
    lenient, strict = (count_rows(gold, predicted, how) for how in ("conlleval", "strict"))
    return AsWritten(
        orphans=count_orphans(gold),
        conlleval=Score.typed(f"entity conlleval{view}", lenient, order),
        strict=Score.typed(f"entity strict{view}", strict, order),
    )


Side: TypeAlias = Sequence[tuple[Document, Tokens]]
"""Documents of gold or of the prediction, each with its tokens."""


def _score_flat(pairs: Sequence[Pair], schema: LabelSchema, *, view: str) -> EntityScores:
    gold, crowded_gold = flat_rows([(pair.gold, pair.tokens) for pair in pairs], schema)
    predicted, crowded_predicted = flat_rows(
        [(pair.predicted, pair.tokens) for pair in pairs], schema
    )
    strict, lenient = (count_rows(gold, predicted, how) for how in ("strict", "conlleval"))
    untyped = count_rows(without_types(gold), without_types(predicted), "strict")
    return EntityScores(
        strict=Score.typed(f"entity strict{view}", strict, schema.entity_types),
        conlleval=Score.typed(f"entity conlleval{view}", lenient, schema.entity_types),
        boundary=Score.untyped(f"entity boundary{view}", untyped.get(ANY_TYPE, Counts(0, 0, 0))),
        crowded_gold=crowded_gold,
        crowded_predicted=crowded_predicted,
    )


def flat_rows(side: Side, schema: LabelSchema) -> tuple[list[Labels], int]:
    """Return the label rows of the outermost entities, and how many those cannot show whole."""
    # Of two types on one extent ``outermost`` keeps the first: let the file's order not matter.
    rank = {type: index for index, type in enumerate(schema.entity_types)}
    rows: list[Labels] = []
    all_crowded = 0
    for document, tokens in side:
        ranked = tuple(sorted(document.entities, key=lambda entity: rank[entity.type]))
        flat = msgspec.structs.replace(document, entities=ranked).outermost()
        placed, crowded = place_once(tokens, flat.entities)
        rows.extend(label_rows(tokens, placed))
        all_crowded += crowded
    return rows, all_crowded


def without_types(rows: Sequence[Labels]) -> list[Labels]:
    """Return the rows with ``ANY_TYPE`` in place of every type."""
    return [[label if label == "O" else f"{label[0]}-{ANY_TYPE}" for label in row] for row in rows]


def extents_by_type(side: Side) -> dict[str, set[Extent]]:
    """Return the extents of all entities, snapped to tokens."""
    extents: dict[str, set[Extent]] = defaultdict(set)
    for document, tokens in side:
        for entity in document.entities:
            extents[entity.type].add((document.id, *tokens.snap(entity)))
    return extents


def _any(extents: Mapping[str, set[Extent]]) -> set[Extent]:
    return set().union(*extents.values())


def rows_by_type(pairs: Sequence[Pair]) -> tuple[list[Labels], list[Labels]]:
    """Return the rows of every type of every document, gold and predicted.

    A type inside itself takes several rows. Gold and prediction are spread over them together,
    so that an entity of both lies in the same row of both.
    """
    gold_rows: list[Labels] = []
    predicted_rows: list[Labels] = []
    for pair in pairs:
        gold, predicted = _runs(pair.gold, pair.tokens), _runs(pair.predicted, pair.tokens)
        for type in {run.type for run in gold | predicted}:
            of_type = {run for run in gold | predicted if run.type == type}
            for layer in place_in_layers(of_type):
                gold_rows.extend(label_rows(pair.tokens, gold.intersection(layer)))
                predicted_rows.extend(label_rows(pair.tokens, predicted.intersection(layer)))
    return gold_rows, predicted_rows


def _runs(document: Document, tokens: Tokens) -> set[Placed]:
    covered = [(tokens.covered(entity), entity.type) for entity in document.entities]
    return {Placed(run.start, run.stop, type) for run, type in covered if run}


def _check_labels(rows: Sequence[Labels], schema: LabelSchema) -> None:
    known = {f"{part}-{type}" for part in "BI" for type in schema.entity_types} | {"O"}
    for number, row in enumerate(rows, start=1):
        unknown = set(row) - known
        if unknown:
            raise SchemaError(
                f"gold sentence {number} has the label {min(unknown)!r}; schema {schema.name} "
                f"knows O, and B- and I- with {', '.join(schema.entity_types)}"
            )
