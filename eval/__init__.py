"""Scores: what a prediction is worth against gold, each figure with the name of its metric.

Enters: gold documents, predicted documents and their label schema. Leaves: an ``Evaluation``, or
an ``Analysis`` with intervals and errors, as records, tables, JSON and pages. Needs no torch, and
a model only as something that predicts.
"""

from khabar.eval.analysis import Analysis, analyse
from khabar.eval.comparison import Comparison, compare_predictions
from khabar.eval.entities import score_as_written, score_entities, score_outermost
from khabar.eval.evaluate import evaluate_documents, evaluate_model, evaluate_predictions
from khabar.eval.pairs import Pair, ScoreError, pair_documents
from khabar.eval.predictions import Predictions, Predictor, predict_documents
from khabar.eval.relations import score_relations
from khabar.eval.report import (
    AsWritten,
    EntityScores,
    Evaluation,
    Figures,
    Mean,
    RelationScores,
    Score,
)
from khabar.eval.tokens import TokenKind

__all__ = [
    "Analysis",
    "AsWritten",
    "Comparison",
    "EntityScores",
    "Evaluation",
    "Figures",
    "Mean",
    "Pair",
    "Predictions",
    "Predictor",
    "RelationScores",
    "Score",
    "ScoreError",
    "TokenKind",
    "analyse",
    "compare_predictions",
    "evaluate_documents",
    "evaluate_model",
    "evaluate_predictions",
    "pair_documents",
    "predict_documents",
    "score_as_written",
    "score_entities",
    "score_outermost",
    "score_relations",
]
