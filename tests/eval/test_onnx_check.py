"""The comparison of a model with its export sees every difference."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from khabar.eval.onnx_check import compare, main
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel
from khabar.model.onnx import export_onnx
from khabar.model.storage import from_pretrained
from tests.tiny import SENTENCES

DOCUMENTS = [Document(id=str(n), text=text) for n, text in enumerate(SENTENCES)]
SHORT = [Document(id=str(n), text=text[:12]) for n, text in enumerate(SENTENCES[:2])]
"""As an untrained model sees entities everywhere, and relations between all of them."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, tiny_khabar: Path) -> Path:
    folder = tmp_path_factory.mktemp("onnx") / "tiny"
    export_onnx(Extractor.load(tiny_khabar, "cpu", "fp32"), folder)
    return folder


def test_a_true_export_agrees_and_the_command_ends_well(tiny_khabar, exported, tmp_path, capsys):
    file = tmp_path / "articles.jsonl"
    write_jsonl(file, DOCUMENTS)
    assert main([str(tiny_khabar), str(exported), str(file), "--articles", "6"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "articles │ 6 │" in shown
    assert "articles with another label │ 0 │" in shown
    assert shown.endswith("equal")


def changed(folder: Path, relation_threshold: float = 0.0) -> tuple[Extractor, JointModel]:
    """Return an extractor whose every pair is a relation, and its model, to be changed."""
    model = from_pretrained(folder)
    model.config = msgspec.structs.replace(model.config, relation_threshold=relation_threshold)
    return Extractor(model), model


@pytest.mark.parametrize("part", ["tagger", "relation_head.scorer"])
@torch.no_grad()
def test_a_difference_of_scores_is_seen_where_it_is(tiny_khabar, part):
    """Larger logits: the same labels, other scores."""
    (own, _), (other, model) = changed(tiny_khabar), changed(tiny_khabar)
    for value in model.get_submodule(part).parameters():
        value *= 1.1
    agreement = compare(own, other, SHORT)
    assert agreement.differing == ()
    assert agreement.relations > 10
    assert (agreement.entity_scores > 1e-3) == (part == "tagger")
    assert agreement.relation_scores > 1e-3
    assert not agreement.holds
    assert agreement.to_table().caption == "NOT equal"


@torch.no_grad()
def test_a_difference_of_labels_is_seen_in_its_articles(tiny_khabar):
    (own, silent), (other, model) = changed(tiny_khabar), changed(tiny_khabar)
    silent.tagger.bias[0] += 30  # no word belongs to an entity of the first type
    model.tagger.bias[1] += 30  # every word begins one
    agreement = compare(own, other, [*SHORT, Document(id="empty", text="")])
    assert agreement.differing == ("0", "1")
    assert not agreement.holds
    assert agreement.to_table().caption == "NOT equal: 0, 1"


@torch.no_grad()
def test_a_relation_alone_makes_a_difference(tiny_khabar):
    (own, _), (other, _) = changed(tiny_khabar), changed(tiny_khabar, relation_threshold=1.01)
    assert compare(own, other, SHORT[:1]).differing == ("0",)
