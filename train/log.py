"""A run's log: one JSON line a step in ``log.jsonl``, and TensorBoard where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import msgspec
from accelerate.tracking import GeneralTracker, TensorBoardTracker

from khabar.data.atomic import write_atomically
from khabar.train.pretrain_setup import PretrainRun
from khabar.train.setup import Run

AnyRun = Run | PretrainRun
"""Both trainings keep the same log."""


def start_log(run: AnyRun) -> None:
    """Begin the log, or cut it back to the step from which the run goes on."""
    if not run.accelerator.is_main_process:
        return
    run.folder.mkdir(parents=True, exist_ok=True)
    path = run.folder / "log.jsonl"
    lines = path.read_bytes().splitlines(keepends=True) if path.is_file() else []
    # A last line without its end was cut by a kill.
    kept = [line for line in lines if line.endswith(b"\n") and _step(line) <= run.progress.step]
    write_atomically(path, lambda partial: partial.write_bytes(b"".join(kept)))
    config = msgspec.json.format(msgspec.json.encode(run.config))
    (run.folder / "config.json").write_bytes(config)
    with path.open("a", encoding="utf-8") as log:
        for note in run.notes if not kept else ():
            log.write(msgspec.json.encode({"step": 0, "note": note}).decode() + "\n")
    run.accelerator.trackers = _trackers(run)


def log_values(run: AnyRun, values: dict[str, float]) -> None:
    """Write one line of values for the step that was just done."""
    if not run.accelerator.is_main_process:
        return
    with (run.folder / "log.jsonl").open("ab") as log:
        log.write(msgspec.json.encode({"step": run.progress.step, **values}) + b"\n")
    run.accelerator.log(values, step=run.progress.step)


def _trackers(run: AnyRun) -> list[GeneralTracker]:
    if find_spec("tensorboard") is None:
        return []
    tracker = TensorBoardTracker("tensorboard", logging_dir=str(run.folder))
    tracker.start()
    return [tracker]


def _step(line: bytes) -> int:
    plain: dict[str, Any] = msgspec.json.decode(line)
    return int(plain["step"])
