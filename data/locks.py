"""Locks: one process at a time writes to a folder.

Enters: a folder. Leaves: an error for the second process, at once. The system itself lets go of a
lock when its process ends, however it ends: nothing is stale after a kill.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from khabar.data.errors import ConfigError

LOCK = ".lock"
"""The file that is locked; it stays in the folder."""


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other processes that ask for it from writing to a folder, which is made if need be.

    Raises:
        ConfigError: another process is writing to it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ConfigError(
            f"{folder}: another process is writing to this folder; wait until it has ended, or "
            f"give another output"
        ) from error
    try:
        yield
    finally:
        lock.release()
