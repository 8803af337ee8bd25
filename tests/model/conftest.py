"""A model that was really trained, in seconds, on the newsroom's sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar.model.extractor import Extractor
from khabar.train.loop import run_training
from tests.newsroom import articles, run_config, write_corpus


@pytest.fixture(scope="session")
def newsroom_model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Path:
    """The folder of a model that knows the newsroom's sentences by heart."""
    folder = tmp_path_factory.mktemp("newsroom")
    write_corpus(folder / "train.jsonl", articles(150, seed=1, sentences=6))
    train = {"epochs": 8, "batch_windows": 8, "micro_windows": 8}
    run_training(run_config(folder, tiny_encoder, train=train))
    return folder / "run" / "best"


@pytest.fixture(scope="session")
def newsroom(newsroom_model: Path) -> Extractor:
    return Extractor.load(newsroom_model, device="cpu", precision="fp32")
