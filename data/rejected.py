"""The ledger of what was not read: every input article ends as a document or as an entry here.

Knows no format. Whoever reads decides: a ``Rejected`` collects, a ``StrictRejected`` raises.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from khabar.data.errors import FormatError


class Rejection(msgspec.Struct, frozen=True, kw_only=True):
    """One article that was not read, and why; also a line of ``errors.jsonl``."""

    path: str
    line: int | None
    """Counted from 1; a row in Parquet, None where the file is one article."""
    reason: str

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.reason}"


class Rejected:
    """Collects rejections while a reader goes on."""

    def __init__(self) -> None:
        self.entries: list[Rejection] = []
        """In the order of reading, one for each article."""

    def add(self, path: Path, line: int | None, reason: str) -> None:
        """Note that the article at a line of a file was not read."""
        self.entries.append(Rejection(path=str(path), line=line, reason=reason))


class StrictRejected(Rejected):
    """Raises at the first rejection, for whoever wants all articles or none."""

    def add(self, path: Path, line: int | None, reason: str) -> None:
        """Note the rejection and raise it. Raises: FormatError."""
        super().add(path, line, reason)
        raise FormatError(str(self.entries[-1]))
