"""Rewriting: stretches of a document's text replaced, with every offset kept exact.

Enters: a document and edits. Leaves: a document. Knows no language.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

import msgspec

from khabar.data.records import Document, Entity


class Edit(NamedTuple):
    """A stretch of text, end exclusive, and what stands in its place."""

    start: int
    end: int
    text: str


def rewrite(document: Document, edits: Iterable[Edit]) -> Document:
    """Return the document with its text edited; entities and relations stay.

    Args:
        document: the document.
        edits: disjoint stretches that are not empty. One inside which an entity begins or ends is
            left out, as is one that would put nothing in its place.

    Returns:
        The document whose every entity covers what became of its text.
    """
    edges = sorted({edge for e in document.entities for edge in (e.start, e.end)})
    kept = sorted(edit for edit in edits if _fits(edit, edges))
    ends = [edit.end for edit in kept]
    shifts = [0, *accumulate(len(edit.text) - (edit.end - edit.start) for edit in kept)]
    text = _apply(document.text, kept)

    def moved(entity: Entity) -> Entity:
        start = entity.start + shifts[bisect_right(ends, entity.start)]
        end = entity.end + shifts[bisect_right(ends, entity.end)]
        return msgspec.structs.replace(entity, start=start, end=end, text=text[start:end])

    return msgspec.structs.replace(
        document, text=text, entities=tuple(moved(entity) for entity in document.entities)
    )


def _fits(edit: Edit, edges: list[int]) -> bool:
    cuts = bisect_right(edges, edit.start) < bisect_right(edges, edit.end - 1)
    return bool(edit.text) and not cuts


def _apply(text: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    place = 0
    for edit in edits:
        parts += [text[place : edit.start], edit.text]
        place = edit.end
    return "".join([*parts, text[place:]])
