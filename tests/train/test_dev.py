"""Scores on the dev part, and the threshold that is chosen there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_documents
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel
from khabar.model.storage import from_pretrained
from khabar.train.config import RunConfig
from khabar.train.dev import THRESHOLDS, score_dev
from tests.newsroom import FLAT_SCHEMA, articles, flat, untrained, write_schema


@pytest.fixture(scope="module")
def model(learned: RunConfig) -> JointModel:
    return from_pretrained(Path(learned.output) / "best")


@pytest.fixture(scope="module")
def dev() -> list[Document]:
    return articles(12, seed=2, sentences=5)


def test_the_threshold_is_the_one_of_the_best_relation_f1(learned, dev):
    """By a model that is unsure: all its scores lie near a half."""
    unsure = from_pretrained(Path(learned.output) / "best")
    with torch.no_grad():
        for weight in unsure.relation_head.scorer.parameters():
            weight *= 0.05
    scored = score_dev(unsure, dev)
    extractor = Extractor(unsure.eval())
    f1 = {}
    for threshold in THRESHOLDS:
        predicted = list(extractor.documents(dev, threshold=threshold))
        evaluation = evaluate_documents(dev, predicted, unsure.schema)
        f1[threshold] = evaluation.relations.strict.micro.f1
    assert f1[THRESHOLDS[0]] < max(f1.values())
    assert f1[scored.threshold] == max(f1.values())
    assert scored.evaluation.relations.strict.micro.f1 == max(f1.values())


def test_the_value_is_the_mean_of_both_f1(model, dev):
    scored = score_dev(model, dev)
    entities = scored.evaluation.entities.strict.micro.f1
    relations = scored.evaluation.relations.strict.micro.f1
    assert scored.value == (entities + relations) / 2
    assert scored.figures() == {
        "dev_entities_strict_f1": entities,
        "dev_relations_strict_f1": relations,
        "dev_relation_threshold": scored.threshold,
    }


def test_a_schema_without_relations_is_scored_on_entities_alone(tmp_path, tiny_encoder, dev):
    schema = write_schema(tmp_path, FLAT_SCHEMA)
    model = untrained(tmp_path, tiny_encoder, label_schema=schema, heads={"inner_types": []})
    scored = score_dev(model, [flat(document) for document in dev])
    assert scored.value == scored.evaluation.entities.strict.micro.f1
    assert scored.threshold == model.config.relation_threshold
    assert scored.figures() == {"dev_entities_strict_f1": scored.value}


def test_the_model_goes_on_training_after_it_was_scored(model, dev):
    model.train()
    score_dev(model, dev[:1])
    assert all(module.training for module in model.modules())


def test_without_a_dev_part_there_is_no_score(model):
    scored = score_dev(model, [])
    assert scored.evaluation is None
    assert scored.value == 0
