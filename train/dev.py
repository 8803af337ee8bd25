"""Scoring on the dev part: there the temperatures are fitted, then the thresholds chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, TypeAlias

import msgspec
import numpy as np

from khabar.data.records import Document, Entity
from khabar.data.schema import LabelSchema
from khabar.eval.evaluate import evaluate_documents
from khabar.eval.pairs import pair_documents
from khabar.eval.report import Evaluation
from khabar.eval.temperatures import Temperatures, calibrated, fit_temperatures
from khabar.model.config import ModelConfig
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel
from khabar.model.network import Network
from khabar.model.temperature import tempered, without_temperatures

ENTITY_THRESHOLDS = (0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
_LEAST_ENTITY = min(ENTITY_THRESHOLDS)
"""Before calibration. What scores less is not looked at: a tagger that has learned little is unsure
of much, and there would be millions of pairs."""
RELATION_THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)
_LEAST_RELATION = 0.04
"""Before calibration, a temperature of 2 makes 0.17 of it; above what an untrained head gives."""


@dataclass(frozen=True)
class DevScore:
    """How a model does on the dev part.

    Attributes:
        value: what the best model is chosen by: strict entity F1, or its mean with strict relation
            F1 where the schema has relations.
        entity_threshold: the least score of entities, and
        relation_threshold: the least score of relations, that together gave the best value.
        temperatures: those that made probabilities of the scores, which the thresholds are of.
        evaluation: all scores; None without a dev part.
    """

    value: float
    entity_threshold: float
    relation_threshold: float
    temperatures: Temperatures
    evaluation: Evaluation | None

    def configure(self, config: ModelConfig) -> ModelConfig:
        """Return a model's configuration with these thresholds and temperatures."""
        return msgspec.structs.replace(
            config,
            entity_threshold=self.entity_threshold,
            relation_threshold=self.relation_threshold,
            entity_temperature=self.temperatures.entity,
            relation_temperature=self.temperatures.relation,
            relation_shift=self.temperatures.relation_shift,
        )

    def figures(self) -> dict[str, float]:
        """Return the main figures by their names."""
        assert self.evaluation is not None, "there is no dev part"
        figures = {
            "dev_entities_strict_f1": self.evaluation.entities.strict.micro.f1,
            "dev_entity_threshold": self.entity_threshold,
            "dev_entity_temperature": self.temperatures.entity,
        }
        if self.evaluation.relations:
            figures["dev_relations_strict_f1"] = self.evaluation.relations.strict.micro.f1
            figures["dev_relation_threshold"] = self.relation_threshold
            figures["dev_relation_temperature"] = self.temperatures.relation
            figures["dev_relation_shift"] = self.temperatures.relation_shift
        return figures


def score_dev(model: JointModel, dev: Sequence[Document]) -> DevScore:
    """Predict the dev part, once, and score it as calibrated, at the best thresholds."""
    own = model.config
    if not dev:
        kept = Temperatures(
            entity=own.entity_temperature,
            relation=own.relation_temperature,
            relation_shift=own.relation_shift,
        )
        return DevScore(0.0, own.entity_threshold, own.relation_threshold, kept, None)
    model.eval()
    predicted = predict_uncalibrated(model, dev)
    model.train()
    return score_uncalibrated(dev, predicted, model.schema)


def predict_uncalibrated(model: Network, dev: Iterable[Document]) -> list[Document]:
    """Predict documents by a model in evaluation mode, its temperatures 1, unsure records too."""
    lowest = dict.fromkeys(model.schema.entity_types, _LEAST_ENTITY)
    lowest |= dict.fromkeys(model.schema.relation_types, _LEAST_RELATION)
    extractor = Extractor(without_temperatures(model))
    return list(extractor.documents(dev, threshold=lowest, clusters="none"))


