"""The log of a run that goes on where it was killed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from khabar.train.log import log_values, start_log
from khabar.train.setup import Run, set_up
from tests.newsroom import article, run_config, sentence, write_corpus


@pytest.fixture
def run(tmp_path: Path, tiny_encoder: Path) -> Run:
    deep = article([sentence("PERS[ سامي PERS[ الحداد ] ]")])
    write_corpus(tmp_path / "train.jsonl", [deep] * 1)
    return set_up(run_config(tmp_path, tiny_encoder))


def lines(run: Run) -> list[dict[str, object]]:
    log = (run.folder / "log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in log.splitlines()]


def test_a_new_log_begins_with_what_was_mended_or_left_out(run):
    start_log(run)
    assert [line["step"] for line in lines(run)] == [0]
    assert "1 mentions have no row of tags" in lines(run)[0]["note"]


def test_a_resumed_log_is_cut_back_to_the_checkpoint(run):
    start_log(run)
    for step in (1, 2, 3):
        run.progress.step = step
        log_values(run, {"tag_loss": step / 2})
    with (run.folder / "log.jsonl").open("ab") as log:
        log.write(b'{"step": 1, "tag_l')  # killed while it wrote
    run.progress.step = 2
    start_log(run)
    assert lines(run)[1:] == [{"step": 1, "tag_loss": 0.5}, {"step": 2, "tag_loss": 1.0}]
    assert "note" in lines(run)[0]


def test_the_configuration_and_tensorboard_s_events_lie_beside_it(run):
    start_log(run)
    log_values(run, {"tag_loss": 1.0})
    run.accelerator.end_training()
    assert json.loads((run.folder / "config.json").read_bytes())["name"] == "newsroom"
    assert list(run.folder.glob("tensorboard/events.*"))
