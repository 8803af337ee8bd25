"""What is told of a run's files: their names and digests, and no folder."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from khabar.data.digests import sha256_of
from khabar.data.embedded import corpus_path
from khabar.data.formats import write_documents
from khabar.train.config import CorpusConfig, load_run_config
from khabar.train.origin import encoder_name, named_pretraining, named_run, origin_digests
from khabar.train.pretrain_config import load_pretrain_config
from tests.newsroom import articles, run_config


@pytest.mark.parametrize("name", ["bundled", "random:bert", "aubmindlab/bert-base-arabertv02"])
def test_an_encoder_that_is_no_folder_keeps_its_whole_name(name):
    assert encoder_name(name) == name


def test_an_encoder_s_folder_is_told_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "mine" / "encoder").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert encoder_name("mine/encoder") == "encoder"
    assert encoder_name(f"random:{tmp_path / 'mine' / 'encoder'}") == "random:encoder"
    assert encoder_name("/mnt/gone") == "gone"


def test_a_named_run_is_the_run_without_a_folder(tmp_path, tiny_encoder):
    config = run_config(tmp_path, tiny_encoder, dev=[{"path": "bundled:dev", "join": 2}])
    named = named_run(config)
    assert "/" not in msgspec.json.encode(named).decode()
    paths = {"output": "run", "label_schema": "newsroom.yaml", "encoder": tiny_encoder.name}
    corpora = (msgspec.structs.replace(config.corpora[0], path="train.jsonl"),)
    assert named == msgspec.structs.replace(config, **paths, corpora=corpora)


def test_a_named_shipped_run_is_as_it_was():
    config = load_run_config("quickstart")
    assert named_run(config) == msgspec.structs.replace(config, output=Path(config.output).name)


def test_a_named_pretraining_is_the_run_without_a_folder(tmp_path):
    overrides = [f"corpora.0.path={tmp_path}/raw/*.jsonl", f"output={tmp_path}/run", "init=/e/my"]
    config = load_pretrain_config("pretrain", [*overrides, f"cache={tmp_path}/cache"])
    named = named_pretraining(config)
    assert (named.corpora[0].path, named.output, named.init) == ("*.jsonl", "run", "my")
    assert str(tmp_path) not in msgspec.json.encode(named).decode()
    assert named.train == config.train


def test_digests_are_those_that_sha256sum_gives(tmp_path, tiny_encoder):
    write_documents(tmp_path / "brat", articles(2, seed=2), format="brat")
    dev = [{"path": "bundled:dev"}, {"path": str(tmp_path / "brat")}]
    config = run_config(tmp_path, tiny_encoder, dev=dev)
    assert origin_digests(config) == {
        "corpora.0.path": hashlib.sha256((tmp_path / "train.jsonl").read_bytes()).hexdigest(),
        "dev.0.path": hashlib.sha256(corpus_path("bundled:dev").read_bytes()).hexdigest(),
        "dev.1.path": sha256_of(tmp_path / "brat"),
        "encoder": sha256_of(tiny_encoder),
    }


def test_an_encoder_of_the_hub_has_no_digest(tmp_path):
    config = run_config(tmp_path, "aubmindlab/bert-base-arabertv02")
    assert origin_digests(config).keys() == {"corpora.0.path"}
    assert "encoder" not in origin_digests(run_config(tmp_path, "bundled"))


def test_of_a_folder_only_what_is_read_counts(tmp_path, tiny_encoder):
    folder = tmp_path / "corpus"
    write_documents(folder / "a.inline", articles(1, seed=2))
    config = run_config(tmp_path, tiny_encoder, corpora=[CorpusConfig(path=str(folder))])
    found = [origin_digests(config)["corpora.0.path"]]
    (folder / "README.md").write_text("notes")
    found.append(origin_digests(config)["corpora.0.path"])
    (folder / "a.inline").rename(folder / "b.inline")
    found.append(origin_digests(config)["corpora.0.path"])
    assert found[0] == found[1] != found[2]
