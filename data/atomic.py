"""Atomic writes: a reader finds the old file or the new one, never a part of one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Write the file ``path`` by calling ``write`` with a neighbouring path, then renaming it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    write(partial)
    _flush(partial)
    partial.replace(path)
    _flush(path.parent)


def write_folder_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Write the folder ``path`` by calling ``write`` with an empty neighbour, then renaming it.

    A folder already there is set aside first and deleted last, so that a kill between the two
    renames leaves it under ``<name>.old``, from where ``recover_folder`` takes it back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, old = path.with_name(f"{path.name}.partial"), path.with_name(f"{path.name}.old")
    for leftover in (partial, old):
        if leftover.exists() and (leftover is partial or path.exists()):
            shutil.rmtree(leftover)
    partial.mkdir()
    write(partial)
    for entry in (partial, *partial.rglob("*")):  # folders too: they hold the files' names
        _flush(entry)
    if path.exists():
        path.replace(old)
    partial.replace(path)
    _flush(path.parent)
    if old.exists():
        shutil.rmtree(old)


def recover_folder(path: Path) -> None:
    """Bring back a folder that a kill left between the two renames of an atomic write."""
    old = path.with_name(f"{path.name}.old")
    if old.exists() and not path.exists():
        old.replace(path)


def _flush(path: Path) -> None:
    # Else the rename may reach the disk before the bytes.
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
