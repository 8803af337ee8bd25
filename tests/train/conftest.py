"""A run that is done, and an encoder without dropout for runs that are cut in several ways."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from khabar.train.config import RunConfig
from khabar.train.loop import run_training
from tests.newsroom import articles, run_config, write_corpus


@pytest.fixture(scope="session")
def steady_encoder(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Path:
    folder = tmp_path_factory.mktemp("steady") / "encoder"
    shutil.copytree(tiny_encoder, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> RunConfig:
    """A run that is done, on articles of the newsroom; its dev part is of others."""
    folder = tmp_path_factory.mktemp("learned")
    write_corpus(folder / "train.jsonl", articles(80, seed=1, sentences=6))
    dev = [{"path": write_corpus(folder / "dev.jsonl", articles(20, seed=2, sentences=6))}]
    train = {"epochs": 10, "batch_windows": 8, "micro_windows": 4, "evaluate_every": 5}
    config = run_config(folder, tiny_encoder, dev=dev, train=train)
    run_training(config)
    return config
