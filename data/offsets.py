"""Offsets: code points, as records count, and UTF-16 code units, as JavaScript, Java and C# do.

Both are equal up to the first character outside the Basic Multilingual Plane, such as an emoji,
which is one code point and two code units. Enters: a text, and what another program says of it.
Knows no file and no record.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from khabar.data.errors import FormatError
from khabar.data.words import Span

Offsets: TypeAlias = Literal["code-points", "utf-16"]
"""What offsets count."""

_WIDE = re.compile("[\U00010000-\U0010ffff]")


class Utf16:
    """The offsets of one text in UTF-16 code units, and back."""

    def __init__(self, text: str) -> None:
        self._wide = [match.start() for match in _WIDE.finditer(text)]
        self._wide_units = [start + number for number, start in enumerate(self._wide)]

    @property
    def differs(self) -> bool:
        """Whether any offset of this text differs in the two units."""
        return bool(self._wide)

    def units(self, code_points: int) -> int:
        """Return an offset in code units."""
        return code_points + bisect_left(self._wide, code_points)

    def code_points(self, units: int) -> int:
        """Return an offset in code points. Raises: FormatError for half a character."""
        wide = bisect_left(self._wide_units, units)
        if wide and self._wide_units[wide - 1] + 1 == units:
            raise FormatError(
                f"the offset {units} lies inside a character that is two UTF-16 code units; the "
                f"offsets here count something else"
            )
        return units - wide


class Claim(NamedTuple):
    """Where another program says that an annotation stands, and what it says stands there."""

    name: str
    pieces: tuple[Span, ...]
    said: str | None


class ClaimError(FormatError):
    """A claim that the text does not bear out in either unit."""

    def __init__(self, reason: str, index: int) -> None:
        super().__init__(reason)
        self.index = index
        """Of the claim."""


def settle(text: str, claims: Sequence[Claim]) -> list[tuple[Span, ...]]:
    """Return the pieces of claims in code points, in which unit they may be: all in one.

    What is said to stand there decides, whatever its spaces; where nothing is said, they are code
    points.

    Raises:
        ClaimError: neither unit makes all claims true; it tells of the first that is wrong in code
            points.
    """
    wrong = _first_wrong(text, claims)
    if wrong is None:
        return [claim.pieces for claim in claims]
    units = Utf16(text)
    try:
        moved = [
            claim._replace(
                pieces=tuple((units.code_points(s), units.code_points(e)) for s, e in claim.pieces)
            )
            for claim in claims
        ]
    except FormatError:
        raise _claim_error(text, claims, wrong) from None
    if not units.differs or _first_wrong(text, moved) is not None:
        raise _claim_error(text, claims, wrong)
    return [claim.pieces for claim in moved]


def _first_wrong(text: str, claims: Sequence[Claim]) -> int | None:
    wrong = (
        index
        for index, claim in enumerate(claims)
        if claim.said is not None and _letters(claim.said) != _letters(_found(text, claim))
    )
    return next(wrong, None)


def _found(text: str, claim: Claim) -> str:
    return " ".join(text[start:end] for start, end in claim.pieces)


def _letters(text: str) -> str:
    return "".join(text.split())


def _claim_error(text: str, claims: Sequence[Claim], index: int) -> ClaimError:
    claim = claims[index]
    places = ", ".join(f"{start} to {end}" for start, end in claim.pieces)
    found = _found(text, claim)
    return ClaimError(
        f"{claim.name} says {claim.said!r} of {places}, where the text has {found!r}; "
        f"correct the offsets, or take the text that was annotated, with its own line ends",
        index,
    )
