"""What a measurement of speed found: a record for each system, and a table of all.

Enters: counts and seconds. Leaves: records for JSON, and a table. Knows no model.
"""

from __future__ import annotations

import msgspec
from rich.table import Table

from khabar.eval.bound import EncoderCost


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What the encoder was given while a system read the articles once."""

    articles: int
    """That were answered."""
    batches: int
    pieces: int
    """Special ones and overlaps included, padding left out."""
    padding: int
    largest_batch: int
    """Pieces and padding of the largest batch."""
    operations: int
    """That the pieces need, see ``EncoderCost``; those spent on padding are not needed."""


class SystemSpeed(msgspec.Struct, frozen=True, kw_only=True):
    """The speed of a system, from the best of its times."""

    name: str
    words: int
    """Of the articles, that lay in at least one of its windows."""
    work: Work
    seconds: tuple[float, ...]
    """Every time, in order."""
    articles_per_second: float
    words_per_second: float
    pieces_per_second: float
    share_of_bound: float
    """Time that the device needs for the products alone, of the time that was taken."""


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """The speed of all systems, and what they were measured on."""

    model: str
    """The extractor's identity: name, precision, device, digest."""
    device: str
    threads: int
    """That torch uses on the CPU."""
    articles: int
    words: int
    batch_tokens: int | None
    operations_per_second: float
    """In products of the encoder's shapes: the best of as many measurements as systems have."""
    cost: EncoderCost
    systems: tuple[SystemSpeed, ...]

    def to_table(self) -> Table:
        """Return the figures as a table."""
        names = ("articles/s", "words/s", "pieces/s", "padding", "share of the bound")
        table = Table("", *names, title=f"{self.articles:,} articles, {self.words:,} words")
        for system in self.systems:
            work = system.work
            table.add_row(
                system.name if self._complete(system) else f"{system.name} *",
                f"{system.articles_per_second:,.1f}",
                f"{system.words_per_second:,.0f}",
                f"{system.pieces_per_second:,.0f}",
                f"{work.padding / (work.pieces + work.padding):.1%}",
                f"{system.share_of_bound:.1%}",
            )
        for column in table.columns[1:]:
            column.justify = "right"
        table.caption = self._caption()
        return table

    def _complete(self, system: SystemSpeed) -> bool:
        return (system.work.articles, system.words) == (self.articles, self.words)

    def _caption(self) -> str:
        lines = [
            self.model,
            f"{self.device}, {self.threads} threads",
            f"bound: {self.operations_per_second / 1e12:.3g} Tflop/s in the encoder's own "
            f"products, {self.cost.weight_bytes / 1e6:,.1f} MB of weights a batch",
        ]
        lines += [
            f"* read {system.words:,} words"
            for system in self.systems
            if not self._complete(system)
        ]
        return "\n".join(lines)
