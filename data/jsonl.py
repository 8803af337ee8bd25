"""JSON lines: one document or one raw article a line, the native form of a corpus and of records.

Enters and leaves: ``.jsonl`` files, see ``articles.py`` for the fields. Blank lines are no
articles. What is written is read back equal, to the last bit of a score.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from khabar.data.articles import document_from_fields
from khabar.data.errors import FormatError
from khabar.data.files import file_stem, lone_surrogate, read_lines, write_chunks
from khabar.data.records import Document
from khabar.data.rejected import Rejected

_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(r"(?<!\\)(?:\\\\)*(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")


def read_jsonl(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every line that is not blank becomes a document or an entry of ``rejected``.

    An article without an id is named by the file and the line, ``<stem>-<line>``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    stem = file_stem(path)
    for line in read_lines(path, encoding):
        if not line.raw.strip():
            continue
        try:
            document = _parse(line.decode(), default_id=f"{stem}-{line.number}")
        except (FormatError, msgspec.MsgspecError) as error:
            rejected.add(path, line.number, str(error))
        else:
            yield document


def write_jsonl(path: Path, documents: Iterable[Document]) -> None:
    """Write one document a line, atomically, compressed as the suffix says.

    Raises:
        FormatError: a document holds a lone surrogate.
    """
    write_chunks(path, (encode_document(document) for document in documents))


def encode_document(document: Document) -> bytes:
    """Return a document as its line of JSON, line end included. Raises: FormatError."""
    try:
        return msgspec.json.encode(document) + b"\n"
    except UnicodeEncodeError as error:
        raise lone_surrogate(error, origin=f"document {document.id!r}") from error


def _parse(text: str, *, default_id: str) -> Document:
    try:
        fields = msgspec.json.decode(text, type=dict[str, object])
    except RecursionError as error:
        raise FormatError("is nested too deep; an article's fields are texts and lists") from error
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:
        # msgspec 0.22 says of some of these lines that they are cut short.
        if lone := _SURROGATE.search(_PAIR.sub("", text)):
            raise FormatError(
                f"holds the lone surrogate {lone[1]}, half a character that no text can hold; "
                f"replace it, for instance by \\ufffd"
            ) from error
        raise
    return document_from_fields(fields, default_id=default_id)
