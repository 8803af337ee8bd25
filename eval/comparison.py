"""Comparison: two systems on the same documents, and whether chance explains the difference.

Enters: two ``Predictions``. Leaves: a ``Comparison``, as a record, tables and JSON. Knows no file.
"""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Set as AbstractSet

import msgspec
from rich.table import Table

from khabar.eval.alignment import mentions
from khabar.eval.bootstrap import Difference, ScoreDifference, compare_paired
from khabar.eval.by_document import count_by_document
from khabar.eval.pairs import ScoreError
from khabar.eval.predictions import Predictions
from khabar.eval.relations import links_by_type


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Which system finds which gold cases."""

    metric: str
    both: int
    only_first: int
    only_second: int
    neither: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two systems' scores on the same documents."""

    first: str
    second: str
    documents: int
    differences: tuple[ScoreDifference, ...]
    """Of every metric that both have."""
    agreements: tuple[Agreement, ...]
    """Of strict entities and strict relations."""

    def to_tables(self) -> list[Table]:
        """Return a table of all metrics, one of agreement, and the strict ones by type."""
        strict = {agreement.metric for agreement in self.agreements}
        return [
            self._overview(),
            self._agreement(),
            *(self._by_type(d) for d in self.differences if d.metric in strict),
        ]

    def to_json(self) -> str:
        """Return the record as indented JSON, shares from 0 to 1."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def _overview(self) -> Table:
        table = self._table(f"{self.documents} documents, F1", "metric")
        for difference in self.differences:
            table.add_row(difference.metric, *_cells(difference.micro))
            if difference.macro:
                table.add_row("  macro", *_cells(difference.macro))
        table.caption = (
            "p: paired bootstrap over documents, two-sided. With many figures compared, some "
            "fall below 0.05 by chance."
        )
        return table

    def _by_type(self, difference: ScoreDifference) -> Table:
        table = self._table(f"{difference.metric}, F1", "type")
        for type, figures in difference.types.items():
            table.add_row(type, *_cells(figures))
        return table

    def _table(self, title: str, first: str) -> Table:
        heads = (self.first, self.second, "difference", "95 % interval", "p")
        table = Table(first, *heads, title=title)
        for column in table.columns[1:]:
            column.justify = "right"
        return table

    def _agreement(self) -> Table:
        heads = ("both", f"only {self.first}", f"only {self.second}", "neither")
        table = Table("gold found by", *heads, title="Agreement")
        for column in table.columns[1:]:
            column.justify = "right"
        for a in self.agreements:
            counts = (a.both, a.only_first, a.only_second, a.neither)
            table.add_row(a.metric, *map(str, counts))
        return table


def compare_predictions(
    first: Predictions, second: Predictions, *, names: tuple[str, str] = ("A", "B")
) -> Comparison:
    """Compare two systems by what they predicted for the same gold documents.

    Args:
        first: of one system.
        second: of the other.
        names: what tables call the two.

    Raises:
        ScoreError: other gold documents or another schema, or predictions that do not fit gold.
    """
    if first.schema != second.schema:
        raise ScoreError(
            f"the systems have the schemas {first.schema.name} and {second.schema.name}, or two of "
            f"one name; only figures of one schema can be compared"
        )
    tables = [
        {table.metric: table for table in count_by_document(predictions).tables()}
        for predictions in (first, second)
    ]
    shared = [metric for metric in tables[0] if metric in tables[1]]
    one, other = ([by_name[metric] for metric in shared] for by_name in tables)
    return Comparison(
        first=names[0],
        second=names[1],
        documents=len(first.gold),
        differences=tuple(compare_paired(one, other)),
        agreements=_agreements(first, second),
    )


def _agreements(first: Predictions, second: Predictions) -> tuple[Agreement, ...]:
    gold, found = _entities(first)
    _, found_too = _entities(second)
    nested = ", all layers" if first.schema.nested else ""
    agreements = [_agreement(f"entity strict{nested}", gold, found, found_too)]
    if first.schema.relations:
        gold, found = _relations(first)
        _, found_too = _relations(second)
        agreements.append(_agreement("relation strict", gold, found, found_too))
    return tuple(agreements)


def _agreement(
    metric: str,
    gold: AbstractSet[Hashable],
    found: AbstractSet[Hashable],
    found_too: AbstractSet[Hashable],
) -> Agreement:
    return Agreement(
        metric=metric,
        both=len(gold & found & found_too),
        only_first=len((gold & found) - found_too),
        only_second=len((gold & found_too) - found),
        neither=len(gold - found - found_too),
    )


def _entities(predictions: Predictions) -> tuple[set[Hashable], set[Hashable]]:
    gold: set[Hashable] = set()
    found: set[Hashable] = set()
    for pair in predictions.pairs():
        gold |= {(pair.gold.id, mention) for mention in mentions(pair.gold, pair.tokens)}
        found |= {(pair.gold.id, mention) for mention in mentions(pair.predicted, pair.tokens)}
    return gold, found


def _relations(predictions: Predictions) -> tuple[set[Hashable], set[Hashable]]:
    gold: set[Hashable] = set()
    found: set[Hashable] = set()
    for pair in predictions.pairs():
        for document, side in ((pair.gold, gold), (pair.predicted, found)):
            by_type = links_by_type(document, pair.tokens, predictions.schema, "strict")
            side |= {(type, link) for type, links in by_type.items() for link in links}
    return gold, found


def _cells(difference: Difference) -> tuple[str, ...]:
    low, high = difference.interval.low, difference.interval.high
    return (
        f"{100 * difference.first:.2f}",
        f"{100 * difference.second:.2f}",
        f"{100 * difference.difference:+.2f}",
        f"{100 * low:+.1f} to {100 * high:+.1f}",
        f"{difference.p:.4f}",
    )
