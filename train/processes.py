"""Joining the processes of a run: one, or as many as ``accelerate`` or ``torchrun`` launched."""

from __future__ import annotations

from datetime import timedelta

import torch
from accelerate import Accelerator
from accelerate.utils import InitProcessGroupKwargs

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
