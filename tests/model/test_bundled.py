"""The bundled model: it is whole, it is as good as it was, and long articles cost it nothing."""

from pathlib import Path

import pytest

from khabar.data.formats import read_documents
from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_model
from khabar.eval.joined import evaluate_joined
from khabar.model.extractor import Extractor
from khabar.model.storage import model_folder

GUARD = sorted((Path(__file__).parent.parent / "guard").glob("*.inline"))
ENTITY_FLOOR, RELATION_FLOOR = 0.75, 0.35
"""Strict F1 on the ten articles, a few points below what the bundled model reached."""


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.load(precision="fp32")


@pytest.fixture(scope="module")
def articles() -> list[Document]:
    return [document for path in GUARD for document in read_documents(path)]


def test_it_finds_what_it_found_in_ten_articles_of_our_own(extractor, articles):
    scores = evaluate_model(extractor, articles, extractor.model.schema)
    assert len(articles) == 10
    assert scores.entities.strict.micro.f1 >= ENTITY_FLOOR
    assert scores.relations is not None
    assert scores.relations.strict.micro.f1 >= RELATION_FLOOR


def test_articles_joined_in_threes_score_as_they_do_apart(extractor, articles):
    """Ten articles are few: one mention more or less is a quarter of a point."""
    apart, joined = evaluate_joined(extractor, articles)
    assert joined.entities.strict.micro.f1 == pytest.approx(
        apart.entities.strict.micro.f1, abs=0.02
    )


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
