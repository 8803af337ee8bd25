"""Figures of a report, as SVG that goes into a page. matplotlib (the extra ``plots``) loads here.

Enters: an ``Analysis``. Leaves: SVG by the names that ``report_sections`` gives. Text stays text,
so that a page can be searched; the same analysis gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from khabar.eval.analysis import Analysis
from khabar.eval.bootstrap import Interval, ScoreIntervals
from khabar.eval.calibration import Calibration
from khabar.eval.confusion import Confusion
from khabar.eval.learning import Curve
from khabar.eval.plots import check_matplotlib
from khabar.eval.report import Figures, Score
from khabar.eval.sections import report_sections

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _WARM, _PALE = "#1f5673", "#c8553d", "#dfe8ec"
_SMOOTHED_SHARE = 0.02
"""Of all steps, that the running mean of a loss goes over."""
_WIDTH = 10.0
"""Inches of a figure that has a row of the page for itself; others have half."""


def draw_figures(analysis: Analysis) -> dict[str, str]:
    """Draw everything that a report shows.

    Returns:
        SVG elements by the names of the figures.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    check_matplotlib()
    import matplotlib

    wanted = {name for section in report_sections(analysis) for name in section.figures}
    drawn: dict[str, str] = {}
    for name, size, draw in _plans(analysis):
        if name not in wanted:
            continue
        with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 9}):
            drawn[name] = _draw(size, draw)
    return drawn


_Plan = tuple[str, tuple[float, float], Callable[["Axes"], None]]
"""A figure's name, its width and height in inches, and what draws it."""


def _plans(analysis: Analysis) -> Iterator[_Plan]:
    scored = list(analysis.scored())
    metrics = [pair for pair in scored if pair[0] not in analysis.breakdowns]
    yield "metrics", _size(len(metrics)), lambda axes: _draw_metrics(axes, metrics)
    for score, intervals in metrics:
        yield f"types: {score.metric}", _size(len(score.types)), _types_of(score, intervals)
    for score, intervals in scored[len(metrics) :]:
        yield f"groups: {score.metric}", (4.4, 2.9), _groups_of(score, intervals)
    yield from _familiarity(scored)
    count = len(analysis.confusion.rows)
    side = 1.6 + 0.3 * count
    yield "confusion", (side + 0.4, side), lambda axes: _draw_confusion(axes, analysis.confusion)
    for calibration in (analysis.entity_calibration, analysis.relation_calibration):
        if calibration:
            yield f"calibration: {calibration.metric}", (3.6, 3.4), _reliability_of(calibration)
    if analysis.learning:
        losses, dev = analysis.learning.losses, analysis.learning.dev
        yield "losses", (4.6, 3.0), lambda axes: _draw_losses(axes, losses)
        yield "dev", (4.6, 3.0), lambda axes: _draw_dev(axes, dev)


def _size(rows: int) -> tuple[float, float]:
    return _WIDTH, 0.7 + 0.24 * max(rows, 1)


def _draw(size: tuple[float, float], draw: Callable[[Axes], None]) -> str:
    from matplotlib.figure import Figure

    figure: Figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    draw(axes)
    written = StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    svg = written.getvalue()
    return re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)


def _draw_metrics(axes: Axes, scored: Sequence[tuple[Score, ScoreIntervals]]) -> None:
    rows = range(len(scored))
    for row, (score, intervals) in zip(rows, scored, strict=True):
        _dot(axes, row, score.micro, intervals.f1)
    axes.set_yticks(rows, [score.metric for score, _ in scored])
    _finish_dots(axes)


def _types_of(score: Score, intervals: ScoreIntervals) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        for row, (type, figures) in enumerate(score.types.items()):
            _dot(axes, row, figures, intervals.types[type])
        labels = [f"{type} ({figures.gold})" for type, figures in score.types.items()]
        axes.set_yticks(range(len(labels)), labels)
        axes.axvline(100 * score.micro.f1, color=_INK, linewidth=0.8, linestyle=":")
        axes.set_title(f"{score.metric}: F1 by type (gold cases)", fontsize=9, loc="left")
        _finish_dots(axes)

    return draw


def _dot(axes: Axes, row: float, figures: Figures, interval: Interval, colour: str = _INK) -> None:
    ends = [100 * interval.low, 100 * interval.high]
    axes.plot(ends, [row, row], color=colour, linewidth=1.6, alpha=0.55)
    face = "white" if figures.few else colour
    axes.plot(100 * figures.f1, row, "o", color=colour, markerfacecolor=face, markersize=5)
    axes.text(101.5, row, f"{100 * figures.f1:.1f}", va="center", fontsize=8, color=colour)


def _finish_dots(axes: Axes) -> None:
    axes.invert_yaxis()
    axes.margins(y=0.03)
    axes.set_xlim(0, 100)
    axes.set_xlabel("F1, percent, with the 95 % interval")
    axes.grid(axis="x", color=_PALE)
    axes.set_axisbelow(True)


