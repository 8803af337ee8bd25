"""CoNLL columns: a token and its BIO labels a line, flat or nested.

Enters and leaves: files of this form, and documents.

- A line holds a token and then its labels, in one column or several, separated by tabs or spaces;
  a token inside several entities has a label for each, outermost first (``I-OCC B-ORG``), and
  further ``O``s say nothing. See ``bio.py`` for what labels mean: an ``I-`` without its ``B-``
  starts an entity, and ``meta["mended"]`` counts those.
- A blank line ends a sentence. A line ``-DOCSTART-`` starts a document, a line ``$#$`` ends one.
  Before a file has shown either, a document ends with the sentence that reaches 2,000 tokens.
- The text of a document is its tokens, joined by spaces and, between sentences, by line feeds. Its
  entities have the extents of their tokens, whole, and the ids ``1, 2, …`` in order.
- Files come back byte for byte. What a document's text and entities do not say of its lines (the
  separator, blank lines, marks, labels as they were) is in ``meta["conll"]``, as short as it can
  be, and is used as long as it still reads as this document.
- A document from elsewhere is written after a ``-DOCSTART-``, its tokens being what spaces, tabs
  and line ends separate, cut where an entity starts or ends. Ids, scores, clusters, relations,
  ``meta`` and the spaces of its text are not carried; ``missing_from_conll`` counts them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from khabar.data.bio import encode_labels
from khabar.data.columns import (
    DOCUMENT_START,
    MARKS,
    WORDS_PER_PART,
    Part,
    Row,
    line_kind,
    split_parts,
)
from khabar.data.errors import FormatError
from khabar.data.files import (
    encode_text,
    file_stem,
    has_byte_order_mark,
    read_lines,
    write_chunks,
)
from khabar.data.left_out import missing
from khabar.data.records import Document
from khabar.data.rejected import Rejected
from khabar.data.tagged import (
    MENDED,
    TaggedTokens,
    loses_spaces,
    tagged_document,
    tagged_tokens,
)

_MARK = "\ufeff"
_LAYOUT = "conll"
_START_LINES = f"{DOCUMENT_START} O\n\n"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class _Layout(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a document's lines look, apart from its tokens and labels."""

    separator: str = " "
    newline: str = "\n"
    blank: str = ""
    """What a blank line holds before its end."""
    columns: int = 1
    """The least number of labels on a line."""
    label_column: int | None = None
    head: str = ""
    """What stands before the first token's line."""
    groups: dict[int, str] = {}
    """For a token whose lines are not as rendered: its line and those up to the next token's."""


