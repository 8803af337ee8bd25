"""The bundled model: it is whole, it is as good as it was, and long articles cost it nothing."""

from pathlib import Path

import pytest

from khabar.data.formats import read_documents
from khabar.data.records import Document
from khabar.eval.joined import evaluate_joined
from khabar.eval.report import Evaluation
from khabar.model.extractor import Extractor
from khabar.model.storage import model_folder

GUARD = sorted((Path(__file__).parent.parent / "guard").glob("*.inline"))
ENTITY_FLOOR, RELATION_FLOOR = 0.88, 0.66
"""Strict F1 on the ten articles, a few points below what the bundled model reached."""


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.load(precision="fp32")


@pytest.fixture(scope="module")
def articles() -> list[Document]:
    found = [document for path in GUARD for document in read_documents(path)]
    assert len(found) == 10
    return found


@pytest.fixture(scope="module")
def apart_and_joined(extractor, articles) -> tuple[Evaluation, Evaluation]:
    return evaluate_joined(extractor, articles)


@pytest.mark.parametrize("view", [0, 1], ids=["apart", "joined in threes"])
def test_it_finds_what_it_found_in_ten_articles_of_our_own(apart_and_joined, view):
    """Joined, most articles begin inside a window and some lie across a seam."""
    scores = apart_and_joined[view]
    assert scores.entities.strict.micro.f1 >= ENTITY_FLOOR
    assert scores.relations is not None
    assert scores.relations.strict.micro.f1 >= RELATION_FLOOR


def test_the_folder_is_small_whole_and_without_pickles():
    folder = model_folder(None)
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= names
    assert not any(name.endswith((".bin", ".pt", ".pkl")) for name in names)
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 70_000_000


def test_the_card_names_origin_corpora_and_detour():
    card = (model_folder(None) / "README.md").read_text(encoding="utf-8")
    for word in ("multilingual-e5-small", "MIT", "4-bit", "Wojood", "ANERcorp", "strict"):
        assert word in card
