"""Formats by name and by suffix: the one place that knows all readers and writers.

Enters: a path and, where its suffix does not say it, the name of its format. Leaves: documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from khabar.data.columns import line_kind, parse_token_line
from khabar.data.conll import read_conll, write_conll
from khabar.data.errors import FormatError
from khabar.data.files import bare_path, read_lines
from khabar.data.inline import read_inline, write_inline
from khabar.data.jsonl import read_jsonl, write_jsonl
from khabar.data.parquet import read_parquet, write_parquet
from khabar.data.plain import read_plain
from khabar.data.records import Document
from khabar.data.rejected import Rejected, StrictRejected

FORMATS = ("jsonl", "conll", "inline", "parquet", "plain")
"""The names of the formats; plain text is read only."""

_READERS = {"jsonl": read_jsonl, "conll": read_conll, "inline": read_inline, "plain": read_plain}
_WRITERS = {
    "jsonl": write_jsonl,
    "conll": write_conll,
    "inline": write_inline,
    "parquet": write_parquet,
}
SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".conll": "conll",
    ".bio": "conll",
    ".iob2": "conll",
    ".inline": "inline",
    ".parquet": "parquet",
    ".txt": "plain",
}
"""What a file's suffix says about its format."""
_SNIFFED_LINES = 20


def read_documents(
    path: Path,
    *,
    format: str | None = None,
    encoding: str = "utf-8",
    rejected: Rejected | None = None,
) -> Iterator[Document]:
    """Read the documents of a file, one at a time.

    Args:
        path: the file; ``.gz``, ``.xz`` and ``.zst`` are decompressed.
        format: one of ``FORMATS``; None goes by the suffix, and for ``.txt`` by the first lines: if
            each is a token with BIO labels, the file is in columns, else it is plain.
        encoding: of the file; Parquet has its own.
        rejected: takes the articles that cannot be read; None raises at the first.

    Raises:
        FormatError: the format or the encoding is unknown, the file cannot be read, or an article
            cannot and ``rejected`` is None.
    """
    ledger = StrictRejected() if rejected is None else rejected
    name = format_of(path, format)
    if name == "plain" and format is None and _looks_like_columns(path, encoding):
        name = "conll"
    if name == "parquet":
        return read_parquet(path, ledger)
    return _READERS[name](path, ledger, encoding=encoding)


def corpus_files(path: Path) -> list[Path]:
    """Return the files of a corpus: of a folder, all those whose suffix names a format, sorted.

    Raises:
        FormatError: a folder without such a file.
    """
    if not path.is_dir():
        return [path]
    found = sorted(f for f in path.rglob("*") if f.is_file() and bare_path(f).suffix in SUFFIXES)
    if not found:
        raise FormatError(f"{path}: the folder holds no file of {', '.join(SUFFIXES)}")
    return found


def write_documents(
    path: Path, documents: Iterable[Document], *, format: str | None = None
) -> None:
    """Write documents to a file, atomically, in UTF-8, compressed as its suffix says.

    Args:
        path: the file.
        documents: what to write.
        format: one of ``FORMATS`` but ``plain``; None goes by the suffix, ``.txt`` being columns.

    Raises:
        FormatError: the format is unknown or cannot hold a document.
    """
    name = format_of(path, format)
    if name not in _WRITERS:
        raise FormatError(
            f"{path}: plain text holds no annotation; write {', '.join(_WRITERS)} instead"
        )
    _WRITERS[name](path, documents)


def format_of(path: Path, format: str | None = None) -> str:
    """Return the format in which a file is read or written, from its name alone.

    Raises:
        FormatError: the format is unknown, or none is named and the suffix says none.
    """
    known = ", ".join(FORMATS)
    bare = bare_path(path)
    suffix = bare.suffix
    if "parquet" in {format, SUFFIXES.get(suffix)} and path != bare:
        raise FormatError(f"{path}: Parquet is compressed inside the file; name it {bare.name}")
    if format is not None:
        if format not in FORMATS:
            raise FormatError(f"no format is named {format!r}; give one of {known}")
        return format
    if suffix not in SUFFIXES:
        raise FormatError(
            f"{path}: the suffix {suffix!r} says no format; name it with --format, one of {known}"
        )
    return SUFFIXES[suffix]


def _looks_like_columns(path: Path, encoding: str) -> bool:
    found = False
    for line in islice(read_lines(path, encoding), _SNIFFED_LINES):
        try:
            text = line.decode()
            if line_kind(text) == "token":
                parse_token_line(text)
                found = True
        except FormatError:
            return False
    return found
