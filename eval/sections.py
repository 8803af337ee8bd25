"""Sections: what a report says, in what order, before it is a page or Markdown.

Enters: an ``Analysis``, and where it comes from. Leaves: ``Section`` objects: sentences, tables of
text, names of figures and examples. Knows neither HTML nor Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from khabar.eval.analysis import Analysis, show_interval
from khabar.eval.bootstrap import FEW_DOCUMENTS, RESAMPLES, ScoreIntervals
from khabar.eval.calibration import Calibration
from khabar.eval.confusion import Confusion
from khabar.eval.errors import ErrorAnalysis, Example, pick_examples
from khabar.eval.report import FEW_GOLD, Figures, Score

_CONFUSIONS = 8


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """What was scored, on what."""

    system: str
    """A model's name and folder, or a file of predictions."""
    data: str
    train: str | None = None
    """The training data that familiarity is told from."""


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A table of text: its caption, the heads of its columns and its rows."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    folded: bool = False
    """Whether a page shows it only when asked."""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the report under a heading."""

    title: str
    text: tuple[str, ...]
    """Paragraphs."""
    figures: tuple[str, ...] = ()
    """Names that ``draw_figures`` knows."""
    grids: tuple[Grid, ...] = ()
    examples: Mapping[str, list[Example]] = {}
    """Some errors of each kind."""


def report_sections(analysis: Analysis) -> list[Section]:
    """Return the sections of a report, those left out that have nothing to say."""
    sections = [
        _scores(analysis),
        _types(analysis),
        _hardness(analysis),
        _confusion(analysis.confusion),
        *_calibration(analysis),
        *_learning(analysis),
        _entity_errors(analysis.entity_errors),
    ]
    if analysis.relation_errors:
        sections.append(_relation_errors(analysis))
    return sections


def headline(analysis: Analysis) -> list[tuple[str, str, str]]:
    """Return the main figures: the metric's name, F1 in percent, its 95 % interval."""
    evaluation = analysis.evaluation
    main = {evaluation.entities.strict.metric, evaluation.entities.boundary.metric}
    if evaluation.relations:
        main.add(evaluation.relations.strict.metric)
        if evaluation.relations.given_gold:
            main.add(evaluation.relations.given_gold.metric)
    return [
        (score.metric, percent(score.micro.f1), show_interval(intervals.f1))
        for score, intervals in analysis.scored()
        if score.metric in main
    ]


def percent(share: float) -> str:
    """Return a share in percent with one digit after the point."""
    return f"{100 * share:.1f}"


def _scores(analysis: Analysis) -> Section:
    rows = []
    for score, intervals in analysis.scored():
        if score in analysis.breakdowns:
            continue
        macro = ("", "")
        if score.macro and intervals.macro_f1:
            macro = (percent(score.macro.f1), show_interval(intervals.macro_f1))
        rows.append(_row(score.metric, score.micro, show_interval(intervals.f1), macro))
    columns = ("metric", *_FIGURES, "macro F1", "95 % of it")
    documents = analysis.evaluation.documents
    text = [
        f"Percent; micro over all cases, macro over the types. 95 % intervals: {RESAMPLES:,} "
        f"resamples of the {documents} documents, drawn with replacement.",
        "Strict: extent and type; seqeval's strict mode with IOB2. Conlleval: seqeval's default. "
        "Boundary: the extent alone; of a relation its type and both extents. A relation is "
        "strictly right when its type and both arguments' extents and types are; a symmetric one "
        "counts once, either way round.",
    ]
    if documents < FEW_DOCUMENTS:
        text.append(
            f"Of fewer than {FEW_DOCUMENTS} documents, as here, such intervals are too narrow: "
            f"read them as the least doubt there is."
        )
    grid = Grid(caption="All metrics", columns=columns, rows=tuple(rows))
    return Section(title="Scores", text=tuple(text), figures=("metrics",), grids=(grid,))


_FIGURES = ("precision", "recall", "F1", "95 % of F1", "gold", "predicted", "correct")


