"""The tags' shares with which a tagger begins, counted by hand."""

from __future__ import annotations

import pytest
import torch

from khabar.data.records import Document, Entity
from khabar.data.tags import OUTSIDE
from khabar.model.storage import from_pretrained
from khabar.train.prior import begin_with_shares, tag_counts
from khabar.train.setup import build_model, set_up
from khabar.train.targets import AnnotationPolicy, ExampleMaker
from tests.newsroom import articles, run_config, trained, write_corpus

TEXT = "زار خالد أحمد مدينة حلب"
"""Five words: a person of two, a city of one."""
ENTITIES = (
    Entity(id="T1", type="PERS", start=4, end=13, text="خالد أحمد"),
    Entity(id="T2", type="GPE", start=20, end=23, text="حلب"),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory, tiny_encoder):
    folder = tmp_path_factory.mktemp("prior")
    return build_model(run_config(folder, tiny_encoder))


def counts_of(model, **policy):
    maker = ExampleMaker(model, AnnotationPolicy(**policy))
    document = Document(id="1", text=TEXT, entities=ENTITIES)
    counts = tag_counts(maker.examples(document), len(model.rows.rows), model.rows.tags)
    return dict(zip(model.schema.entity_types, counts.tolist(), strict=False))


def test_every_word_of_every_row_is_counted(model):
    counts = counts_of(model)
    assert counts["PERS"] == [3, 1, 1]
    assert counts["GPE"] == [4, 1, 0]
    assert counts["ORG"] == [5, 0, 0]


def test_what_a_corpus_leaves_open_is_not_counted(model):
    counts = counts_of(model, annotates=("PERS",))
    assert counts["PERS"] == [3, 1, 1]
    assert counts["GPE"] == [0, 0, 0]


@torch.no_grad()
def test_an_untrained_tagger_gives_every_word_about_the_shares(model):
    maker = ExampleMaker(model, AnnotationPolicy(annotates=("PERS", "GPE")))
    begin_with_shares(model, maker.examples(Document(id="1", text=TEXT, entities=ENTITIES)))
    first = model.tagger.bias.view(len(model.rows.rows), -1).softmax(dim=-1)
    types = model.schema.entity_types
    assert first[types.index("PERS")].tolist() == pytest.approx([4 / 8, 2 / 8, 2 / 8])
    assert first[types.index("GPE")].tolist() == pytest.approx([5 / 8, 2 / 8, 1 / 8])
    assert first[types.index("ORG")].tolist() == pytest.approx([1 / 3] * 3)


def test_a_run_begins_with_them_unless_it_keeps_heads(tmp_path, tiny_encoder):
    write_corpus(tmp_path / "train.jsonl", articles(13, seed=5, sentences=3))
    bias = set_up(run_config(tmp_path, tiny_encoder)).model.tagger.bias.view(-1, 3)
    assert (bias[:, OUTSIDE] > bias[:, 1:].amax(dim=-1)).all()
    old = tmp_path / "old"
    old.mkdir()
    kept = trained(old, tiny_encoder, count=4, epochs=1)
    run = set_up(run_config(tmp_path, kept, keep_heads=True, output=str(tmp_path / "kept")))
    assert torch.equal(run.model.tagger.bias, from_pretrained(kept).tagger.bias)
