"""Checkpoints: everything a run needs to go on as if it had never stopped.

A checkpoint is a folder, written beside the old one and put in its place by a rename:
``state.json`` (step, scores), ``optimizer.safetensors`` (masters and moments), and one
``random-RANK.safetensors`` a process. Nothing is pickled.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list, gather_object
from safetensors.torch import load_file, save_file
from torch import Tensor

from khabar.data.atomic import recover_folder, write_folder_atomically
from khabar.data.errors import ConfigError
from khabar.train.optimizer import MasterAdamW


class Progress(msgspec.Struct, kw_only=True):
    """How far a run has come."""

    step: int = 0
    """Optimizer steps done."""
    best: float = -1.0
    """Best score on the dev part so far; below zero before the first evaluation."""
    stale: int = 0
    """Evaluations since then."""
    stopped: bool = False
    """Whether the run ended early, for want of a better score."""
    fingerprint: str = ""
    """Of the configuration and the data, so that a run is not continued with others."""


def save_checkpoint(
    folder: Path, accelerator: Accelerator, optimizer: MasterAdamW, progress: Progress
) -> None:
    """Write the run's state; every process must call this."""
    random = gather_object([_random_state(accelerator.device)])
    if accelerator.is_main_process:

        def write(partial: Path) -> None:
            save_file(optimizer.tensors(), partial / "optimizer.safetensors")
            for rank, state in enumerate(random):
                save_file(state, partial / f"random-{rank}.safetensors")
            (partial / "state.json").write_bytes(msgspec.json.encode(progress))

        write_folder_atomically(folder, write)
    accelerator.wait_for_everyone()


def load_checkpoint(
    folder: Path, accelerator: Accelerator, optimizer: MasterAdamW, fingerprint: str
) -> Progress:
    """Bring back the run's state, or return a fresh one when nothing was saved.

    Raises:
        ConfigError: the checkpoint is of another configuration, other data, or another number of
            processes.
    """
    if accelerator.is_main_process:
        recover_folder(folder)
    accelerator.wait_for_everyone()
    if not (folder / "state.json").is_file():
        return Progress(fingerprint=fingerprint)
    progress = msgspec.json.decode((folder / "state.json").read_bytes(), type=Progress)
    if progress.fingerprint != fingerprint:
        raise ConfigError(
            f"{folder}: the checkpoint there is of another configuration or of other data; give "
            f"another `output`, or delete the folder to start anew"
        )
    random = folder / f"random-{accelerator.process_index}.safetensors"
    saved = len(list(folder.glob("random-*.safetensors")))
    if saved != accelerator.num_processes:
        raise ConfigError(
            f"{folder}: saved by {saved} processes, now there are {accelerator.num_processes}; "
            f"resume with as many"
        )
    optimizer.load_tensors(load_file(folder / "optimizer.safetensors", str(accelerator.device)))
    _set_random_state(load_file(random), accelerator.device)
    return progress


def agree(value: float) -> float:
    """Return the main process's value in every process."""
    values = [value]
    broadcast_object_list(values)
    return values[0]


def _random_state(device: torch.device) -> dict[str, Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def _set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
