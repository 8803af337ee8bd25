"""Evaluation: all scores of a prediction, or of a model that predicts.

Enters: gold documents, and predicted ones or something that predicts. Leaves: an ``Evaluation``.
Knows no file and no model folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.entities import score_as_written, score_entities, score_outermost
from khabar.eval.pairs import pair_documents
from khabar.eval.relations import score_relations
from khabar.eval.report import Evaluation
from khabar.eval.tokens import Labels, TokenKind


class Predictor(Protocol):
    """What is needed of a model: ``Extractor`` has it."""

    def batch(self, texts: Iterable[str]) -> Iterator[Document]:
        """Yield a document with entities and relations for each text, in order."""

    def relate(self, document: Document) -> Document:
        """Return the document with the relations between the entities that it has."""


def evaluate_documents(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    schema: LabelSchema,
    *,
    predicted_given_gold: Sequence[Document] | None = None,
    tokens: TokenKind = "words",
) -> Evaluation:
    """Score predicted documents against gold; documents are matched by id.

    Args:
        gold: documents with gold annotation.
        predicted: the same documents with predicted annotation.
        schema: of both.
        predicted_given_gold: the same with gold entities, and relations predicted for those.
        tokens: what extents are compared in. For a flat benchmark: ``corpus``, its own tokens.

    Raises:
        ScoreError: the documents are not the same ones with the same texts.
        SchemaError: a document has a type that the schema lacks.
    """
    pairs = pair_documents(gold, predicted, schema, tokens=tokens)
    given_gold = None
    if predicted_given_gold is not None:
        given_gold = pair_documents(gold, predicted_given_gold, schema, tokens=tokens)
    return Evaluation(
        schema=schema.name,
        documents=len(pairs),
        tokens=tokens,
        entities=score_entities(pairs, schema),
        outermost=score_outermost(pairs, schema) if schema.nested else None,
        relations=score_relations(pairs, schema, given_gold=given_gold)
        if schema.relations
        else None,
    )


def evaluate_model(
    model: Predictor,
    gold: Sequence[Document],
    schema: LabelSchema,
    *,
    tokens: TokenKind = "words",
    gold_labels: Sequence[Labels] | None = None,
) -> Evaluation:
    """Predict the gold documents' texts and score that, relations given gold entities too.

    Args:
        model: what predicts.
        gold: documents with gold annotation.
        schema: of both.
        tokens: what extents are compared in, see ``evaluate_documents``.
        gold_labels: the label rows of a flat gold file as they are, see ``score_as_written``;
            scored as well where given.

    Raises:
        SchemaError: the model predicts a type that the schema lacks.
        ScoreError: two documents have one id, or the rows are not those of the documents.
    """
    found = model.batch([document.text for document in gold])
    predicted = [
        msgspec.structs.replace(prediction, id=document.id)
        for document, prediction in zip(gold, found, strict=True)
    ]
    given_gold = None
    if schema.relations:
        bare = [msgspec.structs.replace(document, relations=()) for document in gold]
        given_gold = [model.relate(document) for document in bare]
    evaluation = evaluate_documents(
        gold, predicted, schema, predicted_given_gold=given_gold, tokens=tokens
    )
    if gold_labels is None:
        return evaluation
    pairs = pair_documents(gold, predicted, schema, tokens=tokens)
    as_written = score_as_written(pairs, schema, gold_labels)
    return msgspec.structs.replace(evaluation, as_written=as_written)