def _row(name: str, figures: Figures, interval: str, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    shares = (figures.precision, figures.recall, figures.f1)
    counts = (figures.gold, figures.predicted, figures.correct)
    return (name, *map(percent, shares), interval, *map(str, counts), *more)


def _grid(score: Score, intervals: ScoreIntervals, first: str, *, folded: bool) -> Grid:
    rows = tuple(
        _row(f"{name} *" if figures.few else name, figures, show_interval(intervals.types[name]))
        for name, figures in score.types.items()
    )
    return Grid(caption=score.metric, columns=(first, *_FIGURES), rows=rows, folded=folded)


def _types(analysis: Analysis) -> Section:
    evaluation = analysis.evaluation
    strict = [evaluation.entities.strict]
    if evaluation.relations:
        strict.append(evaluation.relations.strict)
    return Section(
        title="By type",
        text=(
            f"F1 with its 95 % interval. Hollow, and marked * in the tables: fewer than {FEW_GOLD} "
            f"gold cases, too few to tell two models apart.",
        ),
        figures=tuple(f"types: {score.metric}" for score in strict),
        grids=tuple(
            _grid(score, intervals, "type", folded=True)
            for score, intervals in analysis.scored()
            if score in strict
        ),
    )


def _hardness(analysis: Analysis) -> Section:
    groups = [score for score in analysis.breakdowns if "seen in training" not in score.metric]
    text = [
        "Strict F1 by what makes a case hard. A spurious entity counts in the group that it would "
        "belong to itself.",
    ]
    figures = [f"groups: {score.metric}" for score in groups]
    if len(groups) < len(analysis.breakdowns):
        figures.append("familiarity")
        text.append(
            "Mentions in training: how often the training data shows this text as this type, "
            "compared without diacritics and attached particles. Never seen: never as this type."
        )
    grids = tuple(
        _grid(score, intervals, "group", folded=True)
        for score, intervals in analysis.scored()
        if score in analysis.breakdowns
    )
    return Section(
        title="What makes it hard", text=tuple(text), figures=tuple(figures), grids=grids
    )


def _confusion(confusion: Confusion) -> Section:
    cells = [
        (count, row, column)
        for row, counts in zip(confusion.rows, confusion.counts, strict=True)
        for column, count in zip(confusion.columns, counts, strict=True)
        if count and row != column and {row, column} <= set(confusion.rows[:-2])
    ]
    cells.sort(key=lambda cell: (-cell[0], cell[1:]))
    rows = tuple((row, column, str(count)) for count, row, column in cells[:_CONFUSIONS])
    grid = Grid(
        caption="Most frequent confusions", columns=("gold", "predicted", "count"), rows=rows
    )
    return Section(
        title="Confusion of entity types",
        text=(
            "Rows are gold, columns predicted. A row adds up to the gold entities of its type, a "
            "column to the predicted ones. Off the diagonal the extent is right.",
        ),
        figures=("confusion",),
        grids=(grid,) if rows else (),
    )


def _calibration(analysis: Analysis) -> Iterator[Section]:
    found = [c for c in (analysis.entity_calibration, analysis.relation_calibration) if c]
    if found:
        yield Section(
            title="Calibration",
            text=(
                "Whether scores can be read as probabilities: on the diagonal, of the predictions "
                "with a score of 0.8 eight in ten are right. Expected calibration error: the mean "
                "distance from it. Below the model's threshold there is no prediction.",
            ),
            figures=tuple(f"calibration: {calibration.metric}" for calibration in found),
            grids=tuple(map(_bins, found)),
        )


def _bins(calibration: Calibration) -> Grid:
    rows = tuple(
        (
            f"{b.low:.1f} to {b.high:.1f}",
            str(b.predictions),
            percent(b.confidence),
            percent(b.precision),
        )
        for b in calibration.bins
    )
    return Grid(
        caption=f"{calibration.metric}, expected calibration error "
        f"{percent(calibration.expected_error)}",
        columns=("score", "predictions", "mean score", "right"),
        rows=rows,
        folded=True,
    )


def _learning(analysis: Analysis) -> Iterator[Section]:
    if analysis.learning:
        last = tuple(
            (name, f"{curve[-1][1]:.3f}", f"{max(value for _, value in curve):.3f}")
            for name, curve in analysis.learning.dev.items()
        )
        grid = Grid(caption="On the dev part", columns=("figure", "last", "highest"), rows=last)
        yield Section(
            title="Learning curves",
            text=("From the log of the run. Losses of single steps, and their running mean.",),
            figures=("losses", "dev") if last else ("losses",),
            grids=(grid,) if last else (),
        )


def _entity_errors(errors: ErrorAnalysis) -> Section:
    return Section(
        title="Errors in entities",
        text=(
            "Every error of gold or of the prediction is of one kind. Examples are taken from the "
            "most frequent confusions in turn; all of them are in errors.jsonl.",
        ),
        grids=_error_grids(errors),
        examples=pick_examples(errors),
    )


def _relation_errors(analysis: Analysis) -> Section:
    assert analysis.relation_errors is not None, "the schema has relations"
    errors, together = analysis.relation_errors.analysis, analysis.relation_errors.together
    share = percent(together.related / together.pairs) if together.pairs else "0.0"
    return Section(
        title="Errors in relations",
        text=(
            f"Pairs that merely stand together: of {together.pairs:,} pairs of right entities that "
            f"stand close, fit a relation of the schema and have none in gold, "
            f"{together.related:,} ({share} %) were given one.",
        ),
        grids=_error_grids(errors),
        examples=pick_examples(errors),
    )


def _error_grids(errors: ErrorAnalysis) -> tuple[Grid, ...]:
    total = max(sum(kind.count for kind in errors.kinds), 1)
    kinds = tuple(
        (kind.kind, str(kind.count), percent(kind.count / total), kind.meaning)
        for kind in errors.kinds
    )
    names = ("correct", *(kind.kind for kind in errors.kinds))
    by_type = tuple(
        (type, *(str(counts[name]) for name in names)) for type, counts in errors.by_type.items()
    )
    return (
        Grid(caption="Kinds", columns=("kind", "count", "% of errors", "meaning"), rows=kinds),
        Grid(caption="By type", columns=("type", *names), rows=by_type, folded=True),
    )
