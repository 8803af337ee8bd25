"""Scores: what a prediction is worth against gold, each figure with the name of its metric.

Enters: gold documents, predicted documents and their label schema. Leaves: an ``Evaluation``,
as a record, a table and JSON. Needs no torch, and a model only as something that predicts.
"""

from khabar.eval.entities import score_as_written, score_entities, score_outermost
from khabar.eval.evaluate import Predictor, evaluate_documents, evaluate_model
from khabar.eval.pairs import Pair, ScoreError, pair_documents
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
    "AsWritten",
    "EntityScores",
    "Evaluation",
    "Figures",
    "Mean",
    "Pair",
    "Predictor",
    "RelationScores",
    "Score",
    "ScoreError",
    "TokenKind",
    "evaluate_documents",
    "evaluate_model",
    "pair_documents",
    "score_as_written",
    "score_entities",
    "score_outermost",
    "score_relations",
]
