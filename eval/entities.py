"""Scores of entities: strict, conlleval and boundary, over all layers or the outermost only.

Enters: pairs of documents. Leaves: ``EntityScores``. Extents are compared in tokens: an entity
covers every token that it touches. A flat view (a flat schema, or the outermost entities) is one
row of BIO labels, which seqeval reads. Of a nested view, strict compares sets of (document, start,
end, type), and conlleval has seqeval read a row for each type, as Wojood is scored, pooled.
"""

from __future__ import annotations

from collections.abc import Sequence

from khabar.data.schema import LabelSchema
from khabar.eval.by_document import count_as_written, count_entities, count_outermost
from khabar.eval.pairs import Pair
from khabar.eval.report import AsWritten, EntityScores
from khabar.eval.tokens import Labels


def score_entities(pairs: Sequence[Pair], schema: LabelSchema) -> EntityScores:
    """Score the entities of all layers; a flat schema has one, which the outermost make."""
    return count_entities(pairs, schema).scores()


def score_outermost(pairs: Sequence[Pair], schema: LabelSchema) -> EntityScores:
    """Score the entities that lie inside no other; of one extent, the schema's first type."""
    return count_outermost(pairs, schema).scores()


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
    return count_as_written(pairs, schema, gold_labels).scores()
