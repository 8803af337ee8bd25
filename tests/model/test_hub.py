"""To a hub and back: what is uploaded is the model, whole, and nothing of whoever trained it."""

from __future__ import annotations

import shutil
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from huggingface_hub import ModelCard
from huggingface_hub.errors import HTTPError, RepositoryNotFoundError, Response

from khabar.data.errors import ModelError
from khabar.model import hub, storage
from khabar.model.extractor import Extractor
from khabar.model.onnx import export_onnx
from khabar.model.onnx_model import OnnxModel
from khabar.model.storage import from_pretrained

TEXT = "سامي الحداد يعمل في شركة النسيم ."


class LocalHub:
    """The hub at its boundary: repositories are folders, and both ends are the library's calls."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.private: dict[str, bool] = {}

    def create_repo(self, repo_id: str, *, private: bool, exist_ok: bool) -> SimpleNamespace:
        name = repo_id if "/" in repo_id else f"someone/{repo_id}"
        assert exist_ok
        (self.root / name).mkdir(parents=True, exist_ok=True)
        self.private.setdefault(name, private)
        return SimpleNamespace(repo_id=name)

    def upload_folder(
        self, *, repo_id: str, folder_path: Path, commit_message: str, delete_patterns: list[str]
    ) -> SimpleNamespace:
        assert commit_message
        repo = self.root / repo_id
        for path in repo.iterdir():
            if any(fnmatch(path.name, pattern) for pattern in delete_patterns):
                path.unlink()
        shutil.copytree(folder_path, repo, dirs_exist_ok=True)
        return SimpleNamespace(commit_url=f"https://hub.example/{repo_id}/commit/1")

    def snapshot_download(self, repo_id: str, *, revision: str | None) -> str:
        if revision not in (None, "main") or not (self.root / repo_id).is_dir():
            asked = SimpleNamespace(url="https://hub.example", method="GET", headers={})
            raise RepositoryNotFoundError("404", response=Response(404, request=asked))
        return str(self.root / repo_id)


@pytest.fixture
def local_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalHub:
    local = LocalHub(tmp_path / "hub")
    monkeypatch.setattr(hub, "HfApi", lambda: local)
    monkeypatch.setattr(storage, "snapshot_download", local.snapshot_download)
    return local


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_an_uploaded_model_loads_by_its_name_and_finds_the_same(newsroom, local_hub):
    address = newsroom.push_to_hub("someone/newsroom")
    assert address == "https://hub.example/someone/newsroom/commit/1"
    loaded = Extractor.load("someone/newsroom", device="cpu", precision="fp32")
    assert loaded(TEXT) == newsroom(TEXT)
    assert loaded.identity() == newsroom.identity()
    assert loaded(TEXT).relations


def test_a_repository_is_private_unless_one_says_otherwise(newsroom, local_hub):
    newsroom.push_to_hub("newsroom")
    newsroom.push_to_hub("someone/shown", private=False)
    assert local_hub.private == {"someone/newsroom": True, "someone/shown": False}


def test_a_revision_that_the_hub_lacks_is_refused(newsroom, local_hub):
    newsroom.push_to_hub("newsroom")
    assert Extractor.load("someone/newsroom", revision="main")(TEXT).entities
    with pytest.raises(ModelError, match=r"someone/newsroom: no such folder, and the hub gave"):
        Extractor.load("someone/newsroom", revision="v9")


def test_the_card_and_the_papers_go_along_without_the_folders_of_whoever_trained(
    newsroom, newsroom_model, local_hub
):
    newsroom.push_to_hub("newsroom")
    repo = local_hub.root / "someone/newsroom"
    card = ModelCard.load(repo / "README.md", ignore_metadata_errors=False)
    assert card.data.library_name == "khabar"
    assert files(repo).keys() == files(newsroom_model).keys()
    told = msgspec.json.decode((repo / "training.json").read_bytes())
    assert told["config"]["corpora"][0]["path"] == "train.jsonl"
    assert str(newsroom_model.parent) not in (repo / "training.json").read_text() + card.content
    for name in files(newsroom_model):
        assert (repo / name).read_bytes() == (newsroom_model / name).read_bytes()


def test_only_a_model_s_own_files_go_out(tmp_path, newsroom_model, local_hub):
    folder = shutil.copytree(newsroom_model, tmp_path / "model")
    (folder / "notes.txt").write_text("mine")
    (folder / "checkpoint").mkdir()
    extractor = Extractor.load(folder)
    extractor.push_to_hub("newsroom")
    extractor.save_pretrained(tmp_path / "copy")
    names = files(newsroom_model).keys()
    assert files(local_hub.root / "someone/newsroom").keys() == files(tmp_path / "copy").keys()
    assert files(tmp_path / "copy").keys() == names


def test_graphs_take_the_place_of_weights(tmp_path, newsroom, local_hub):
    newsroom.push_to_hub("newsroom")
    export_onnx(newsroom, tmp_path / "onnx")
    Extractor.load(tmp_path / "onnx").push_to_hub("newsroom")
    loaded = Extractor.load("someone/newsroom")
    assert isinstance(loaded.model, OnnxModel)
    assert not (local_hub.root / "someone/newsroom/model.safetensors").exists()


def test_a_saved_copy_is_equal_to_the_byte_at_any_precision(tmp_path, newsroom_model):
    rounded = Extractor.load(newsroom_model, device="cpu", precision="bf16")
    rounded.save_pretrained(tmp_path / "copy")
    assert files(tmp_path / "copy") == files(newsroom_model)
    again = Extractor.load(tmp_path / "copy", device="cpu", precision="bf16")
    again.save_pretrained(tmp_path / "copy")  # over itself
    assert files(tmp_path / "copy") == files(newsroom_model)


def test_the_bundled_model_can_be_saved(tmp_path):
    bundled = Extractor.load()
    bundled.save_pretrained(tmp_path / "bundled")
    assert Extractor.load(tmp_path / "bundled").identity() == bundled.identity()


def test_a_model_made_in_memory_has_nothing_to_copy(newsroom_model, tmp_path):
    extractor = Extractor(from_pretrained(newsroom_model))
    for act in (extractor.save_pretrained, extractor.push_to_hub):
        with pytest.raises(ModelError, match=r"made in memory: write it with .*save_pretrained"):
            act(str(tmp_path / "nothing"))


def test_a_hub_that_cannot_be_reached_is_told_in_one_sentence(newsroom):
    """The library itself refuses here: the tests run with HF_HUB_OFFLINE."""
    with pytest.raises(ModelError, match=r"uploaded as a/b \(Offline.*log in with `hf auth login`"):
        newsroom.push_to_hub("a/b")


@pytest.mark.parametrize("error", [HTTPError("no route"), ValueError("bad name")])
def test_other_refusals_are_told_too(newsroom, local_hub, monkeypatch, error):
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(local_hub, "create_repo", refuse)
    with pytest.raises(ModelError, match=rf"uploaded as a/b \({type(error).__name__}: {error}\)"):
        newsroom.push_to_hub("a/b")
