"""JSON lines: one document or one raw article a line, the native form of a corpus and of records.

Enters and leaves: ``.jsonl`` files, see ``articles.py`` for the fields. Blank lines are no
articles. What is written is read back equal, to the last bit of a score.

For programs that count UTF-16 code units, offsets can be written so: ``meta.offsets`` of such a
line is ``utf-16``, and reading it gives the record, in code points and without the mark.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import msgspec

from khabar.data.articles import document_from_fields
from khabar.data.errors import FormatError, KhabarError
from khabar.data.files import file_stem, lone_surrogate, read_lines, write_chunks
from khabar.data.offsets import Offsets, Utf16
from khabar.data.records import Document
from khabar.data.rejected import Rejected

_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_SURROGATE = re.compile(r"(?<!\\)(?:\\\\)*(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")


Fields: TypeAlias = dict[str, object]
"""A JSON object as it was read."""

_MARK = "offsets"
_UTF16 = "utf-16"


def read_jsonl(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every line that is not blank becomes a document or an entry of ``rejected``.

    An article without an id is named by the file and the line, ``<stem>-<line>``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    yield from parse_lines(path, rejected, _parse, encoding=encoding)


def parse_lines(
    path: Path, rejected: Rejected, parse: Callable[[str, str], Document], *, encoding: str
) -> Iterator[Document]:
    """Every line that is not blank becomes a document or an entry of ``rejected``.

    Args:
        path: the file.
        rejected: takes the lines that are no document.
        parse: makes a document of a line and of its id unless it says another, ``<stem>-<line>``;
            raises KhabarError or msgspec.MsgspecError for what is none.
        encoding: of the file.

    Raises:
        FormatError: the file cannot be read at all.
    """
    stem = file_stem(path)
    for line in read_lines(path, encoding):
        if not line.raw.strip():
            continue
        try:
            document = parse(line.decode(), f"{stem}-{line.number}")
        except (KhabarError, msgspec.MsgspecError) as error:
            rejected.add(path, line.number, str(error))
        else:
            yield document


def write_jsonl(
    path: Path, documents: Iterable[Document], *, offsets: Offsets = "code-points"
) -> None:
    """Write one document a line, atomically, compressed as the suffix says.

    Args:
        path: the file.
        documents: what to write.
        offsets: what the offsets of entities count; ``utf-16`` is marked in ``meta.offsets``.

    Raises:
        FormatError: a document holds a lone surrogate, or the mark already.
    """
    encode = encode_document if offsets == "code-points" else _encode_utf16
    write_chunks(path, (encode(document) for document in documents))


def encode_document(document: Document) -> bytes:
    """Return a document as its line of JSON, line end included. Raises: FormatError."""
    return _encode(document, document.id) + b"\n"


def encode_fields(fields: Mapping[str, object], document: Document) -> bytes:
    """Return the fields that a document has elsewhere as JSON. Raises: FormatError."""
    return _encode(fields, document.id)


def decode_fields(text: str) -> Fields:
    """Return a JSON object.

    Raises:
        FormatError: it is nested too deep or holds half a character.
        msgspec.MsgspecError: it is no JSON, or no object.
    """
    try:
        return msgspec.json.decode(text, type=dict[str, object])
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


def _encode(value: Document | Mapping[str, object], id: str) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise lone_surrogate(error, origin=f"document {id!r}") from error


def _parse(text: str, default_id: str) -> Document:
    return document_from_fields(_in_code_points(decode_fields(text)), default_id=default_id)


def _encode_utf16(document: Document) -> bytes:
    if _MARK in document.meta:
        raise FormatError(
            f"document {document.id!r}: its `meta.{_MARK}` would be taken for the mark of what "
            f"offsets count; rename the field"
        )
    units = Utf16(document.text)
    fields = document.to_dict()
    for entity in fields["entities"]:
        entity.update(start=units.units(entity["start"]), end=units.units(entity["end"]))
    fields["meta"][_MARK] = _UTF16
    return encode_fields(fields, document) + b"\n"


def _in_code_points(fields: Fields) -> Fields:
    """Return fields whose offsets count code points; what is malformed stays for the record."""
    text, meta, entities = fields.get("text"), fields.get("meta"), fields.get("entities")
    if not isinstance(meta, dict) or meta.get(_MARK) != _UTF16 or not isinstance(text, str):
        return fields
    unmarked = {name: value for name, value in meta.items() if name != _MARK}
    if not isinstance(entities, list):
        return {**fields, "meta": unmarked}
    units = Utf16(text)
    return {**fields, "entities": [_moved(e, units) for e in entities], "meta": unmarked}


def _moved(entity: object, units: Utf16) -> object:
    if not isinstance(entity, dict):
        return entity
    edges = {name: entity.get(name) for name in ("start", "end")}
    moved = {name: units.code_points(edge) for name, edge in edges.items() if type(edge) is int}
    return {**entity, **moved}
