"""The lines of a CoNLL file: their kinds, their cells, and a file cut into its documents.

Enters: decoded lines with their line ends. Leaves: ``Part``s, the tokens, labels and exact lines of
one document each. Knows no record; see ``conll.py`` for the format.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from khabar.data.errors import FormatError

DOCUMENT_START = "-DOCSTART-"
DOCUMENT_END = "$#$"
MARKS = frozenset({DOCUMENT_START, DOCUMENT_END})
"""What can be no token."""
WORDS_PER_PART = 2_000
"""Where nothing marks documents, a part ends with the sentence that reaches this many tokens."""

_LABEL = re.compile(r"O|[BI]-.+")
_SPACES = " \t\r\n"


class Row(msgspec.Struct, frozen=True):
    """A line, or why it could not be decoded."""

    number: int
    text: str
    fault: str | None = None


class Part(msgspec.Struct):
    """The lines of one document."""

    head: str = ""
    """What stands before the first token's line."""
    started: bool = False
    """Whether the head holds a document's start."""
    tokens: list[str] = []
    labels: list[list[str]] = []
    groups: list[str] = []
    """For each token its line, and what stands between it and the next token's."""
    sentence_starts: set[int] = set()
    """Tokens that start a sentence, but for the first."""
    closed: bool = False
    """Whether a token that follows starts another part."""
    fault: tuple[int, str] | None = None
    """Line and reason of the first line that is not as the format wants it."""

    @property
    def holds_document(self) -> bool:
        """Whether there is anything but blank lines and ends."""
        return self.started or bool(self.tokens) or self.fault is not None

    def add_between(self, text: str) -> None:
        """Add a line that is no token's."""
        if self.groups:
            self.groups[-1] += text
            self.sentence_starts.add(len(self.tokens))
        else:
            self.head += text

    def add_token(self, row: Row, label_column: int | None) -> None:
        """Add a token's line, or its fault."""
        try:
            token, labels = parse_token_line(row.text, label_column)
        except FormatError as error:
            self.fault = self.fault or (row.number, str(error))
            return
        self.tokens.append(token)
        self.labels.append(labels)
        self.groups.append(row.text)


def split_parts(
    rows: Iterable[Row], label_column: int | None, cut_after: int | None = WORDS_PER_PART
) -> Iterator[Part]:
    """Cut a file into its parts, of which each holds a document; none is lost.

    Args:
        rows: the file's lines, in order.
        label_column: see ``parse_token_line``.
        cut_after: the tokens after which a part ends where nothing marks documents; None never.
    """
    part, cut = Part(), cut_after
    for row in rows:
        kind = "token" if row.fault else line_kind(row.text)
        if part.holds_document and (kind == "start" or (kind == "token" and part.closed)):
            yield part
            part = Part()
        cut = None if kind in {"start", "end"} else cut
        if row.fault:
            part.fault = part.fault or (row.number, row.fault)
        elif kind == "token":
            part.add_token(row, label_column)
        else:
            part.add_between(row.text)
            part.started = part.started or kind == "start"
            full = cut is not None and len(part.tokens) >= cut
            part.closed = part.closed or full or (kind == "end" and part.holds_document)
    if part.holds_document:
        yield part


def line_kind(text: str) -> Literal["blank", "start", "end", "token"]:
    """Say what a line is: it ends a sentence, starts or ends a document, or holds a token."""
    first, *labels = re.split(r"[ \t]+", text.strip(_SPACES))
    if not first:
        return "blank"
    if first == DOCUMENT_START:
        return "start"
    if first == DOCUMENT_END and set(labels) <= {"O"}:
        return "end"
    return "token"


def parse_token_line(text: str, label_column: int | None = None) -> tuple[str, list[str]]:
    """Return the token of a line and its labels other than ``O``.

    The token is the first column; columns are separated by tabs if the line holds one, by spaces
    otherwise. A space or carriage return inside a token becomes a no-break space.

    Args:
        text: a line.
        label_column: the one column to take labels from, the token's is 0; negative ones count
            from the end. None takes all after the token.

    Raises:
        FormatError: no token or a mark for one, no label, or one that is none of BIO. Without
            path and line.
    """
    separator = "\t" if "\t" in text else " "
    cells = [cell.strip(" ") for cell in text.rstrip("\r\n").split(separator)]
    if separator == " ":
        cells = [cell for cell in cells if cell]
    token = re.sub(r"[ \r]", "\u00a0", cells[0])
    if not token:
        raise FormatError("has labels but no token; put the token before the first tab")
    if token in MARKS:
        raise FormatError(f"{token} marks documents and holds no entity; label it O")
    chosen = " ".join(_label_cells(cells, label_column))
    labels = [label for label in chosen.split(" ") if label]
    if not labels:
        raise FormatError(f"has no label after {token!r}; write O where there is no entity")
    for label in labels:
        if not _LABEL.fullmatch(label):
            raise FormatError(
                f"{label!r} is no label: O, B-TYPE and I-TYPE are; other columns may stand there "
                f"when the label's is named"
            )
    return token, [label for label in labels if label != "O"]


def _label_cells(cells: list[str], label_column: int | None) -> list[str]:
    if label_column is None:
        return cells[1:]
    try:
        return [cells[label_column]]
    except IndexError as error:
        raise FormatError(
            f"has {len(cells)} columns, so there is no label column {label_column}"
        ) from error
