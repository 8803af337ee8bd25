"""Two processes for real: the same run as one process makes, shared between two."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from khabar.data.errors import ConfigError
from khabar.train.loop import run_training
from tests.newsroom import articles, run_config, write_corpus
from tests.train.test_loop import log_of, losses, write_config


def test_two_processes_train_as_one_does_at_the_same_total_batch(tmp_path, steady_encoder):
    """Steps of five windows: one of the six places in two processes stays blank."""
    write_corpus(tmp_path / "train.jsonl", articles(23, seed=5, sentences=4))
    dev = [{"path": write_corpus(tmp_path / "dev.jsonl", articles(4, seed=2))}]
    train = {"batch_windows": 5, "micro_windows": 2, "relation_mistakes": False}
    optimizer = {"encoder_lr": 1e-3, "head_lr": 2e-3}
    one, two = (
        run_config(
            tmp_path, steady_encoder, output=str(tmp_path / name), dev=dev, train=train,
            optimizer=optimizer,
        )
        for name in ("one", "two")
    )  # fmt: skip
    run_training(one)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc_per_node=2", "-m", "khabar.train", write_config(tmp_path, two)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    states = {path.name for path in (tmp_path / "two" / "checkpoint").glob("random-*")}
    assert states == {"random-0.safetensors", "random-1.safetensors"}
    alone, shared = losses(one), losses(two)
    assert len(alone) == len(shared) > 8
    for own, other in zip(alone, shared, strict=True):
        assert other == pytest.approx(own, rel=2e-3)
    assert log_of(two)[-1]["dev_score"] == pytest.approx(log_of(one)[-1]["dev_score"], abs=0.1)
    weights = [load_file(Path(run.output) / "best" / "model.safetensors") for run in (one, two)]
    for name, weight in weights[0].items():
        assert (weights[1][name].float() - weight.float()).abs().max() < 0.01, name

    with pytest.raises(ConfigError, match=r"saved by 2 processes, now there are 1; resume with"):
        run_training(two)
