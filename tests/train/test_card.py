"""The card of a trained model: what a reader sees, and the head that a hub reads."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from huggingface_hub import EvalResult, ModelCard

from khabar.data.schema import load_schema
from khabar.eval.evaluate import evaluate_documents
from khabar.eval.report import Evaluation
from khabar.model.storage import model_folder
from khabar.train.card import model_card
from khabar.train.config import CorpusConfig, RunConfig
from tests.newsroom import articles, write_schema

TRAIN, DEV = "/home/someone/news/train.jsonl", "/home/someone/news/dev.jsonl"
CONFIG = RunConfig(
    name="my-model",
    output="runs/my",
    label_schema="/home/someone/labels.yaml",
    encoder="/somewhere/aubmindlab/bert-base-arabertv02",
    corpora=(
        CorpusConfig(path=TRAIN, weight=0.5, share=(0, 0.9)),
        CorpusConfig(path="bundled:train", join=3),
    ),
    dev=(CorpusConfig(path=DEV), CorpusConfig(path=DEV, join=3)),
)


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """Of a prediction that has every entity and no relation."""
    schema = load_schema(write_schema(tmp_path_factory.mktemp("schema")))
    gold = articles(5, seed=3)
    predicted = [msgspec.structs.replace(document, relations=()) for document in gold]
    return evaluate_documents(gold, predicted, schema)


def read(card: str, folder: Path) -> ModelCard:
    """Read a card as the hub's own library does, errors in its head included."""
    (folder / "README.md").write_text(card, encoding="utf-8")
    return ModelCard.load(folder / "README.md", ignore_metadata_errors=False)


def test_a_card_says_what_the_model_was_made_of(tmp_path):
    card = read(model_card(CONFIG, None), tmp_path).text
    assert card.lstrip().startswith("# my-model\n")
    assert "- Encoder it started from: `bert-base-arabertv02`" in card
    assert "- `train.jsonl`, weight 0.5, documents 0% to 90%\n" in card
    assert "- `bundled:train`, weight 1, documents 0% to 100%, 3 documents joined to one\n" in card
    assert "There was no dev part: this is the last model of the run." in card


def test_a_card_calls_an_encoder_of_the_hub_by_its_whole_name():
    hub = msgspec.structs.replace(CONFIG, encoder="aubmindlab/bert-base-arabertv02")
    assert "- Encoder it started from: `aubmindlab/bert-base-arabertv02`" in model_card(hub, None)


def test_a_card_tells_no_folder_of_whoever_trained(evaluation):
    card = model_card(CONFIG, evaluation)
    assert "/somewhere" not in card
    assert "/home" not in card


def test_the_head_gives_every_score_under_the_name_of_its_metric(evaluation, tmp_path):
    head = read(model_card(CONFIG, evaluation), tmp_path).data
    assert (head.language, head.library_name, head.model_name) == ("ar", "khabar", "my-model")
    results = head.eval_results
    assert all(isinstance(result, EvalResult) for result in results)
    assert {r.dataset_name for r in results} == {"dev.jsonl, 5 documents of schema newsroom"}
    values = {(r.task_type, r.metric_name): r.metric_value for r in results}
    assert len(values) == len(results) == 3 * len(list(evaluation.scores()))
    assert values["token-classification", "entity strict, all layers, micro f1"] == 1
    assert values["token-classification", "entity conlleval, all layers, micro recall"] == 1
    assert values["relation-extraction", "relation strict, micro f1"] == 0


def test_a_model_without_a_dev_part_claims_no_score(tmp_path):
    head = read(model_card(CONFIG, None), tmp_path).data
    assert head.eval_results is None
    assert head.metrics is None


def test_a_name_that_yaml_would_read_as_something_else_stays_a_name(evaluation, tmp_path):
    config = msgspec.structs.replace(CONFIG, name="yes: [no] 'ص' ---")
    assert read(model_card(config, evaluation), tmp_path).data.model_name == config.name


def test_the_bundled_model_s_card_has_a_head_that_the_hub_reads():
    head = ModelCard.load(model_folder(None) / "README.md", ignore_metadata_errors=False).data
    assert (head.language, head.library_name) == ("ar", "khabar")
    assert head.license
