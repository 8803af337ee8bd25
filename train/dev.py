"""Scoring on the dev part while training, and the choice of the relation threshold there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_documents
from khabar.eval.pairs import pair_documents
from khabar.eval.relations import score_relations
from khabar.eval.report import Evaluation
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel

THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7)


@dataclass(frozen=True)
class DevScore:
    """How a model does on the dev part.

    Attributes:
        value: what the best model is chosen by: strict entity F1, or its mean with strict relation
            F1 where the schema has relations.
        threshold: the relation threshold that gave it.
        evaluation: all scores; None without a dev part.
    """

    value: float
    threshold: float
    evaluation: Evaluation | None

    def figures(self) -> dict[str, float]:
        """Return the main figures by their names."""
        assert self.evaluation is not None, "there is no dev part"
        figures = {"dev_entities_strict_f1": self.evaluation.entities.strict.micro.f1}
        if self.evaluation.relations:
            figures["dev_relations_strict_f1"] = self.evaluation.relations.strict.micro.f1
            figures["dev_relation_threshold"] = self.threshold
        return figures


def score_dev(model: JointModel, dev: Sequence[Document]) -> DevScore:
    """Predict the dev part, once, and score it at the best of ``THRESHOLDS``."""
    if not dev:
        return DevScore(0.0, model.config.relation_threshold, None)
    model.eval()
    extractor = Extractor(model)
    predicted = list(extractor.documents(dev, threshold=min(THRESHOLDS)))
    model.train()
    threshold = _best_threshold(model, dev, predicted)
    evaluation = evaluate_documents(dev, _above(predicted, threshold), model.schema)
    return DevScore(_value(evaluation), threshold, evaluation)


def _best_threshold(
    model: JointModel, dev: Sequence[Document], predicted: Sequence[Document]
) -> float:
    """Return the threshold of the best strict relation F1, or the model's without relations."""
    if not model.schema.relations:
        return model.config.relation_threshold

    def f1(threshold: float) -> float:
        pairs = pair_documents(dev, _above(predicted, threshold), model.schema)
        return score_relations(pairs, model.schema).strict.micro.f1

    return max(THRESHOLDS, key=f1)


def _above(documents: Sequence[Document], threshold: float) -> list[Document]:
    """Return the documents without the relations whose score is below the threshold."""
    return [
        msgspec.structs.replace(
            document,
            relations=tuple(r for r in document.relations if (r.score or 0) >= threshold),
        )
        for document in documents
    ]


def _value(evaluation: Evaluation) -> float:
    entities = evaluation.entities.strict.micro.f1
    if evaluation.relations is None:
        return entities
    return (entities + evaluation.relations.strict.micro.f1) / 2
