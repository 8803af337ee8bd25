"""Tokens that scores are counted in, and the BIO label rows that seqeval reads.

Enters: a text, and spans of it. Leaves: extents snapped to whole tokens, and rows of labels. Knows
no gold, no prediction and no metric. An entity covers every token that it touches.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from operator import itemgetter
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from khabar.data.records import Entity
from khabar.data.words import Span, spans_touched, split_words

TokenKind: TypeAlias = Literal["words", "corpus"]
"""``words``: ours. ``corpus``: a CoNLL file's, between spaces, its sentences between line ends."""

Labels: TypeAlias = list[str]
"""One row: the label of every token of a sentence."""

# Not \s: a corpus token may hold a no-break space.
_CORPUS_TOKEN = re.compile(r"[^ \n]+")


class Placed(NamedTuple):
    """A typed run of tokens, ``first`` to ``stop``, exclusive."""

    first: int
    stop: int
    type: str


class Tokens(msgspec.Struct, frozen=True):
    """The tokens of one text, in rows: its sentences, or the whole text where those are unknown."""

    spans: list[Span]
    """In code points of the text, ordered and disjoint."""
    row_lengths: list[int]
    """Tokens of each row; no row is empty."""

    @property
    def row_starts(self) -> list[int]:
        """The index of the first token of each row, and last the count of all tokens."""
        return list(accumulate(self.row_lengths, initial=0))

    def covered(self, entity: Entity) -> range:
        """Return the indices of the tokens that the entity touches."""
        return spans_touched(self.spans, entity.start, entity.end)

    def snap(self, entity: Entity) -> Span:
        """Return the entity's extent in code points, grown or cut to the tokens that it touches.

        One that touches none, such as a lone direction mark, keeps its own extent.
        """
        covered = self.covered(entity)
        if not covered:
            return entity.start, entity.end
        return self.spans[covered[0]][0], self.spans[covered[-1]][1]


def tokenize(text: str, kind: TokenKind) -> Tokens:
    """Return the tokens of a text: our words in one row, or the corpus's own, a row per line."""
    if kind == "words":
        words = split_words(text)
        return Tokens(words, [len(words)] if words else [])
    spans = [match.span() for match in _CORPUS_TOKEN.finditer(text)]
    line_ends = [match.start() for match in re.finditer("\n", text)] + [len(text)]
    reached = [bisect_left(spans, end, key=itemgetter(0)) for end in line_ends]
    lengths = [stop - start for start, stop in pairwise([0, *reached])]
    return Tokens(spans, [length for length in lengths if length])


def label_rows(tokens: Tokens, placed: Iterable[Placed]) -> list[Labels]:
    """Return the rows of BIO labels of disjoint runs; one that crosses rows starts anew in each."""
    starts = tokens.row_starts
    labels = ["O"] * starts[-1]
    fresh = set(starts)
    for first, stop, type in placed:
        for index in range(first, stop):
            labels[index] = f"B-{type}" if index == first or index in fresh else f"I-{type}"
    return [labels[start:stop] for start, stop in pairwise(starts)]


def place_once(tokens: Tokens, entities: Iterable[Entity]) -> tuple[list[Placed], int]:
    """Give every token to one entity at most, the one that starts first, the longer before others.

    Returns:
        The runs, and how many entities lack some or all of the tokens that they touch: these
        are taken, or there are none.
    """
    placed: list[Placed] = []
    reach, crowded = 0, 0
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        covered = tokens.covered(entity)
        first = max(covered.start, reach)
        crowded += not covered or first > covered.start
        if first < covered.stop:
            placed.append(Placed(first, covered.stop, entity.type))
            reach = covered.stop
    return placed, crowded


def place_in_layers(runs: Iterable[Placed]) -> list[list[Placed]]:
    """Spread the runs of one type over layers, such that those of one layer are disjoint.

    Each goes to the first layer with room, in order of their starts, the longer first: what lies
    inside another of its type lies in a later layer.
    """
    layers: list[list[Placed]] = []
    for run in sorted(set(runs), key=lambda r: (r.first, -r.stop)):
        room = next((layer for layer in layers if layer[-1].stop <= run.first), None)
        if room is None:
            layers.append([run])
        else:
            room.append(run)
    return layers


def count_orphans(rows: Iterable[Sequence[str]]) -> int:
    """Count the I- labels that neither a B- nor an I- of their type precedes in their row."""
    return sum(
        label.startswith("I-") and before[2:] != label[2:]
        for row in rows
        for before, label in pairwise(["O", *row])
    )
