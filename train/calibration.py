"""Calibration of a finished model: its temperatures fitted, its thresholds chosen anew.

Enters: a model, gold documents that it was not trained on. Leaves: its new configuration, and how
far its scores can be read as probabilities. Writes nothing: ``storage.save_config`` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from khabar.data.records import Document
from khabar.eval.pairs import pair_documents
from khabar.eval.temperatures import Crossed, cross_calibrate
from khabar.model.config import ModelConfig
from khabar.model.network import Network
from khabar.train.dev import predict_uncalibrated, score_uncalibrated


class ModelCalibration(NamedTuple):
    """A model's configuration with new temperatures and thresholds, and what they are worth."""

    config: ModelConfig
    crossed: list[Crossed]


def calibrate_model(model: Network, documents: Sequence[Document]) -> ModelCalibration:
    """Fit temperatures and choose thresholds on documents, as training does on its dev part.

    Args:
        model: in evaluation mode, on its device; it stays as it is.
        documents: with gold annotation, not of those that it was trained on.

    Raises:
        SchemaError: gold has a type that the model does not know.
        ScoreError: two documents have one id.
    """
    predicted = predict_uncalibrated(model, documents)
    scored = score_uncalibrated(documents, predicted, model.schema)
    pairs = pair_documents(documents, predicted, model.schema)
    return ModelCalibration(scored.configure(model.config), cross_calibrate(pairs, model.schema))
