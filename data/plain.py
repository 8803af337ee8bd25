"""Plain text: a file is one article, its text unchanged to the letter.

Line ends, tabs, control and invisible characters stay; only a byte order mark is no text. Plain
text holds no annotation, so there is no writer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from khabar.data.errors import FormatError
from khabar.data.files import file_stem, read_lines
from khabar.data.records import Document
from khabar.data.rejected import Rejected


def read_plain(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Yield the file's one document, named by the file; a bad byte makes it a rejection.

    Raises:
        FormatError: the file cannot be read at all.
    """
    lines: list[str] = []
    for line in read_lines(path, encoding):
        try:
            lines.append(line.decode())
        except FormatError as error:
            rejected.add(path, line.number, str(error))
            return
    yield Document(id=file_stem(path), text="".join(lines))
