"""Every run that is shipped, shortened, on corpora of its own kinds."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from khabar.data.embedded import PREFIX
from khabar.data.formats import write_documents
from khabar.data.records import Document
from khabar.data.schema import load_schema
from khabar.model.extractor import Extractor
from khabar.model.storage import save_pretrained
from khabar.train.config import CorpusConfig, RunConfig, load_run_config
from khabar.train.loop import run_training
from khabar.train.setup import build_model
from tests.newsroom import article, sentence

RUNS = sorted(
    Path(file.name).stem
    for file in files("khabar.configs").iterdir()
    # Those of pretraining have keys and tests of their own.
    if file.name.endswith(".yaml") and not file.name.startswith("pretrain")
)


def corpus(config: RunConfig, own: CorpusConfig) -> list[Document]:
    """Six articles with labels of the corpus's own, and a relation where it annotates them."""
    schema = load_schema(config.label_schema)
    labels = (list(own.policy.labels) or list(schema.entity_types))[:4]
    relations = [
        (name, labels.index(head), labels.index(tail))
        for name, rule in schema.relations.items()
        for head in rule.head
        for tail in rule.tail
        if own.policy.relations is True and head != tail and {head, tail} <= set(labels)
    ]
    if own.policy.relations == "asked":
        labels, relations = labels * 2, [(next(iter(schema.relations)), 0, 1)]
    marked = " ".join(f"{label}[ شركة النسيم ] في" for label in labels)
    return [article([sentence(marked, *relations[:1])], id=str(number)) for number in range(6)]


def _start(shipped: RunConfig, encoder: Path, folder: Path) -> Path:
    """Return what the run starts from: the encoder, or a model when it keeps a model's heads."""
    if not shipped.keep_heads:
        return encoder
    bare = msgspec.structs.replace(shipped, keep_heads=False, encoder=str(encoder))
    save_pretrained(build_model(bare), folder, card="# start\n")
    return folder


def test_runs_are_shipped():
    assert {"anercorp", "news"} <= set(RUNS)


@pytest.mark.parametrize("name", RUNS)
def test_a_shipped_run_trains(tmp_path, tiny_encoder, name):
    shipped = load_run_config(name)
    encoder = _start(shipped, tiny_encoder, tmp_path / "start")
    overrides = [f"encoder={encoder}", f"output={tmp_path / 'run'}", "train.max_steps=2"]
    for group in ("corpora", "dev"):
        for number, own in enumerate(getattr(shipped, group)):
            if own.path.startswith(PREFIX):
                continue
            path = tmp_path / f"{group}{number}{Path(own.path).suffix}"
            write_documents(path, corpus(shipped, own), format=own.format)
            overrides.append(f"{group}.{number}.path={path}")
    config = load_run_config(name, overrides)
    assert msgspec.structs.replace(config.train, max_steps=None) == shipped.train
    evaluation = run_training(config)
    assert (evaluation is not None) == bool(shipped.dev)
    log = (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8")
    steps = [line for line in map(json.loads, log.splitlines()) if "tag_loss" in line]
    assert [line["step"] for line in steps] == [1, 2]
    assert all(line["tag_loss"] > 0 for line in steps)
    if (
        any(own.policy.relations for own in shipped.corpora)
        and load_schema(config.label_schema).relations
    ):
        assert any(line["relation_loss"] > 0 for line in steps)
    document = Extractor.load(tmp_path / "run" / "best", "cpu")("شركة النسيم في لبنان")
    assert document.meta["model"] == shipped.name
