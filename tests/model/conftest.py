"""A model that was really trained, in seconds, on the newsroom's sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar.model.extractor import Extractor
from tests.newsroom import trained


@pytest.fixture(scope="session")
def newsroom_model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Path:
    """The folder of a model that knows the newsroom's sentences by heart."""
    return trained(tmp_path_factory.mktemp("newsroom"), tiny_encoder, count=150, epochs=8)


@pytest.fixture(scope="session")
def newsroom(newsroom_model: Path) -> Extractor:
    return Extractor.load(newsroom_model, device="cpu", precision="fp32")