def read_conll(
    path: Path, rejected: Rejected, *, encoding: str = "utf-8", label_column: int | None = None
) -> Iterator[Document]:
    """Every document of the file is yielded or, for its first bad line, an entry of ``rejected``.

    Ids are ``<stem>-<n>``, counted from 1 over both.

    Args:
        path: the file.
        rejected: takes what cannot be read.
        encoding: of the file.
        label_column: the only column with labels, where others hold something else; see
            ``columns.py``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    stem = file_stem(path)
    mark = _MARK if has_byte_order_mark(path) else ""
    parts = split_parts(_rows(path, encoding), label_column)
    for number, part in enumerate(parts, start=1):
        if number == 1:
            part.head = mark + part.head
        if part.fault:
            rejected.add(path, *part.fault)
        else:
            yield _document(part, f"{stem}-{number}", label_column)


def write_conll(path: Path, documents: Iterable[Document]) -> None:
    """Write documents in columns, atomically, compressed as the suffix says.

    Raises:
        FormatError: a document that columns cannot hold: two entities of one type that cross, an
            entity without a token, a type with a space, a token that would be a mark.
    """
    write_chunks(path, _encoded(documents))


def missing_from_conll(document: Document) -> Counter[str]:
    """Count what columns have no place for."""
    kept = (_LAYOUT, MENDED)
    counts = missing(document, "relations", "scores", "clusters", "meta", kept_meta=kept)
    counts["texts' own spaces"] = int(loses_spaces(document))
    return +counts


def _rows(path: Path, encoding: str) -> Iterator[Row]:
    for line in read_lines(path, encoding):
        try:
            row = Row(line.number, line.decode())
        except FormatError as error:
            row = Row(line.number, "", fault=str(error))
        yield row


def _document(part: Part, id: str, label_column: int | None) -> Document:
    tagged = TaggedTokens(part.tokens, part.labels, part.sentence_starts)
    document, mentions = tagged_document(tagged, id)
    layout = _layout(part, encode_labels(mentions, len(part.tokens)), label_column)
    meta = {_LAYOUT: msgspec.json.encode(layout).decode(), **document.meta}
    return msgspec.structs.replace(document, meta=meta)


def _layout(part: Part, labels: list[list[str]], label_column: int | None) -> _Layout:
    first = part.groups[0].partition("\n")[0] if part.groups else ""
    separator = "\t" if "\t" in first else " "
    least = min((_count_labels(group, separator) for group in part.groups), default=1)
    plain = _Layout(
        separator=separator,
        newline="\r\n" if first.endswith("\r") else "\n",
        blank=next((blank for group in part.groups if (blank := _blank(group))), ""),
        columns=1 if label_column is not None else least,
        label_column=label_column,
        head=part.head,
    )
    rendered = _render(part.tokens, labels, part.sentence_starts, plain)
    differing = {
        index: group
        for index, (group, expected) in enumerate(zip(part.groups, rendered, strict=True))
        if group != expected
    }
    return msgspec.structs.replace(plain, groups=differing)


def _count_labels(group: str, separator: str) -> int:
    line = group.partition("\n")[0].rstrip("\r")
    return max(1, line.count(separator))


def _blank(group: str) -> str:
    """Return what the first blank line of a group holds; empty if there is none."""
    blanks = [line for line in _split(group) if line_kind(line) == "blank"]
    return blanks[0].rstrip("\r\n") if blanks else ""


def _render(
    tokens: list[str], labels: list[list[str]], sentence_starts: set[int], layout: _Layout
) -> list[str]:
    joint = layout.separator if layout.columns > 1 else " "
    sentence_end = layout.blank + layout.newline
    groups: list[str] = []
    for index, (token, some) in enumerate(zip(tokens, labels, strict=True)):
        padded = [*some, *["O"] * (layout.columns - len(some))]
        is_last = index + 1 in sentence_starts or index + 1 == len(tokens)
        groups.append(
            f"{token}{layout.separator}{joint.join(padded)}{layout.newline}"
            f"{sentence_end if is_last else ''}"
        )
    return groups


def _encoded(documents: Iterable[Document]) -> Iterator[bytes]:
    last, marked, closed = "", False, True
    for document in documents:
        origin = f"document {document.id!r}"
        try:
            lines = _lines(document)
        except FormatError as error:
            raise FormatError(f"{origin}: {error}") from error
        kinds = [line_kind(line) for line in _split(lines)]
        if not closed and "start" not in kinds:
            lines, kinds = _START_LINES + lines.removeprefix(_MARK), ["start", *kinds]
            lines = f"\n{lines}" if line_kind(last) == "token" else lines
        marked = marked or "start" in kinds or "end" in kinds
        full = not marked and kinds.count("token") >= WORDS_PER_PART and kinds[-1] == "blank"
        closed = full or _ends_document(kinds)
        line_end = "\n" if last and not last.endswith("\n") else ""
        yield encode_text(line_end + lines, origin=origin)
        last = _split(lines)[-1] if lines else last


def _split(lines: str) -> list[str]:
    return _LINE.findall(lines)


def _ends_document(kinds: Sequence[str]) -> bool:
    return next(kind for kind in reversed(kinds) if kind != "blank") == "end"


def _lines(document: Document) -> str:
    """Return the lines of the file it came from if they still read as it, else lines that do."""
    tokens, labels, starts = tagged_tokens(document)
    for place, token in enumerate(tokens):
        if token in MARKS:
            raise FormatError(f"token {place}, {token}, is a mark of the format; drop it")
    if (layout := _stored_layout(document)) is not None:
        rendered = _render(tokens, labels, starts, layout)
        for groups in (_stored_groups(rendered, layout), _stored_gaps(rendered, layout)):
            lines = layout.head + "".join(groups)
            if _reads_as(lines, document, layout):
                return lines
    return _START_LINES + "".join(_render(tokens, labels, starts, _Layout()))


def _stored_groups(rendered: list[str], layout: _Layout) -> list[str]:
    return [layout.groups.get(index, group) for index, group in enumerate(rendered)]


def _stored_gaps(rendered: list[str], layout: _Layout) -> list[str]:
    """Leave out what was stored of the tokens' own lines: other labels may stand there now."""
    groups: list[str] = []
    for own, stored in zip(rendered, _stored_groups(rendered, layout), strict=True):
        line, end, _ = own.partition("\n")
        groups.append(line + end + stored.partition("\n")[2])
    return groups


def _reads_as(lines: str, document: Document, layout: _Layout) -> bool:
    rows = (Row(number, line) for number, line in enumerate(_split(lines.removeprefix(_MARK))))
    parts = list(split_parts(rows, layout.label_column, cut_after=None))
    if len(parts) != 1 or parts[0].fault:
        return False
    read = _document(parts[0], document.id, layout.label_column)
    return read.text == document.text and _extents(read) == _extents(document)


def _extents(document: Document) -> list[tuple[int, int, str]]:
    return [(entity.start, entity.end, entity.type) for entity in document.entities]


def _stored_layout(document: Document) -> _Layout | None:
    stored = document.meta.get(_LAYOUT)
    if stored is None:
        return None
    try:
        return msgspec.json.decode(stored, type=_Layout)
    except msgspec.MsgspecError as error:
        raise FormatError(
            f"`meta.{_LAYOUT}` is kept for the layout that the reader of columns puts there, and "
            f"this is none ({error}); rename or drop it"
        ) from error
