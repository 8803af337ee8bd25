"""Runs: a text cut, never inside a word, into stretches that the same entities cover.

Enters: a ``Document``. Leaves: its lines as runs, each with the entities over it and the level at
which each of them is underlined. A page can draw a run as one element: Arabic letters keep their
joined shapes, and entities may nest and cross. Knows no HTML and no colour.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import itemgetter

import msgspec

from khabar.data.records import Document
from khabar.data.words import Span, spans_touched, split_words

_LINE_END = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_SPACE = re.compile(r"\s+")


class Layer(msgspec.Struct, frozen=True):
    """An entity over a run."""

    entity: int
    """The entity's place in ``document.entities``."""
    level: int
    """1 is nearest to the text; an entity has one level over all its runs."""


class Run(msgspec.Struct, frozen=True):
    """A stretch of text, without a line end, under the same entities from end to end.

    Under an entity it is all space or holds none, so that a line breaks between runs alone.
    """

    text: str
    layers: tuple[Layer, ...]
    """The innermost first; empty where no entity is."""


def document_lines(document: Document) -> list[list[Run]]:
    """Return the lines of a document as runs; joined, their texts are the line.

    An entity that begins or ends inside a word covers the whole word.
    """
    extents = _whole_words(document)
    layers = _layers(extents)
    cuts = _cuts(document.text, extents)
    return [
        list(_line_runs(document.text, line, cuts, layers)) for line in _line_spans(document.text)
    ]


def stack_levels(extents: Sequence[Span]) -> list[int]:
    """Return a level for each extent, so that overlapping ones differ and shorter ones lie lower.

    Of two equal extents the later one is taken for the inner.
    """
    levels = [0] * len(extents)
    placed: list[int] = []
    for index in sorted(range(len(extents)), key=lambda i: (_length(extents[i]), -i)):
        start, end = extents[index]
        under = [levels[i] for i in placed if extents[i][0] < end and start < extents[i][1]]
        levels[index] = 1 + max(under, default=0)
        placed.append(index)
    return levels


def _length(extent: Span) -> int:
    return extent[1] - extent[0]


def _whole_words(document: Document) -> list[Span]:
    words = split_words(document.text)
    extents: list[Span] = []
    for entity in document.entities:
        touched = spans_touched(words, entity.start, entity.end)
        if touched:
            extents.append((words[touched[0]][0], words[touched[-1]][1]))
        else:  # spaces or invisible characters alone
            extents.append((entity.start, entity.end))
    return extents


def _layers(extents: list[Span]) -> list[tuple[int, tuple[Layer, ...]]]:
    """Return each place where the layers change, with those that begin there."""
    levels = stack_levels(extents)
    changes: defaultdict[int, set[int]] = defaultdict(set)
    for index, (start, end) in enumerate(extents):
        changes[start] ^= {index}
        changes[end] ^= {index}
    around: set[int] = set()
    layers: list[tuple[int, tuple[Layer, ...]]] = [(0, ())]
    for place in sorted(changes):
        around ^= changes[place]
        inside_out = sorted(around, key=lambda i: levels[i])
        layers.append((place, tuple(Layer(index, levels[index]) for index in inside_out)))
    return layers


def _cuts(text: str, extents: list[Span]) -> list[int]:
    cuts = {edge for extent in extents for edge in extent}
    for start, end in extents:
        for space in _SPACE.finditer(text, start, end):
            cuts |= set(space.span())
    return sorted(cuts)


def _line_spans(text: str) -> Iterator[Span]:
    start = 0
    for end in _LINE_END.finditer(text):
        yield start, end.start()
        start = end.end()
    yield start, len(text)


def _line_runs(
    text: str, line: Span, cuts: list[int], layers: list[tuple[int, tuple[Layer, ...]]]
) -> Iterator[Run]:
    start, end = line
    inside = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
    for first, last in pairwise([start, *inside, end]):
        if first < last:
            now = bisect_right(layers, first, key=itemgetter(0)) - 1
            yield Run(text[first:last], layers[now][1])
