"""Learning curves: what the log of a run says about how the training went.

Enters: ``log.jsonl`` of a run. Leaves: ``LearningCurves``. Knows no model.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TypeAlias

import msgspec

from khabar.data.errors import FormatError

Curve: TypeAlias = list[tuple[int, float]]
"""Steps and values, in the order of the log."""

_DEV = "dev_"
_LOSS = "_loss"


class LearningCurves(msgspec.Struct, frozen=True, kw_only=True):
    """What was logged while training."""

    losses: dict[str, Curve]
    """Of single steps: ``tag_loss``, ``relation_loss``."""
    dev: dict[str, Curve]
    """Figures on the dev part, such as ``dev_entities_strict_f1``."""


def find_log(model: Path) -> Path | None:
    """Return the log of the run that a model folder lies in, or None where it lies in none."""
    log = model.resolve().parent / "log.jsonl"
    return log if log.is_file() else None


def read_learning_curves(log: Path) -> LearningCurves:
    """Read the log of a run.

    Raises:
        FormatError: a line that is no JSON object with a ``step``.
    """
    losses: defaultdict[str, Curve] = defaultdict(list)
    dev: defaultdict[str, Curve] = defaultdict(list)
    for number, line in enumerate(log.read_bytes().splitlines(), start=1):
        try:
            values = msgspec.json.decode(line, type=dict[str, float | str])
            step = int(values["step"])
        except (msgspec.DecodeError, KeyError, ValueError) as error:
            raise FormatError(
                f"{log}:{number}: no line of a training log ({error}); give a run's log.jsonl"
            ) from error
        for name, value in values.items():
            curves = dev if name.startswith(_DEV) else losses if name.endswith(_LOSS) else None
            if curves is not None and isinstance(value, float | int):
                curves[name].append((step, float(value)))
    return LearningCurves(losses=dict(losses), dev=dict(dev))