def score_uncalibrated(
    dev: Sequence[Document], predicted: Sequence[Document], schema: LabelSchema
) -> DevScore:
    """Fit temperatures to what ``predict_uncalibrated`` gave, choose thresholds, and score.

    Raises as ``evaluate_documents``.
    """
    temperatures = fit_temperatures(pair_documents(dev, predicted, schema), schema)
    least = float(tempered(np.array(_LEAST_ENTITY), temperatures.entity))
    thresholds = sorted({max(threshold, round(least, 2)) for threshold in ENTITY_THRESHOLDS})
    scored = [calibrated(document, temperatures) for document in predicted]
    sure = _with_thresholds(dev, scored, schema, thresholds)
    evaluation = evaluate_documents(dev, sure.documents, schema)
    return DevScore(_value(evaluation), sure.entity, sure.relation, temperatures, evaluation)


class _Chosen(NamedTuple):
    """The best thresholds, and the documents with what reaches them."""

    entity: float
    relation: float
    documents: list[Document]


def _with_thresholds(
    dev: Sequence[Document],
    predicted: Sequence[Document],
    schema: LabelSchema,
    thresholds: Sequence[float],
) -> _Chosen:
    """Try each of these entity thresholds with the relation threshold that suits it best."""
    gold = {_extent(n, e) for n, d in enumerate(dev) for e in d.entities}
    links = {link for n, d in enumerate(dev) for link, _ in _links(n, d, schema)}
    found = [
        (e.score or 0.0, _extent(n, e) in gold) for n, d in enumerate(predicted) for e in d.entities
    ]

    def choose(entity: float) -> tuple[float, _Chosen]:
        sure = [_sure(document, entity) for document in predicted]
        held = [
            (score, link in links)
            for n, document in enumerate(sure)
            for link, score in _links(n, document, schema)
        ]
        relation = max(RELATION_THRESHOLDS, key=lambda least: _f1(held, least, len(links)))
        chosen = _Chosen(entity, relation, [_holding(document, relation) for document in sure])
        return _f1(found, entity, len(gold)) + _f1(held, relation, len(links)), chosen

    return max((choose(entity) for entity in thresholds), key=itemgetter(0))[1]


def _f1(found: Sequence[tuple[float, bool]], least: float, gold: int) -> float:
    """Return the F1 of what scores at least so much, each right or wrong."""
    kept = [correct for score, correct in found if score >= least]
    return 2 * sum(kept) / max(len(kept) + gold, 1)


_Extent: TypeAlias = tuple[int, int, int, str]
"""A document's number, start and end in its text, type."""


def _extent(number: int, entity: Entity) -> _Extent:
    return number, entity.start, entity.end, entity.type


def _links(
    number: int, document: Document, schema: LabelSchema
) -> Iterator[tuple[tuple[str, _Extent, _Extent], float]]:
    """Yield type and arguments of every relation, of a symmetric one in order, and its score."""
    extents = {entity.id: _extent(number, entity) for entity in document.entities}
    for relation in document.relations:
        ends = extents[relation.head], extents[relation.tail]
        head, tail = sorted(ends) if schema.relations[relation.type].symmetric else ends
        yield (relation.type, head, tail), relation.score or 0.0


def _sure(document: Document, threshold: float) -> Document:
    """Return the document without entities below the threshold, and without their relations."""
    entities = tuple(e for e in document.entities if (e.score or 0.0) >= threshold)
    ids = {entity.id for entity in entities}
    relations = tuple(r for r in document.relations if {r.head, r.tail} <= ids)
    return msgspec.structs.replace(document, entities=entities, relations=relations)


def _holding(document: Document, threshold: float) -> Document:
    """Return the document without relations below the threshold."""
    relations = tuple(r for r in document.relations if (r.score or 0.0) >= threshold)
    return msgspec.structs.replace(document, relations=relations)


def _value(evaluation: Evaluation) -> float:
    entities = evaluation.entities.strict.micro.f1
    if evaluation.relations is None:
        return entities
    return (entities + evaluation.relations.strict.micro.f1) / 2
