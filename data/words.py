"""Words: the units that the model decides about, as spans of the original text.

A word is a maximal run of letters, digits and their marks, with what is invisible by nature inside
it (joiners, direction marks; not spaces and controls); every other visible character is a word of
its own. Invisible characters at a word's edges belong to no word. Knows no model and no file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import itemgetter

import regex

Span = tuple[int, int]
"""Start and end in code points, end exclusive."""

# Letters include tatweel, marks the Arabic diacritics. Invisible is what Unicode calls default
# ignorable (joiners, direction marks, soft hyphen, variation selectors), with controls and spaces.
_WORD = regex.compile(
    r"(?V1)[[\p{L}\p{N}\p{M}]--\p{DI}]+(?:\p{DI}+[[\p{L}\p{N}\p{M}]--\p{DI}]+)*"
    r"|[^\p{DI}\p{Cc}\p{Z}]"
)


def split_words(text: str) -> list[Span]:
    """Return the spans of the words of ``text``: ordered, disjoint, never empty."""
    return [match.span() for match in _WORD.finditer(text)]


def spans_touched(spans: Sequence[Span], start: int, end: int) -> range:
    """Return the indices of the spans, ordered and disjoint, that share a character with an extent.

    Args:
        spans: words, or tokens of another kind.
        start: code points before the extent.
        end: code points before and in it.
    """
    first = bisect_right(spans, start, key=itemgetter(1))
    return range(first, max(first, bisect_left(spans, end, key=itemgetter(0))))
