r"""Inline annotation: articles with nested marks, for people who annotate in an editor.

Enters and leaves: files of this form, and documents, exactly::

    #id spa-0001
    #source name of the corpus
    the text, unchanged to the letter, with nested marks ⟨1:ORG|words ⟨2:GPE|inside⟩⟩
    ---
    1 located_in 2
    ===
    #id spa-0002
    …

- Lines that start with ``#``, at the top, give the document's id and its ``meta``: a name, a space,
  the value. A second ``#id`` is ``meta["id"]``; without any, ``<stem>-<n>`` names the document.
- The text follows, up to the line ``---``, with marks and escapes as ``marks.py`` has them. A text
  that starts with ``#`` starts with ``\#``, a line ``---`` or ``===`` of the text is ``\---`` or
  ``\===``; ``⟨``, ``⟩`` and the backslash are escaped anywhere, a carriage return is ``\r``.
- Then come the relations: head, type, tail, and where there is more to say ``id=r7`` (else they are
  ``r1, r2, …`` in order) and ``score=0.9``. Blank lines among them are skipped.
- A line ``===`` stands between documents. What holds blank lines alone is no document.
- A line may end with a carriage return and a line feed, as some editors want it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from khabar.data.errors import FormatError, LineError, RecordError
from khabar.data.files import encode_text, file_stem, read_lines, write_chunks
from khabar.data.marks import (
    MarkError,
    escape,
    escape_field,
    mark_text,
    parse_attributes,
    parse_marked,
    refuse_others,
    take_score,
    unescape,
)
from khabar.data.records import Document, Relation
from khabar.data.rejected import Rejected

_TEXT_END = "---"
_DOCUMENT_END = "==="
_LINE_ENDS = "\n\r"


class _Lines(msgspec.Struct):
    """The lines of one document, without their ends."""

    first: int
    """The number of the first."""
    lines: list[str] = []
    fault: str | None = None
    """Why the first line that could not be decoded could not."""
    fault_line: int = 0

    @property
    def hold_document(self) -> bool:
        return self.fault is not None or any(line.strip() for line in self.lines)


def read_inline(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every document of the file is yielded or, for its first fault, an entry of ``rejected``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    stem = file_stem(path)
    for number, lines in enumerate(_split_documents(path, encoding), start=1):
        try:
            document = _parse(lines, default_id=f"{stem}-{number}")
        except LineError as error:
            rejected.add(path, error.line, str(error))
        else:
            yield document


def write_inline(path: Path, documents: Iterable[Document]) -> None:
    """Write documents with marks, atomically, compressed as the suffix says.

    Raises:
        FormatError: two entities of a document cross, or it holds a lone surrogate.
    """
    write_chunks(path, _encoded(documents))


def _split_documents(path: Path, encoding: str) -> Iterator[_Lines]:
    block = _Lines(first=1)
    for line in read_lines(path, encoding):
        try:
            text = line.decode().removesuffix("\n").removesuffix("\r")
        except FormatError as error:
            if block.fault is None:
                block.fault, block.fault_line = str(error), line.number
            continue
        if text != _DOCUMENT_END:
            block.lines.append(text)
            continue
        if block.hold_document:
            yield block
        block = _Lines(first=line.number + 1)
    if block.hold_document:
        yield block


def _parse(block: _Lines, *, default_id: str) -> Document:
    if block.fault is not None:
        raise LineError(block.fault, block.fault_line)
    lines = block.lines
    headers = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    end = lines.index(_TEXT_END, headers) if _TEXT_END in lines[headers:] else len(lines)
    id, meta = _parse_headers(lines[:headers], block.first)
    marked, text_line = "\n".join(lines[headers:end]), block.first + headers
    try:
        text, entities = parse_marked(marked)
    except MarkError as error:
        line = text_line + marked.count("\n", 0, error.position)
        raise LineError(str(error), line) from error
    relations = _parse_relations(lines[end + 1 :], block.first + end + 1)
    try:
        return Document(
            id=default_id if id is None else id,
            text=text,
            entities=entities,
            relations=relations,
            meta=meta,
        )
    except RecordError as error:
        raise LineError(str(error), block.first) from error


def _parse_headers(lines: list[str], first: int) -> tuple[str | None, dict[str, str]]:
    id: str | None = None
    meta: dict[str, str] = {}
    for number, line in enumerate(lines, start=first):
        try:
            name, _, value = (unescape(part) for part in line[1:].partition(" "))
        except FormatError as error:
            raise LineError(str(error), number) from error
        if name == "id" and id is None:
            id = value
        elif name in meta:
            raise LineError(f"a second header #{name}; give each its own name", number)
        else:
            meta[name] = value
    return id, meta


def _parse_relations(lines: list[str], first: int) -> tuple[Relation, ...]:
    relations: list[Relation] = []
    for number, line in enumerate(lines, start=first):
        if not line.strip(" \t"):
            continue
        try:
            relations.append(_parse_relation(line, default_id=f"r{len(relations) + 1}"))
        except FormatError as error:
            raise LineError(str(error), number) from error
    return tuple(relations)


def _parse_relation(line: str, *, default_id: str) -> Relation:
    fields = line.split(" ")
    if len(fields) < 3:
        raise FormatError(f"{line!r} is no relation; write head TYPE tail, with one space between")
    head, type, tail = (unescape(field) for field in fields[:3])
    attributes = parse_attributes(fields[3:])
    score, id = take_score(attributes), attributes.pop("id", default_id)
    refuse_others(attributes)
    return Relation(id=id, type=type, head=head, tail=tail, score=score)


def _encoded(documents: Iterable[Document]) -> Iterator[bytes]:
    separator = ""
    for document in documents:
        origin = f"document {document.id!r}"
        try:
            lines = _lines(document)
        except FormatError as error:
            raise FormatError(f"{origin}: {error}") from error
        yield encode_text(f"{separator}{lines}", origin=origin)
        separator = f"{_DOCUMENT_END}\n"


def _lines(document: Document) -> str:
    lines = [_header(name, value) for name, value in [("id", document.id), *document.meta.items()]]
    lines.extend(_escape_lines(mark_text(document.text, document.entities)))
    lines.append(_TEXT_END)
    for number, relation in enumerate(document.relations, start=1):
        lines.append(_relation_line(relation, default_id=f"r{number}"))
    return "".join(f"{line}\n" for line in lines)


def _header(name: str, value: str) -> str:
    return f"#{escape_field(name)} {escape(value, _LINE_ENDS)}"


def _escape_lines(marked: str) -> list[str]:
    first, *others = marked.split("\n")
    lines = ["\\" + first if first.startswith("#") else first, *others]
    return ["\\" + line if line in {_TEXT_END, _DOCUMENT_END} else line for line in lines]


def _relation_line(relation: Relation, *, default_id: str) -> str:
    fields = [escape_field(field) for field in (relation.head, relation.type, relation.tail)]
    if relation.id != default_id:
        fields.append(f"id={escape_field(relation.id)}")
    if relation.score is not None:
        fields.append(f"score={relation.score!r}")
    return " ".join(fields)
