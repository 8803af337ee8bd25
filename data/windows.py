"""Windows: a document's words cut to the encoder's limit, and decisions merged back.

Enters: how many pieces each word has. Leaves: ``Window`` ranges of words. Every word lies in at
least one window and is owned by exactly one, the one in which it has most context on its poorer
side: nothing is truncated. Knows no model, no file, no label.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Window(NamedTuple):
    """A range of words, ends exclusive, and the part of it that this window decides about."""

    start: int
    end: int
    own_start: int
    own_end: int

    def margin(self, first: int, last: int, words: int) -> int:
        """Return the words of context around a stretch, on its poorer side, in a document."""
        left = first - self.start if self.start > 0 else words
        right = self.end - 1 - last if self.end < words else words
        return min(left, right)


def cut_windows(
    pieces: NDArray[np.int64], limit: int, overlap: int, first: int | None = None
) -> list[Window]:
    """Cut a document into windows of at most ``limit`` pieces.

    Args:
        pieces: pieces of every word, ``(words,)``, each at most ``limit``.
        limit: most pieces in a window.
        overlap: pieces that neighbouring windows share, at most; less than half of ``limit``.
        first: most pieces in the first window (or one word), where there are several, so that all
            others begin elsewhere; None: ``limit``.

    Returns:
        Windows in reading order; none for a document without words.
    """
    ranges = _ranges(pieces, limit, overlap, first or limit)
    seams = [(left[1] + right[0] + 1) // 2 for left, right in zip(ranges, ranges[1:], strict=False)]
    edges = [0, *seams, len(pieces)]
    return [
        Window(start, end, edges[index], edges[index + 1])
        for index, (start, end) in enumerate(ranges)
    ]


def window_of(windows: Sequence[Window], first: int, last: int, words: int) -> Window | None:
    """Return the window with most context around a stretch, of those of a document that hold it.

    Args:
        windows: of the document, in reading order.
        first: first word of the stretch.
        last: last word, inclusive.
        words: words of the document.
    """
    # Both ends grow from window to window, so that those which hold the stretch are neighbours.
    start = bisect_right(windows, last, key=lambda window: window.end)
    stop = bisect_right(windows, first, key=lambda window: window.start)
    holding = windows[start:stop]
    return max(holding, key=lambda window: window.margin(first, last, words), default=None)


def _ranges(
    pieces: NDArray[np.int64], limit: int, overlap: int, first: int
) -> list[tuple[int, int]]:
    before = np.concatenate([[0], np.cumsum(pieces)])  # pieces before each word
    words = len(pieces)
    ranges: list[tuple[int, int]] = []
    start = 0
    if before[-1] <= limit:
        first = limit
    while start < words:
        most = limit if ranges else first
        end = max(start + 1, int(np.searchsorted(before, before[start] + most, side="right")) - 1)
        ranges.append((start, end))
        if end == words:
            break
        # The next one begins where the shared pieces fit, and so that it reaches one word further.
        shared = np.searchsorted(before, before[end] - overlap, side="left")
        reaching = np.searchsorted(before, before[end + 1] - limit, side="left")
        start = int(max(shared, reaching))
    return ranges