def _groups_of(score: Score, intervals: ScoreIntervals) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        names = list(score.types)
        rows = np.arange(len(names))
        f1 = np.array([100 * score.types[name].f1 for name in names])
        ends = np.array(
            [[100 * intervals.types[n].low, 100 * intervals.types[n].high] for n in names]
        ).reshape(-1, 2)
        errors = np.abs(ends.T - f1)
        axes.barh(rows, f1, color=_PALE, edgecolor=_INK, linewidth=0.8, height=0.7)
        axes.errorbar(f1, rows, xerr=errors, fmt="none", ecolor=_INK, elinewidth=1.4)
        labels = [f"{name} ({score.types[name].gold})" for name in names]
        axes.set_yticks(rows, labels)
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_title(score.metric, fontsize=9, loc="left")
        axes.set_xlabel("F1, percent (gold cases)")

    return draw


def _familiarity(scored: Sequence[tuple[Score, ScoreIntervals]]) -> Iterator[_Plan]:
    by_name = {score.metric: (score, intervals) for score, intervals in scored}
    seen = by_name.get("entity strict, seen in training")
    unseen = by_name.get("entity strict, never seen in training")
    if seen is None or unseen is None:
        return
    types = list(dict.fromkeys((*seen[0].types, *unseen[0].types)))

    def draw(axes: Axes) -> None:
        for (score, intervals), colour, shift in ((seen, _INK, -0.16), (unseen, _WARM, 0.16)):
            for row, type in enumerate(types):
                if type in score.types and score.types[type].gold:
                    _dot(axes, row + shift, score.types[type], intervals.types[type], colour)
        axes.set_yticks(range(len(types)), types)
        axes.set_title("F1 by type: seen in training, and never seen", fontsize=9, loc="left")
        for colour, name in ((_INK, "seen"), (_WARM, "never seen")):
            axes.plot([], [], "o-", color=colour, label=name)
        axes.legend(loc="lower left", fontsize=8)
        _finish_dots(axes)

    yield "familiarity", (_WIDTH, 0.8 + 0.36 * len(types)), draw


def _draw_confusion(axes: Axes, confusion: Confusion) -> None:
    counts = np.array(confusion.counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            dark = shares[row, column] > 0.5
            axes.text(
                column, row, str(count), ha="center", va="center", fontsize=7,
                color="white" if dark else "black",
            )  # fmt: skip
    axes.set_xticks(range(len(confusion.columns)), confusion.columns, rotation=90)
    axes.set_yticks(range(len(confusion.rows)), confusion.rows)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("gold")
    types_end = len(confusion.rows) - 2.5
    axes.axhline(types_end, color=_INK, linewidth=0.8)
    axes.axvline(types_end, color=_INK, linewidth=0.8)


def _reliability_of(calibration: Calibration) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        most = max(bin.predictions for bin in calibration.bins)
        for bin in calibration.bins:
            middle = (bin.low + bin.high) / 2
            axes.bar(middle, 0.25 * bin.predictions / most, width=0.09, color=_PALE)
            axes.text(middle, 0.01, str(bin.predictions), ha="center", fontsize=7, color=_INK)
        axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8, linestyle=":")
        confidence = [bin.confidence for bin in calibration.bins]
        axes.plot(confidence, [bin.precision for bin in calibration.bins], "o-", color=_INK)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("score; bars: number of predictions")
        axes.set_ylabel("share that is right")
        error = 100 * calibration.expected_error
        axes.set_title(
            f"{calibration.metric}: expected calibration error {error:.1f}", fontsize=9, loc="left"
        )

    return draw


def _draw_losses(axes: Axes, losses: Mapping[str, Curve]) -> None:
    for (name, curve), colour in zip(losses.items(), (_INK, _WARM), strict=False):
        steps, values = np.array(curve).T
        axes.plot(steps, values, color=colour, linewidth=0.5, alpha=0.3)
        window = max(round(_SMOOTHED_SHARE * len(values)), 1)
        mean = np.convolve(values, np.ones(window) / window, mode="valid")
        axes.plot(steps[window - 1 :], mean, color=colour, label=name.replace("_", " "))
    axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_title("loss", fontsize=9, loc="left")
    if losses:
        axes.legend(fontsize=8)


_NO_SHARES = ("threshold", "temperature", "shift")


def _draw_dev(axes: Axes, dev: Mapping[str, Curve]) -> None:
    shown = {name: curve for name, curve in dev.items() if not name.endswith(_NO_SHARES)}
    for (name, curve), style in zip(shown.items(), ("o-", "s-", "^-", "x-"), strict=False):
        steps, values = np.array(curve).T
        label = name.removeprefix("dev_").replace("_", " ")
        axes.plot(steps, 100 * values, style, markersize=4, label=label)
    axes.set_xlabel("step")
    axes.set_title("on the dev part, percent", fontsize=9, loc="left")
    axes.grid(axis="y", color=_PALE)
    if shown:
        axes.legend(fontsize=8)
