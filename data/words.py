"""Words: the units that the model decides about, as spans of the original text.

A word is a maximal run of letters, digits and their marks, with what is invisible by nature inside
it (joiners, direction marks; not spaces and controls); every other visible character is a word of
its own. Invisible characters at a word's edges belong to no word. Knows no model and no file.
"""

from __future__ import annotations

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
