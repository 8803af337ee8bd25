"""Scores on the dev part, and the threshold that is chosen there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_documents
from khabar.eval.report import Evaluation
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel
from khabar.model.storage import from_pretrained
from khabar.train.config import RunConfig
from khabar.train.dev import ENTITY_THRESHOLDS, RELATION_THRESHOLDS, score_dev
from tests.newsroom import FLAT_SCHEMA, articles, flat, overlooked, untrained, write_schema


@pytest.fixture(scope="module")
def model(learned: RunConfig) -> JointModel:
    return from_pretrained(Path(learned.output) / "best")


@pytest.fixture(scope="module")
def dev() -> list[Document]:
    return articles(12, seed=2, sentences=5)


@pytest.fixture
def unsure(learned: RunConfig) -> JointModel:
    """A model all of whose scores lie near a half."""
    model = from_pretrained(Path(learned.output) / "best")
    with torch.no_grad():
        for layer in (model.relation_head.scorer, model.tagger):
            for weight in layer.parameters():
                weight *= 0.05 if layer is model.relation_head.scorer else 0.3
    return model


def test_the_thresholds_are_those_of_the_best_f1_of_calibrated_scores(unsure, dev):
    dev = [overlooked(document) for document in dev]
    scored = score_dev(unsure, dev)
    assert scored.temperatures.entity != 1 != scored.temperatures.relation
    unsure.config = scored.configure(unsure.config)
    extractor = Extractor(unsure.eval())
    entity_types, relation_types = unsure.schema.entity_types, unsure.schema.relation_types

    def evaluation(entity: float, relation: float) -> Evaluation:
        least = dict.fromkeys(entity_types, entity) | dict.fromkeys(relation_types, relation)
        return evaluate_documents(
            dev, list(extractor.documents(dev, threshold=least)), unsure.schema
        )

    values = {
        (entity, relation): evaluation(entity, relation)
        for entity in ENTITY_THRESHOLDS[2::2]  # of lower ones not all that reach them are looked at
        for relation in RELATION_THRESHOLDS[::2]
    }
    means = {
        pair: scores.entities.strict.micro.f1 + scores.relations.strict.micro.f1
        for pair, scores in values.items()
    }
    assert min(means.values()) < max(means.values())
    assert 2 * scored.value >= max(means.values()) - 1e-9
    best = evaluation(scored.entity_threshold, scored.relation_threshold)
    assert (
        best
        == scored.evaluation
        == evaluate_documents(dev, list(extractor.documents(dev)), unsure.schema)
    )
    assert score_dev(unsure, dev) == scored, "what was fitted before is no part of a fit"


def test_the_value_is_the_mean_of_both_f1(model, dev):
    scored = score_dev(model, dev)
    entities = scored.evaluation.entities.strict.micro.f1
    relations = scored.evaluation.relations.strict.micro.f1
    assert scored.value == (entities + relations) / 2
    assert scored.figures() == {
        "dev_entities_strict_f1": entities,
        "dev_entity_threshold": scored.entity_threshold,
        "dev_entity_temperature": scored.temperatures.entity,
        "dev_relations_strict_f1": relations,
        "dev_relation_threshold": scored.relation_threshold,
        "dev_relation_temperature": scored.temperatures.relation,
        "dev_relation_shift": scored.temperatures.relation_shift,
    }


def test_a_schema_without_relations_is_scored_on_entities_alone(tmp_path, tiny_encoder, dev):
    schema = write_schema(tmp_path, FLAT_SCHEMA)
    model = untrained(tmp_path, tiny_encoder, label_schema=schema, heads={"inner_types": []})
    scored = score_dev(model, [flat(document) for document in dev])
    assert scored.value == scored.evaluation.entities.strict.micro.f1
    assert scored.figures() == {
        "dev_entities_strict_f1": scored.value,
        "dev_entity_threshold": scored.entity_threshold,
        "dev_entity_temperature": scored.temperatures.entity,
    }
    assert (scored.temperatures.relation, scored.temperatures.relation_shift) == (1, 0)


def test_the_model_goes_on_training_after_it_was_scored(model, dev):
    model.train()
    score_dev(model, dev[:1])
    assert all(module.training for module in model.modules())


def test_without_a_dev_part_there_is_no_score_and_nothing_changes(model):
    scored = score_dev(model, [])
    assert scored.configure(model.config) == model.config
    assert scored.evaluation is None
    assert scored.value == 0
