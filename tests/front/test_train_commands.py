"""``khabar train`` and ``khabar pretrain`` as a user gives them: real runs of a step or two."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar.cli import main, train_command
from tests.front.conftest import Khabar
from tests.rawnews import raw_texts, write_raw


@pytest.fixture
def run_file(tiny_encoder: Path, gold: Path, tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(
        f"name: small\n"
        f"output: {tmp_path / 'run'}\n"
        f"encoder: {tiny_encoder}\n"
        f"corpora: [{{path: {gold}}}]\n"
        f"dev: [{{path: {gold}}}]\n"
        f"train: {{epochs: 1}}\n",
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("entry", [main, train_command])
def test_train_shows_the_dev_scores_and_where_the_model_is(
    entry: object, khabar: Khabar, run_file: Path, tmp_path: Path
):
    arguments = [run_file, "--set", "name=other", "--set", "train.micro_windows=1"]
    ran = khabar(*(["train"] if entry is main else []), *arguments, entry=entry)
    assert ran.code == 0, ran.err
    assert "entity strict, all layers" in ran.text
    best = tmp_path / "run" / "best"
    assert ran.text.endswith(f"The model is in {best}\n")
    assert b'"name": "other"' in (best / "config.json").read_bytes()


def test_train_names_a_wrong_key(khabar: Khabar, run_file: Path):
    ran = khabar(run_file, "--set", "train.epoch=3", entry=train_command)
    assert ran.code == 1
    assert "unknown field `epoch` - at `$.train`" in ran.err
    assert ran.err.count("\n") == 1


def test_a_process_that_is_not_the_first_writes_nothing(
    khabar: Khabar, run_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RANK", "1")
    assert khabar(run_file, entry=train_command).out == b""


def test_pretrain_shows_what_the_held_out_articles_say(
    khabar: Khabar, tiny_encoder: Path, tmp_path: Path
):
    raw = write_raw(tmp_path / "raw.jsonl", raw_texts(40))
    settings = {
        "corpora.0.path": raw,
        "init": tiny_encoder,
        "output": tmp_path / "run",
        "cache": tmp_path / "cache",
        "held_out": 0.2,
        "optimizer.warmup_steps": 1,
        "train.steps": 2,
        "train.sequence_pieces": 32,
        "train.batch_sequences": 2,
        "train.micro_sequences": 1,
    }
    overrides = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    ran = khabar("pretrain", "pretrain", *overrides)
    assert ran.code == 0, ran.err
    assert "articles held out" in ran.text
