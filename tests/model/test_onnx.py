"""ONNX: the graphs say what the model says, at any size, and a folder of them is a model."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import ModernBertConfig, ModernBertModel, XLMRobertaConfig, XLMRobertaModel

from khabar.data.errors import ConfigError, ModelError
from khabar.data.records import Document
from khabar.model.extractor import Extractor
from khabar.model.onnx import export_onnx
from khabar.model.onnx_model import OnnxModel
from khabar.model.storage import from_pretrained
from khabar.model.viterbi import FORBIDDEN
from tests.newsroom import FLAT_SCHEMA, any_sentence, article, untrained, write_schema


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, newsroom: Extractor) -> Path:
    """The newsroom's model as graphs."""
    folder = tmp_path_factory.mktemp("onnx") / "newsroom"
    export_onnx(newsroom, folder)
    return folder


@pytest.fixture(scope="module")
def exported(folder: Path) -> Extractor:
    return Extractor.load(folder)


def check_equal(own: Sequence[Document], other: Sequence[Document]) -> None:
    """Check that labels are equal, and scores within 0.001."""
    for a, b in zip(own, other, strict=True):
        assert [(e.type, e.start, e.end) for e in a.entities] == [
            (e.type, e.start, e.end) for e in b.entities
        ]
        assert [(r.type, r.head, r.tail) for r in a.relations] == [
            (r.type, r.head, r.tail) for r in b.relations
        ]
        scores = [[part.score for part in (*d.entities, *d.relations)] for d in (a, b)]
        assert scores[0] == pytest.approx(scores[1], abs=1e-3)


def test_records_of_short_and_long_articles_are_equal(newsroom, exported):
    rng = random.Random(7)
    texts = [article([any_sentence(rng) for _ in range(n)]).text for n in (0, 1, 40, 3, 17)]
    own = list(newsroom.batch(texts))
    assert int(own[2].meta["windows"]) > 5
    assert any(document.relations for document in own)
    check_equal(own, list(exported.batch(texts)))


@pytest.mark.parametrize("text", ["", " \n", "سامي", "،", "Reuters", "ضـ" * 900])
def test_odd_texts_are_read_alike(newsroom, exported, text):
    check_equal([newsroom(text)], [exported(text)])


def test_relations_of_given_entities_are_equal(newsroom, exported):
    gold = article([any_sentence(random.Random(seed)) for seed in range(8)])
    own, other = newsroom.relate(gold), exported.relate(gold)
    assert own.relations
    check_equal([own], [other])


def save_encoder(kind: str, folder: Path, tokenizer: Path) -> Path:
    """Save a small encoder; ModernBERT's local attention reaches less far than the windows."""
    sizes = {
        "hidden_size": 20,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "vocab_size": Tokenizer.from_file(str(tokenizer)).get_vocab_size(),
        "pad_token_id": 0,
    }
    torch.manual_seed(4)
    if kind == "modernbert":
        ModernBertModel(ModernBertConfig(**sizes, local_attention=8)).save_pretrained(folder)
    else:
        XLMRobertaModel(XLMRobertaConfig(**sizes)).save_pretrained(folder)
    shutil.copy(tokenizer, folder)
    return folder


@pytest.mark.parametrize(("kind", "pooling"), [("modernbert", "first"), ("xlm-roberta", "mean")])
def test_other_encoders_and_poolings_are_exported(tmp_path, tiny_encoder, kind, pooling):
    encoder = save_encoder(kind, tmp_path / kind, tiny_encoder / "tokenizer.json")
    own = Extractor(untrained(tmp_path, encoder, heads={"pooling": pooling}))
    export_onnx(own, tmp_path / "onnx")
    texts = [article([any_sentence(random.Random(n)) for n in range(k)]).text for k in (2, 9)]
    found = list(own.batch(texts))
    assert all(document.entities for document in found)
    check_equal(found, list(Extractor.load(tmp_path / "onnx").batch(texts)))


def test_a_flat_model_keeps_its_learned_transitions_and_has_no_relations(tmp_path, tiny_encoder):
    schema = write_schema(tmp_path, FLAT_SCHEMA)
    heads = {"crf": True, "inner_types": []}
    model = untrained(tmp_path, tiny_encoder, label_schema=schema, heads=heads)
    with torch.no_grad():
        model.crf.copy_(torch.arange(49).reshape(7, 7) / 3)
    export_onnx(Extractor(model), tmp_path / "onnx")
    assert not (tmp_path / "onnx" / "relations.onnx").exists()
    loaded = OnnxModel(tmp_path / "onnx")
    assert torch.equal(loaded.transitions(), model.transitions())
    assert torch.equal(loaded.rule_starts, model.rule_starts)
    assert float(loaded.transitions()[0, 2]) == pytest.approx(FORBIDDEN + 2 / 3)


