"""The report: every figure with its metric's name, as a record, as a table and as JSON.

Enters: counts. Leaves: an ``Evaluation`` of named ``Score`` objects. Knows neither how a case was
matched nor where a document came from. Shares are 0 to 1 in records and JSON, percent in tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import msgspec
from rich.table import Table

from khabar.eval.counts import Counts
from khabar.eval.tokens import TokenKind

FEW_GOLD = 20
"""Below so many gold cases a figure is marked: one case more or less moves it by 5 points."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Precision, recall and F1 with the counts behind them; a share of nothing is 0."""

    precision: float
    recall: float
    f1: float
    gold: int
    """The support: how many cases gold has."""
    predicted: int
    correct: int
    few: bool
    """Whether gold has fewer than ``FEW_GOLD`` cases, too few to tell two models apart."""

    @classmethod
    def from_counts(cls, counts: Counts) -> Figures:
        """Return the figures of these counts."""
        gold, predicted, correct = counts
        return cls(
            precision=correct / predicted if predicted else 0.0,
            recall=correct / gold if gold else 0.0,
            f1=2 * correct / (gold + predicted) if gold + predicted else 0.0,
            gold=gold,
            predicted=predicted,
            correct=correct,
            few=gold < FEW_GOLD,
        )


class Mean(msgspec.Struct, frozen=True, kw_only=True):
    """The plain mean over the types that gold or the prediction has (macro)."""

    precision: float
    recall: float
    f1: float


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One metric: over all cases (micro), the mean of the types (macro), and each type."""

    metric: str
    """Such as ``entity strict, all layers``: a figure is never shown without it."""
    micro: Figures
    macro: Mean | None
    """None where the metric knows no types."""
    types: dict[str, Figures]

    @classmethod
    def typed(cls, metric: str, counts: Mapping[str, Counts], order: tuple[str, ...]) -> Score:
        """Return the score of counts by type, the types in the given order."""
        types = {type: Figures.from_counts(counts[type]) for type in order if type in counts}
        total = Counts(*(sum(column) for column in zip((0, 0, 0), *counts.values(), strict=True)))
        return cls(metric=metric, micro=Figures.from_counts(total), macro=_mean(types), types=types)

    @classmethod
    def untyped(cls, metric: str, counts: Counts) -> Score:
        """Return the score of counts that no type divides."""
        return cls(metric=metric, micro=Figures.from_counts(counts), macro=None, types={})

    def to_table(self) -> Table:
        """Return a table with a row for each type, then macro and micro."""
        table = _table(self.metric, "type")
        for type, figures in self.types.items():
            table.add_row(f"{type} *" if figures.few else type, *_cells(figures))
        table.add_section()
        if self.macro:
            shares = (self.macro.precision, self.macro.recall, self.macro.f1)
            table.add_row("macro", *map(_percent, shares))
        table.add_row("micro", *_cells(self.micro))
        if any(figures.few for figures in self.types.values()):
            table.caption = f"* fewer than {FEW_GOLD} gold cases"
        return table


class EntityScores(msgspec.Struct, frozen=True, kw_only=True):
    """Entities: the three metrics over one view of the layers."""

    strict: Score
    conlleval: Score
    boundary: Score
    crowded_gold: int
    """Gold entities that rows of labels cannot show whole: another has their tokens."""
    crowded_predicted: int
    """The same of the prediction."""


class RelationScores(msgspec.Struct, frozen=True, kw_only=True):
    """Relations between predicted entities, and, where asked, between those of gold."""

    strict: Score
    boundary: Score
    given_gold: Score | None = None
    """Strict, of a prediction that was given the gold entities."""


class AsWritten(msgspec.Struct, frozen=True, kw_only=True):
    """Flat entities against the label rows of a file as they are, unmended."""

    orphans: int
    """I- labels without their B-. The reader mends them: each starts an entity."""
    conlleval: Score
    """An orphan starts an entity, as if mended."""
    strict: Score
    """An orphan is no entity."""


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """All scores of one prediction against one gold file."""

    schema: str
    documents: int
    tokens: TokenKind
    """What extents were compared in."""
    entities: EntityScores
    """Over all layers, which in a flat schema are one."""
    outermost: EntityScores | None = None
    """Entities inside no other; None in a flat schema."""
    relations: RelationScores | None = None
    """None where the schema has none."""
    as_written: AsWritten | None = None

    def scores(self) -> Iterator[Score]:
        """Yield every score there is."""
        yield from (self.entities.strict, self.entities.conlleval, self.entities.boundary)
        if self.outermost:
            yield from (self.outermost.strict, self.outermost.conlleval, self.outermost.boundary)
        if self.as_written:
            yield from (self.as_written.conlleval, self.as_written.strict)
        if self.relations:
            yield from (self.relations.strict, self.relations.boundary)
            if self.relations.given_gold:
                yield self.relations.given_gold

    def to_table(self) -> Table:
        """Return a table with one row for each metric, over all cases (micro)."""
        table = _table(f"{self.documents} documents, schema {self.schema}, micro", "metric")
        table.add_column("macro F1", justify="right")
        for score in self.scores():
            macro = _percent(score.macro.f1) if score.macro else ""
            table.add_row(score.metric, *_cells(score.micro), macro)
        table.caption = self._notes() or None
        return table

    def to_tables(self) -> list[Table]:
        """Return the table of all metrics, then the strict scores by type."""
        strict = [self.entities.strict]
        if self.relations:
            strict.append(self.relations.strict)
        return [self.to_table(), *(score.to_table() for score in strict)]

    def to_json(self) -> str:
        """Return the record as indented JSON, shares from 0 to 1."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def _notes(self) -> str:
        notes: list[str] = []
        for scores in (self.entities, self.outermost):
            if scores and (scores.crowded_gold or scores.crowded_predicted):
                notes.append(
                    f"{scores.strict.metric}: {scores.crowded_gold} gold and "
                    f"{scores.crowded_predicted} predicted entities share a token with another"
                )
        if self.as_written:
            notes.append(f"{self.as_written.orphans} gold labels are an I- without its B-")
        return "\n".join(notes)


_Types: TypeAlias = Mapping[str, Figures]


def _mean(types: _Types) -> Mean:
    count = max(len(types), 1)
    return Mean(
        precision=sum(figures.precision for figures in types.values()) / count,
        recall=sum(figures.recall for figures in types.values()) / count,
        f1=sum(figures.f1 for figures in types.values()) / count,
    )


def _table(title: str, first: str) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for name in ("precision", "recall", "F1", "gold", "predicted", "correct"):
        table.add_column(name, justify="right")
    return table


def _cells(figures: Figures) -> list[str]:
    shares = (figures.precision, figures.recall, figures.f1)
    return [*map(_percent, shares), *map(str, (figures.gold, figures.predicted, figures.correct))]


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"
