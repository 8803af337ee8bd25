"""Checkpoints of a small run, and those that are refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch
from accelerate import Accelerator
from torch import nn

from khabar.data.errors import ConfigError
from khabar.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from khabar.train.config import OptimizerConfig
from khabar.train.optimizer import MasterAdamW, set_learning_rates


def optimizer_of(seed: int) -> MasterAdamW:
    torch.manual_seed(seed)
    return MasterAdamW(nn.Linear(3, 2), OptimizerConfig())


def save(folder: Path) -> tuple[MasterAdamW, torch.Tensor]:
    """Save after one step, and return the random numbers that come next."""
    optimizer = optimizer_of(1)
    set_learning_rates(optimizer, 1)
    optimizer.weights[0].sum().backward()
    optimizer.step()
    save_checkpoint(folder, Accelerator(), optimizer, Progress(step=7, best=0.5, fingerprint="f"))
    return optimizer, torch.rand(4)


def test_everything_comes_back(tmp_path):
    saved, expected = save(tmp_path / "checkpoint")
    fresh = optimizer_of(2)
    progress = load_checkpoint(tmp_path / "checkpoint", Accelerator(), fresh, "f")
    assert progress == Progress(step=7, best=0.5, fingerprint="f")
    assert torch.equal(torch.rand(4), expected)
    for name, tensor in saved.tensors().items():
        assert torch.equal(fresh.tensors()[name], tensor), name
    assert torch.equal(fresh.weights[0], saved.weights[0])


def test_nothing_in_a_checkpoint_is_pickled(tmp_path):
    save(tmp_path / "checkpoint")
    names = {path.name for path in (tmp_path / "checkpoint").iterdir()}
    assert names == {"state.json", "optimizer.safetensors", "random-0.safetensors"}


def test_without_a_checkpoint_a_run_starts_anew(tmp_path):
    progress = load_checkpoint(tmp_path / "none", Accelerator(), optimizer_of(1), "f")
    assert progress == Progress(fingerprint="f")


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    save(tmp_path / "checkpoint")
    message = r"checkpoint: .* another configuration or of other data; give another `output`"
    with pytest.raises(ConfigError, match=message):
        load_checkpoint(tmp_path / "checkpoint", Accelerator(), optimizer_of(1), "g")


def test_a_checkpoint_of_another_number_of_processes_is_refused(tmp_path):
    save(tmp_path / "checkpoint")
    state = tmp_path / "checkpoint" / "random-0.safetensors"
    (tmp_path / "checkpoint" / "random-1.safetensors").write_bytes(state.read_bytes())
    with pytest.raises(ConfigError, match=r"saved by 2 processes, now there are 1; resume with"):
        load_checkpoint(tmp_path / "checkpoint", Accelerator(), optimizer_of(1), "f")


def test_a_kill_between_the_renames_leaves_the_old_checkpoint(tmp_path):
    save(tmp_path / "checkpoint")
    (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.old")
    progress = load_checkpoint(tmp_path / "checkpoint", Accelerator(), optimizer_of(1), "f")
    assert progress.step == 7


def test_saving_again_replaces_the_checkpoint(tmp_path):
    optimizer, _ = save(tmp_path / "checkpoint")
    later = Progress(step=9, fingerprint="f")
    save_checkpoint(tmp_path / "checkpoint", Accelerator(), optimizer, later)
    state = (tmp_path / "checkpoint" / "state.json").read_bytes()
    assert msgspec.json.decode(state, type=Progress) == later
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint"]