def test_a_folder_holds_graphs_tokenizer_configuration_and_the_model_s_papers(
    folder, newsroom_model
):
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "README.md",
        "config.json",
        "encoder.onnx",
        "relations.onnx",
        "tokenizer.json",
        "training.json",
        "transitions.json",
    }
    for name in ("README.md", "training.json"):
        assert (folder / name).read_bytes() == (newsroom_model / name).read_bytes()


def test_the_identity_depends_on_the_graphs(newsroom, exported, folder, tmp_path):
    again = Extractor.load(shutil.copytree(folder, tmp_path / "again"))
    assert exported.identity() == again.identity() != newsroom.identity()
    with (tmp_path / "again" / "encoder.onnx").open("ab") as graph:
        graph.write(b"\0")
    assert again.identity() != exported.identity()


class Counting(nn.Module):
    """An encoder that asks for a size in Python, so that tracing takes one answer for all."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> object:
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        output.last_hidden_state = output.last_hidden_state * int(input_ids.shape[1] > 20)
        return output


def test_a_graph_that_is_not_true_to_its_encoder_is_refused(newsroom_model, tmp_path):
    model = from_pretrained(newsroom_model)
    model.encoder = Counting(model.encoder)
    with pytest.raises(ModelError, match=r"encoder bert: its ONNX graph differs .* by \d"):
        export_onnx(Extractor(model), tmp_path / "onnx")
    assert not (tmp_path / "onnx").exists()


class Foreign(Counting):
    """An encoder that computes what ONNX has no word for."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> object:
        output = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        output.last_hidden_state = torch.special.i1(output.last_hidden_state)
        return output


def test_an_encoder_that_onnx_cannot_express_is_refused(newsroom_model, tmp_path):
    model = from_pretrained(newsroom_model)
    model.encoder = Foreign(model.encoder)
    with pytest.raises(ModelError, match=r"cannot be written as an ONNX graph: .*special_i1"):
        export_onnx(Extractor(model), tmp_path / "onnx")


def test_only_models_of_torch_in_fp32_are_exported(newsroom_model, exported, tmp_path):
    with pytest.raises(ModelError, match=r"device='cpu' and precision='fp32' to export"):
        export_onnx(Extractor.load(newsroom_model, "cpu", "bf16"), tmp_path / "onnx")
    with pytest.raises(ModelError, match=r"in ONNX already: copy its folder"):
        export_onnx(exported, tmp_path / "onnx")


@pytest.mark.parametrize("settings", [{"device": "cuda"}, {"precision": "bf16"}])
def test_graphs_run_on_the_cpu_in_fp32_alone(folder, settings):
    with pytest.raises(ModelError, match=r"(ONNX graphs, which run on the CPU|device 'cuda')"):
        Extractor.load(folder, **settings)


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-40])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove("config.json"), r"config\.json is missing"),
        (remove("tokenizer.json"), r"tokenizer\.json is missing"),
        (remove("relations.onnx"), r"relations\.onnx is missing; .* or the \.onnx files and"),
        (remove("transitions.json"), r"transitions\.json is missing"),
        (cut("transitions.json"), r"transitions\.json is damaged \(.*\); copy it again"),
        (cut("encoder.onnx"), r"encoder\.onnx is damaged \(.*\); copy it again"),
    ],
)
def test_a_damaged_folder_says_what_is_wrong(folder, tmp_path, damage, message):
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    damage(damaged)
    with pytest.raises(ModelError, match=message):
        Extractor.load(damaged)


@pytest.mark.parametrize("library", ["onnx", "onnxruntime"])
def test_a_missing_library_is_named(newsroom, tmp_path, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)  # as if it were not installed
    with pytest.raises(ConfigError, match=rf"ONNX needs {library}: pip install 'khabar\[onnx\]'"):
        export_onnx(newsroom, tmp_path / "onnx")


def test_reading_graphs_needs_onnxruntime_alone(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert Extractor.load(folder)("سامي الحداد زار شركة النسيم أمس .").entities
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ConfigError, match=r"ONNX graphs needs onnxruntime: pip install"):
        Extractor.load(folder)
