"""Ensembles: of one model twice it is that model; of two it is their mean; unlike ones are told."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from khabar.data.batches import collate
from khabar.data.errors import ModelError
from khabar.data.windows import cut_windows
from khabar.data.words import split_words
from khabar.model.ensemble import Ensemble
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel
from khabar.model.relations import SpanBatch
from tests.newsroom import articles, untrained

TEXT = "سامي الحداد يعمل في بنك قطر"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> list[JointModel]:
    folder = tmp_path_factory.mktemp("two")
    models = [untrained(folder, tiny_encoder).eval() for _ in range(2)]
    with torch.no_grad():
        for weight in models[1].parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return models


def test_a_model_beside_itself_is_that_model(newsroom):
    documents = articles(5, seed=7)
    twice = Extractor(Ensemble([newsroom.model, newsroom.model]))
    for alone, both in zip(newsroom.documents(documents), twice.documents(documents), strict=True):
        assert [e.score for e in both.entities] == pytest.approx(
            [e.score for e in alone.entities], abs=2e-4
        )
        assert [(e.type, e.start, e.end) for e in both.entities] == [
            (e.type, e.start, e.end) for e in alone.entities
        ]
        assert [(r.type, r.head, r.tail) for r in both.relations] == [
            (r.type, r.head, r.tail) for r in alone.relations
        ]
    assert any(document.relations for document in newsroom.documents(documents))


@torch.inference_mode()
def test_of_two_models_it_is_the_mean(two):
    ensemble = Ensemble(two)
    words = split_words(TEXT)
    pieces = ensemble.tokenizer.encode([TEXT], [words], ensemble.window_limit)[0]
    (window,) = cut_windows(pieces.counts, ensemble.window_limit, 0)
    batch = collate([ensemble.tokenizer.window(pieces, window)], ensemble.tokenizer.special.pad)
    own = [model.read(batch) for model in two]
    both = ensemble.read(batch)
    assert not torch.allclose(own[0].logits, own[1].logits)
    shares = [reading.logits.log_softmax(dim=-1) for reading in own]
    torch.testing.assert_close(both.logits, (shares[0] + shares[1]) / 2)

    spans = SpanBatch(*torch.tensor([[0, 0, 1, 0], [0, 4, 5, 1]]).unbind(-1))
    pairs = torch.tensor([[0, 1]])
    logits = [m.relate(r.states, spans, pairs) for m, r in zip(two, own, strict=True)]
    torch.testing.assert_close(
        ensemble.relate(both.states, spans, pairs), (logits[0] + logits[1]) / 2
    )


def test_its_identity_is_that_of_all_members(two):
    one = Extractor(Ensemble([two[0], two[1]])).identity()
    other = Extractor(Ensemble([two[0], two[0]])).identity()
    assert one != other


def test_one_model_is_no_ensemble(two):
    with pytest.raises(ModelError, match="at least two models, got 1"):
        Ensemble(two[:1])


@pytest.mark.parametrize(
    ("section", "change", "message"),
    [
        ("heads", {"inner_types": ("PERS",)}, r"another set of `heads\.inner_types`"),
        ("window", {"pieces": 40, "overlap": 4}, "another length of windows"),
    ],
)
def test_models_that_do_not_go_together_are_refused(
    two, tmp_path, tiny_encoder, section, change, message
):
    other = untrained(tmp_path, tiny_encoder)
    changed = msgspec.structs.replace(getattr(other.config, section), **change)
    other.config = msgspec.structs.replace(other.config, **{section: changed})
    with pytest.raises(ModelError, match=message):
        Ensemble([two[0], other])


def test_several_models_are_loaded_as_one(newsroom_model):
    single = Extractor.load(newsroom_model)
    both = Extractor.load([newsroom_model, newsroom_model])
    assert isinstance(both.model, Ensemble)
    (document,) = articles(1, seed=3)
    found = [[(e.type, e.start, e.end) for e in x(document.text).entities] for x in (single, both)]
    assert found[0] == found[1]
    with pytest.raises(ModelError, match="loaded from no folder|made in memory"):
        both.save_pretrained("copy")
