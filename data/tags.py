"""Tags: entities as BIO decisions about words, and back.

A nested schema gives every type a row of its own (tags O, B, I), so that types may lie inside one
another; types listed as ``inner`` get a second row for a mention inside another of the same type.
A flat schema has one row whose tags are O and a B and an I for every type. Both are rows of tags:
tag 0 is O, ``1 + 2k`` begins and ``2 + 2k`` continues the k-th type of the row.

Enters: the schema, spans of words. Leaves: integer arrays. Knows no text and no model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from khabar.data.errors import SchemaError
from khabar.data.records import Entity
from khabar.data.schema import LabelSchema
from khabar.data.words import Span, spans_touched

OUTSIDE = 0


class WordSpan(NamedTuple):
    """A mention in words: its first word, its last one (inclusive), its type's number."""

    first: int
    last: int
    type: int


class TagRows:
    """The rows of tags of a schema.

    Attributes:
        rows: for every row, the numbers of the types it decides about.
        tags: how many tags a row has.
    """

    def __init__(self, schema: LabelSchema, inner: tuple[str, ...] = ()) -> None:
        """Lay out the rows. Raises: SchemaError: an inner type that the schema lacks."""
        types = schema.entity_types
        for type in inner:
            if type not in types or not schema.nested:
                raise SchemaError(
                    f"`inner_types` names {type}, but schema {schema.name} "
                    f"{'lacks that type' if schema.nested else 'is flat'}; drop it from the list"
                )
        outer = [(k,) for k in range(len(types))]
        second = [(types.index(type),) for type in inner]
        self.rows = tuple(outer + second) if schema.nested else (tuple(range(len(types))),)
        self.tags = 1 + 2 * len(self.rows[0])

    def row_of(self, type: int, depth: int) -> int | None:
        """Return the row for a type's mention inside ``depth`` others of its type, if there is."""
        candidates = [row for row, types in enumerate(self.rows) if type in types]
        return candidates[depth] if depth < len(candidates) else None

    def encode(self, spans: Iterable[WordSpan], words: int) -> tuple[NDArray[np.int64], int]:
        """Write spans as tags.

        Returns:
            Tags ``(words, rows)``, and how many spans found no room: nested deeper in their own
            type than there are rows, or crossing another of their row.
        """
        tags = np.zeros((words, len(self.rows)), dtype=np.int64)
        left_out = 0
        for span, depth in _with_depths(spans):
            row = self.row_of(span.type, depth)
            if row is None or tags[span.first : span.last + 1, row].any():
                left_out += 1
                continue
            begin = 1 + 2 * self.rows[row].index(span.type)
            tags[span.first, row] = begin
            tags[span.first + 1 : span.last + 1, row] = begin + 1
        return tags, left_out

    def decode(self, tags: NDArray[np.int64]) -> list[tuple[WordSpan, int]]:
        """Read spans, each with its row, from valid tags ``(words, rows)``, in reading order."""
        inside = (tags > OUTSIDE) & (tags % 2 == 0)
        words = len(tags)
        # The first word at or after each one that does not continue a mention, row by row.
        stops = np.where(inside, words, np.arange(words)[:, None])
        stops = np.minimum.accumulate(stops[::-1], axis=0)[::-1]
        stops = np.vstack([stops[1:], np.full((1, tags.shape[1]), words)])
        spans = [
            (WordSpan(int(w), int(stops[w, r]) - 1, self.rows[r][(tags[w, r] - 1) // 2]), int(r))
            for w, r in zip(*np.nonzero(tags % 2 == 1), strict=True)
        ]
        return sorted(spans, key=lambda item: (item[0].first, -item[0].last, item[1]))

    def transitions(self) -> NDArray[np.bool_]:
        """Return which tag may follow which, ``(tags, tags)``: only B-X and I-X precede I-X."""
        allowed = np.ones((self.tags, self.tags), dtype=bool)
        for inside in range(2, self.tags, 2):
            allowed[:, inside] = False
            allowed[[inside - 1, inside], inside] = True
        return allowed

    def starts(self) -> NDArray[np.bool_]:
        """Return which tags the first word may have, ``(tags,)``: none that continues."""
        return np.array([tag == OUTSIDE or tag % 2 == 1 for tag in range(self.tags)])


def _with_depths(spans: Iterable[WordSpan]) -> list[tuple[WordSpan, int]]:
    """Pair each span with the number of spans of its own type around it."""
    ordered = sorted(set(spans), key=lambda s: (s.first, -s.last))
    open_spans: dict[int, list[WordSpan]] = {}
    found = []
    for span in ordered:
        around = [s for s in open_spans.get(span.type, []) if s.last >= span.last]
        found.append((span, len(around)))
        open_spans[span.type] = [*around, span]
    return found


def covered_words(entities: Iterable[Entity], words: list[Span]) -> dict[str, tuple[int, int]]:
    """Return the first and last word (inclusive) that each entity touches, by entity id.

    An entity of no word (only invisible characters) is left out.
    """
    touched = {entity.id: spans_touched(words, entity.start, entity.end) for entity in entities}
    return {id: (own[0], own[-1]) for id, own in touched.items() if own}
