"""Model folders: complete by themselves, and every damage said in one sentence."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file

from khabar.data.errors import ModelError
from khabar.model.extractor import Extractor
from khabar.model.storage import from_pretrained, is_model_folder, model_folder, save_pretrained
from tests.newsroom import articles, untrained

TEXTS = [document.text for document in articles(6, seed=11)]


def test_a_saved_model_has_the_same_weights_but_for_fp16_rounding(tmp_path, tiny_encoder):
    model = untrained(tmp_path, tiny_encoder)
    save_pretrained(model, tmp_path / "saved", card="# card\n", extra={"note.txt": b"n"})
    loaded = from_pretrained(tmp_path / "saved")
    own, other = model.state_dict(), loaded.state_dict()
    assert own.keys() == other.keys()
    for name, weight in own.items():
        assert torch.equal(other[name], weight.half().float()), name
    assert msgspec.json.encode(loaded.config) == msgspec.json.encode(model.config)
    assert str(tiny_encoder).encode() not in msgspec.json.encode(model.config)
    assert not loaded.training
    names = {path.name for path in (tmp_path / "saved").iterdir()}
    assert names == {"config.json", "model.safetensors", "tokenizer.json", "README.md", "note.txt"}


def test_a_model_saved_again_predicts_the_same(tmp_path, newsroom):
    save_pretrained(newsroom.model, tmp_path / "again", card="")
    again = Extractor.load(tmp_path / "again", device="cpu", precision="fp32")
    found = list(again.batch(TEXTS))
    assert found == list(newsroom.batch(TEXTS))
    assert any(document.relations for document in found)


def test_saving_over_a_model_replaces_it_whole(tmp_path, tiny_encoder):
    model = untrained(tmp_path, tiny_encoder)
    save_pretrained(model, tmp_path / "saved", card="", extra={"old.txt": b""})
    save_pretrained(model, tmp_path / "saved", card="")
    assert not (tmp_path / "saved" / "old.txt").exists()
    assert not list(tmp_path.glob("saved.*"))


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def cut(name: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


def lose_a_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["tagger.bias"]
    save_file(weights, folder / "model.safetensors")


def reshape_a_tensor(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights["tagger.bias"] = weights["tagger.bias"][:-1].clone()
    save_file(weights, folder / "model.safetensors")


def set_format(folder: Path) -> None:
    config = msgspec.json.decode((folder / "config.json").read_bytes())
    (folder / "config.json").write_bytes(msgspec.json.encode({**config, "khabar_format": 99}))


def take_an_encoder_s_config(folder: Path) -> None:
    (folder / "config.json").write_bytes(b'{"model_type": "bert", "hidden_size": 32}')


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove("config.json"), r"config\.json is missing; a model folder holds config\.json"),
        (remove("model.safetensors"), r"model\.safetensors is missing; a model folder holds"),
        (remove("tokenizer.json"), r"tokenizer\.json is missing; a model folder holds"),
        (cut("model.safetensors"), r"model\.safetensors is damaged \(.*\); copy it again"),
        (cut("tokenizer.json"), r"tokenizer\.json is damaged: .*; copy it again"),
        (cut("config.json"), r"config\.json is damaged: .*; copy it again"),
        (set_format, r"saved in format 99, .* reads format 1; upgrade Khabar"),
        (take_an_encoder_s_config, r"config\.json is not of a Khabar model; give a folder that"),
        (lose_a_tensor, r"weights do not fit config\.json: 1 tensors .* tagger\.bias first"),
        (reshape_a_tensor, r"weights do not fit config\.json: 1 tensors .* tagger\.bias first"),
    ],
)
def test_a_damaged_folder_says_what_is_wrong(tmp_path, tiny_khabar, damage, message):
    folder = tmp_path / "model"
    shutil.copytree(tiny_khabar, folder)
    damage(folder)
    with pytest.raises(ModelError, match=message) as caught:
        from_pretrained(folder)
    assert str(folder) in str(caught.value)


def test_a_name_that_is_no_folder_and_not_on_the_hub_is_refused(tmp_path):
    for name in ("no-one/nothing", str(tmp_path / "missing")):
        with pytest.raises(ModelError, match=r"no such folder, and the hub gave none.*bundled"):
            model_folder(name)


def test_a_model_folder_is_told_from_a_bare_encoder(tiny_khabar, tiny_encoder, tmp_path):
    assert is_model_folder(tiny_khabar)
    assert not is_model_folder(tiny_encoder)
    assert not is_model_folder(tmp_path)


def test_no_name_is_the_bundled_model():
    assert model_folder(None) == model_folder("bundled")
    assert model_folder(None).name == "bundled"
