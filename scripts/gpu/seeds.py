"""Mean and spread of a figure over the seeds that ``train_seeds.sh`` trained.

Reads ``seed-*/best/dev.json`` and, where there are such, ``seed-*/test.json``. Prints a line for
each part and figure, and writes all as ``seeds.json``. Runs as ``python seeds.py FOLDER``.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

PARTS = {"dev": "best/dev.json", "test": "test.json"}


def strict_f1(report: Path) -> dict[str, float]:
    """Return the strict F1 of entities and, where there are any, of relations."""
    plain: dict[str, Any] = json.loads(report.read_bytes())
    kinds = [kind for kind in ("entities", "relations") if plain[kind]]
    return {kind: plain[kind]["strict"]["micro"]["f1"] for kind in kinds}


def summary(folder: Path) -> list[dict[str, Any]]:
    """Return every part's figures with their mean, and their standard deviation over seeds."""
    rows = []
    for part, name in PARTS.items():
        found = {run.name: run / name for run in sorted(folder.glob("seed-*"))}
        scores = {run: strict_f1(path) for run, path in found.items() if path.is_file()}
        for figure in next(iter(scores.values()), {}):
            values = {run: own[figure] for run, own in scores.items()}
            rows.append({"part": part, "figure": f"{figure} strict F1", **_spread(values)})
    return rows


def _spread(values: dict[str, float]) -> dict[str, Any]:
    """Return mean and standard deviation (of a sample; None of a single one) of runs' values."""
    numbers = list(values.values())
    deviation = statistics.stdev(numbers) if len(numbers) > 1 else None
    return {"mean": statistics.mean(numbers), "deviation": deviation, "runs": values}


def main(folder: Path) -> None:
    """Print the summary of a folder and write it there."""
    rows = summary(folder)
    for row in rows:
        spread = "" if row["deviation"] is None else f" ± {row['deviation']:.2%}"
        runs = len(row["runs"])
        sys.stdout.write(f"{row['part']} {row['figure']}: {row['mean']:.2%}{spread} ({runs})\n")
    (folder / "seeds.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
