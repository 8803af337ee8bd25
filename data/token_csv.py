"""Tokens in CSV: a row for each token, its labels in the last column.

Enters and leaves: files of this form, and documents.

- The first line names the columns, in any case. The token's is ``Word`` or ``Token``; one whose
  name begins with ``Sentence`` says the sentence and one with ``Document`` the document, where a
  blank cell means the one of the row above (``Sentence: 1`` and then none). The last column holds
  the labels: ``O``, ``B-TYPE``, ``I-TYPE``, also written ``B_TYPE``; of a token inside several
  entities all of them, outermost first, with spaces between. Other columns say nothing.
- A document ends where that column's value changes; without that column every sentence is a
  document of its own, and without either the file is one.
- Text, entities and tokens are those of ``tagged.py``; spaces inside a token become no-break ones.
  A row is a line: a cell holds no line end.
- Ids, scores, clusters, relations, ``meta`` and the spaces of a text are not carried, except for
  the id of a document.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from khabar.data.errors import FormatError
from khabar.data.files import Line, encode_text, file_stem, read_lines, write_chunks
from khabar.data.left_out import missing
from khabar.data.records import Document
from khabar.data.rejected import Rejected
from khabar.data.tagged import MENDED, TaggedTokens, loses_spaces, tagged_document, tagged_tokens

_HEADER = ("Document_ID", "Sentence_ID", "Word", "Label")
_LABEL = re.compile(r"([BI])[-_](.+)")


class _Columns(NamedTuple):
    """Which column holds what; the labels are in the last."""

    named: int
    """How many there are."""
    word: int
    sentence: int | None
    document: int | None


@dataclass
class _Rows:
    """The rows of one document."""

    id: str | None
    tagged: TaggedTokens = field(default_factory=lambda: TaggedTokens([], [], set()))
    fault: tuple[int, str] | None = None
    """Line and reason of the first row that is not as the format wants it."""


def read_token_csv(
    path: Path, rejected: Rejected, *, encoding: str = "utf-8"
) -> Iterator[Document]:
    """Every document of the file is yielded or, for its first bad row, an entry of ``rejected``.

    Ids are those of the column of documents, or ``<stem>-<n>``, counted from 1 over both.

    Raises:
        FormatError: the file cannot be read at all, or its first line names no column of tokens.
    """
    lines = read_lines(path, encoding)
    columns = _columns(path, next(lines, None))
    for number, rows in enumerate(_documents(lines, columns), start=1):
        if rows.fault:
            rejected.add(path, *rows.fault)
        else:
            yield tagged_document(rows.tagged, rows.id or f"{file_stem(path)}-{number}")[0]


def write_token_csv(path: Path, documents: Iterable[Document]) -> None:
    """Write a row a token, atomically, compressed as the suffix says.

    Raises:
        FormatError: a document that labels cannot hold: two entities of one type that cross, an
            entity without a token, a type with a space.
    """
    write_chunks(path, _encoded(documents))


def missing_from_token_csv(document: Document) -> Counter[str]:
    """Count what such rows have no place for."""
    counts = missing(document, "relations", "scores", "clusters", "meta", kept_meta=(MENDED,))
    counts["texts' own spaces"] = int(loses_spaces(document))
    counts["documents without a token"] = int(not document.text.split())
    return +counts


def _columns(path: Path, line: Line | None) -> _Columns:
    names = [] if line is None else [name.strip().casefold() for name in _cells(line.decode())]
    word = [place for place, name in enumerate(names) if name in {"word", "token"}]
    if not word or len(names) < word[0] + 2:
        raise FormatError(
            f"{path}:1: the first line must name the columns, one of them Word or Token and the "
            f"labels' the last; it names {', '.join(names) or 'none'}"
        )
    return _Columns(len(names), word[0], _starting(names, "sentence"), _starting(names, "document"))


def _starting(names: list[str], start: str) -> int | None:
    return next((place for place, name in enumerate(names) if name.startswith(start)), None)


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line.rstrip("\r\n")], strict=True), [])
    except csv.Error as error:
        raise FormatError(f"is no row of CSV ({error}); mend its quotation marks") from error


def _documents(lines: Iterable[Line], columns: _Columns) -> Iterator[_Rows]:
    rows: _Rows | None = None
    place: tuple[str, str] = ("", "")  # of the row above: its document and its sentence
    for line in lines:
        try:
            cells = _row(line, columns)
        except FormatError as error:
            rows = rows or _Rows(None)
            rows.fault = rows.fault or (line.number, str(error))
            continue
        if cells is None:
            continue
        above, place = place, _place(cells, columns, place)
        if rows is None or _ends_document(columns, above, place):
            if rows is not None:
                yield rows
            rows = _Rows(place[0] or None)
        elif above != place:
            rows.tagged.sentence_starts.add(len(rows.tagged.tokens))
        _add(rows, line.number, cells, columns)
    if rows is not None:
        yield rows


def _row(line: Line, columns: _Columns) -> list[str] | None:
    """Return the cells of a line; None of a blank one."""
    text = line.decode()
    if not text.strip():
        return None
    cells = _cells(text)
    if len(cells) != columns.named:
        raise FormatError(
            f"has {len(cells)} cells where the first line names {columns.named} columns"
        )
    return cells


def _place(cells: list[str], columns: _Columns, above: tuple[str, str]) -> tuple[str, str]:
    """Return document and sentence of a row."""
    document = "" if columns.document is None else cells[columns.document].strip()
    sentence = "" if columns.sentence is None else cells[columns.sentence].strip()
    return document or above[0], sentence or above[1]


def _ends_document(columns: _Columns, above: tuple[str, str], place: tuple[str, str]) -> bool:
    return above[0] != place[0] if columns.document is not None else above[1] != place[1]


def _add(rows: _Rows, number: int, cells: list[str], columns: _Columns) -> None:
    word = re.sub(r"[ \t\r]", "\u00a0", cells[columns.word].strip(" \t\r"))
    try:
        if not word:
            raise FormatError("has no word; write one or drop the row")
        labels = _labels(cells[-1], word)
    except FormatError as error:
        rows.fault = rows.fault or (number, str(error))
        return
    rows.tagged.tokens.append(word)
    rows.tagged.labels.append(labels)


def _labels(cell: str, word: str) -> list[str]:
    """Return the labels of a cell other than ``O``."""
    labels = [label for label in cell.split(" ") if label]
    if not labels:
        raise FormatError(f"has no label after {word!r}; write O where there is no entity")
    found: list[str] = []
    for label in labels:
        match = _LABEL.fullmatch(label)
        if label != "O" and match is None:
            raise FormatError(f"{label!r} is no label: O, B-TYPE and I-TYPE are, B_TYPE as well")
        if match:
            found.append(f"{match[1]}-{match[2]}")
    return found


def _encoded(documents: Iterable[Document]) -> Iterator[bytes]:
    yield _line(_HEADER).encode()
    last = ""
    for document in documents:
        origin, id = f"document {document.id!r}", document.id.strip()
        if id in {"", last} or len(id.splitlines()) > 1:
            raise FormatError(f"{origin}: rows need an id of one line, and each document its own")
        last = id
        try:
            tokens, labels, starts = tagged_tokens(document)
        except FormatError as error:
            raise FormatError(f"{origin}: {error}") from error
        sentence = 1
        for place, (token, some) in enumerate(zip(tokens, labels, strict=True)):
            sentence += place in starts
            row = (id, str(sentence), token, " ".join(some) or "O")
            yield encode_text(_line(row), origin=origin)


def _line(cells: Iterable[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()
