"""Evaluation: all scores of a prediction, or of a model that predicts.

Enters: gold documents, and predicted ones or something that predicts. Leaves: an ``Evaluation``.
Knows no file and no model folder.
"""

from __future__ import annotations

from collections.abc import Sequence

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.by_document import CorpusCounts, count_by_document
from khabar.eval.predictions import Predictions, Predictor, predict_documents
from khabar.eval.relations import score_relations
from khabar.eval.report import Evaluation
from khabar.eval.tokens import Labels, TokenKind


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
    return evaluate_predictions(
        Predictions(
            schema=schema,
            gold=gold,
            predicted=predicted,
            given_gold=predicted_given_gold,
            tokens=tokens,
        )
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
    return evaluate_predictions(
        predict_documents(model, gold, schema, tokens=tokens, gold_labels=gold_labels)
    )


def evaluate_predictions(
    predictions: Predictions, counts: CorpusCounts | None = None
) -> Evaluation:
    """Score what a system predicted.

    Args:
        predictions: of one system.
        counts: of these predictions, where they are known already.

    Raises as ``evaluate_documents`` and ``evaluate_model``.
    """
    counted = counts or count_by_document(predictions)
    schema = predictions.schema
    return Evaluation(
        schema=schema.name,
        documents=len(predictions.gold),
        tokens=predictions.tokens,
        entities=counted.entities.scores(),
        outermost=counted.outermost and counted.outermost.scores(),
        relations=score_relations(
            predictions.pairs(), schema, given_gold=predictions.given_gold_pairs()
        )
        if schema.relations
        else None,
        as_written=counted.as_written and counted.as_written.scores(),
    )
