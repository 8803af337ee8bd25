"""``khabar calibrate`` as a user gives it; the model was really trained, on tiny articles."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from khabar.data.formats import read_documents
from khabar.model.config import ModelConfig, decode_config
from khabar.model.extractor import Extractor
from tests.front.conftest import Khabar
from tests.newsroom import articles, overlooked, trained, write_corpus


@pytest.fixture(scope="module")
def half_trained(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Path:
    """The folder of a model that is right at times; it has seen no dev part."""
    return trained(tmp_path_factory.mktemp("half"), tiny_encoder, count=60, epochs=4)


@pytest.fixture
def model(half_trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(half_trained, tmp_path / "model"))


@pytest.fixture
def dev(tmp_path: Path) -> str:
    documents = [overlooked(document) for document in articles(16, seed=2, sentences=6)]
    return write_corpus(tmp_path / "dev.jsonl", documents)


def config_of(folder: Path) -> ModelConfig:
    return decode_config((folder / "config.json").read_bytes(), origin="model")


def test_it_writes_temperatures_and_thresholds_and_says_what_they_are_worth(
    khabar: Khabar, model: Path, dev: str
):
    before = config_of(model)
    files = {path.name: path.read_bytes() for path in model.iterdir()}
    ran = khabar("calibrate", model, dev, "--precision", "fp32", "--device", "cpu")
    assert (ran.code, ran.err) == (0, "")
    after = config_of(model)
    assert after.entity_temperature != 1 != after.relation_temperature
    kinds = {
        "entity": ("temperature", "threshold"),
        "relation": ("temperature", "shift", "threshold"),
    }
    for kind, names in kinds.items():
        for name in names:
            was, now = (getattr(config, f"{kind}_{name}") for config in (before, after))
            assert f"{kind} {name}: {now:g} (was {was:g})\n" in ran.text
        assert f"{kind} strict" in ran.text
    assert ran.text.endswith(f"They are in {model / 'config.json'}\n")
    changed = {path.name for path in model.iterdir() if files.get(path.name) != path.read_bytes()}
    assert changed == {"config.json"}
    kept = {f"{kind}_{name}" for kind, names in kinds.items() for name in names}
    plain = [msgspec.to_builtins(config) for config in (before, after)]
    assert {name for name in plain[0] if plain[0][name] != plain[1][name]} <= kept


def test_a_second_time_changes_nothing(khabar: Khabar, model: Path, dev: str):
    khabar("calibrate", model, dev, "--precision", "fp32")
    once = config_of(model)
    assert khabar("calibrate", model, dev, "--precision", "fp32").code == 0
    assert config_of(model) == once


def test_an_export_of_a_calibrated_model_gives_its_scores(
    khabar: Khabar, model: Path, dev: str, tmp_path: Path
):
    assert khabar("calibrate", model, dev, "--precision", "fp32").code == 0
    assert khabar("export", model, tmp_path / "onnx").code == 0
    documents = list(read_documents(Path(dev)))
    own, other = (
        list(Extractor.load(folder, "cpu", "fp32").documents(documents))
        for folder in (model, tmp_path / "onnx")
    )
    for a, b in zip(own, other, strict=True):
        assert [e.score for e in a.entities] == pytest.approx(
            [e.score for e in b.entities], abs=1e-3
        )
        assert [r.score for r in a.relations] == pytest.approx(
            [r.score for r in b.relations], abs=1e-3
        )
    assert any(document.relations for document in own)


def test_an_export_can_be_calibrated_itself(khabar: Khabar, model: Path, dev: str, tmp_path: Path):
    assert khabar("export", model, tmp_path / "onnx").code == 0
    assert khabar("calibrate", tmp_path / "onnx", dev).code == 0
    assert khabar("calibrate", model, dev, "--precision", "fp32").code == 0
    found, own = config_of(tmp_path / "onnx"), config_of(model)
    assert found.entity_temperature == pytest.approx(own.entity_temperature, abs=0.01)
    assert found.relation_temperature == pytest.approx(own.relation_temperature, abs=0.01)
    assert found.relation_shift == pytest.approx(own.relation_shift, abs=0.01)


def test_the_bundled_model_is_not_changed_in_its_place(khabar: Khabar, dev: str):
    ran = khabar("calibrate", "bundled", dev)
    assert ran.code == 1
    assert ran.err == (
        "khabar: bundled: no such folder; calibrate the folder of a model, of the bundled one or "
        "one of a hub a copy: Extractor.load(NAME).save_pretrained(FOLDER)\n"
    )


def test_a_part_that_holds_nothing_leaves_the_model_as_it_was(
    khabar: Khabar, model: Path, dev: str
):
    before = (model / "config.json").read_bytes()
    ran = khabar("calibrate", model, dev, "--share", "0.5", "0.5")
    assert ran.code == 1
    assert ran.err.startswith("khabar: --share: ")
    assert (model / "config.json").read_bytes() == before
