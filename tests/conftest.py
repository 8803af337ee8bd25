"""Before any test imports torch: no hub, and one thread for each test process."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

# A first call that loads a library, or a busy machine, says nothing about the code.
settings.register_profile("khabar", deadline=None)
settings.load_profile("khabar")


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random encoder of AraBERT's classes in a folder, named as a user would name AraBERT."""
    from tests.tiny import tiny_model

    return tiny_model(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="session")
def tiny_khabar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained Khabar model of the shipped nested schema, in a folder."""
    from tests.tiny import tiny_khabar_model

    return tiny_khabar_model(tmp_path_factory.mktemp("khabar") / "tiny")
