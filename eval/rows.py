"""Rows and extents: what entities are compared as.

Enters: documents with their tokens. Leaves: extents by type, and rows of BIO labels as seqeval
reads them: one row of the outermost entities, or of a nested view a row for each type, as Wojood is
scored. Knows no metric.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal, TypeAlias

import msgspec

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.pairs import Pair
from khabar.eval.tokens import (
    Labels,
    Placed,
    Tokens,
    label_rows,
    place_in_layers,
    place_once,
)

Extent: TypeAlias = tuple[str, int, int]
"""A document's id, and start and end in its text."""
RowRun: TypeAlias = tuple[int, int, int]
"""The number of a row, and the first and the last of its tokens."""
Reading: TypeAlias = Literal["strict", "conlleval"]
"""seqeval's ``mode="strict", scheme=IOB2``, or its default, after the script of CoNLL-2003."""
Side: TypeAlias = Sequence[tuple[Document, Tokens]]
"""Documents of gold or of the prediction, each with its tokens."""

ANY_TYPE = "any"
"""The type of a label whose type does not count."""


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


def read_rows(rows: Sequence[Labels], reading: Reading) -> Mapping[str, AbstractSet[RowRun]]:
    """Return the entities of rows of labels by type, as seqeval itself reads them.

    Args:
        rows: labels, each a B- or I- with a type, or O.
        reading: whether an I- without its B- is no entity (strict) or starts one (conlleval).
    """
    # Here and not above: it brings scikit-learn along, which takes more than a second.
    from seqeval.metrics.sequence_labeling import get_entities
    from seqeval.scheme import IOB2, Entities

    found: defaultdict[str, set[RowRun]] = defaultdict(set)
    for number, row in enumerate(rows):
        if reading == "conlleval":
            runs = get_entities(row)
        else:
            runs = [entity.to_tuple()[1:] for entity in Entities([row], IOB2).entities[0]]
        for type, start, end in runs:
            found[type].add((number, start, end))
    return found
