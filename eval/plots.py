"""Plots, for people who would rather look. matplotlib (the extra ``plots``) loads on first use.

Enters: counts and scores. Leaves: image files.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from khabar.data.errors import ConfigError
from khabar.data.statistics import Statistics

_FORMATS = (".png", ".svg", ".pdf")
_INK = "#1f5673"


def plot_statistics(statistics: Statistics, path: Path, *, title: str) -> None:
    """Draw how often each type occurs and how long the documents are.

    Args:
        statistics: of a corpus.
        path: the image; its suffix says its format.
        title: over the plot.

    Raises:
        ConfigError: matplotlib is not installed, or no such format.
    """
    check_matplotlib()
    if path.suffix not in _FORMATS:
        raise ConfigError(f"{path}: name the plot as a {', '.join(_FORMATS)} file")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 9), layout="constrained")
    figure.suptitle(
        f"{title}: {statistics.documents:,} documents, {statistics.words:,} words, "
        f"{sum(statistics.entities.values()):,} entities, "
        f"{sum(statistics.relations.values()):,} relations"
    )
    entities, relations, lengths = figure.subplots(1, 3, width_ratios=(2, 3, 2))
    for axes, counts, name in (
        (entities, statistics.entities, "entities"),
        (relations, statistics.relations, "relations"),
    ):
        names = list(counts)[::-1]
        bars = axes.barh(names, [counts[n] for n in names], color=_INK)
        axes.bar_label(bars, padding=2, fontsize=7)
        axes.set_title(name)
        axes.tick_params(axis="y", labelsize=7)
        axes.margins(y=0.01)
    lengths.hist(statistics.document_words, bins=30, color=_INK)
    lengths.set_title("words of a document")
    figure.savefig(path, dpi=120)


def check_matplotlib() -> None:
    """Say what to install where matplotlib is missing. Raises: ConfigError."""
    if find_spec("matplotlib") is None:
        raise ConfigError("plots need matplotlib: pip install 'khabar[plots]'")
