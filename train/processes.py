"""Joining the processes of a run: one, or as many as ``accelerate`` or ``torchrun`` launched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs

from khabar.data.locks import only_writer

_LONGEST_WAIT = timedelta(days=1)
"""For the main process, while it reads corpora or scores a dev part."""


def join_processes() -> Accelerator:
    """Return this process's Accelerator; every process of a run must call this."""
    return Accelerator(
        # Unless told so, Accelerate 1.15 takes processes on CPUs for as many runs of one process.
        cpu=not torch.accelerator.is_available(),
        mixed_precision="no",  # its own is autocast; see optimizer.py for ours
        kwargs_handlers=[InitProcessGroupKwargs(timeout=_LONGEST_WAIT)],
    )


def part_processes(accelerator: Accelerator) -> None:
    """End a run's trackers and its group of processes; what was prepared must be let go before.

    A wrapper for several processes must not be the last to hold their group: its end waits for the
    group's threads and keeps Python's lock, which they may want (torch 2.13 then hangs, seldom).
    """
    accelerator.free_memory()
    accelerator.end_training()


@contextmanager
def only_run_in(folder: str) -> Iterator[None]:
    """Keep other runs out of a run's folder; every process of the run must call this.

    Raises:
        ConfigError: in the main process, another run is writing to the folder.
    """
    if join_processes().is_main_process:
        with only_writer(Path(folder)):
            yield
    else:
        yield
