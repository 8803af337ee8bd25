r"""WebAnno TSV 3: the tables of WebAnno and INCEpTION, one document each.

Enters: a file ``.tsv`` of version 3.0 to 3.3, or a folder of such. Leaves: the same in version 3.3:
a folder with a file for each document, or one file. See ``inception.py`` for the layers. The name
of a file is the id of its document. The rules are those of INCEpTION's user guide and of its code::

    #FORMAT=WebAnno TSV 3.3
    #T_SP=webanno.custom.Entity|value|id|score|cluster
    #T_RL=webanno.custom.Relation|value|id|score|BT_webanno.custom.Entity


    #Text=وزير الصحة سالم
    1-1	0-4	وزير	OCC[1]	…
    1-2	5-10	الصحة	OCC[1]|ORG[2]	…
    1-3	11-15	سالم	PERS	…	employee_of	…	1-2[2_0]

- Offsets count UTF-16 code units. Tokens are our words; a part of one that an entity covers is a
  sub-token, ``1-2.1``. An entity over several, or one of several on one, has a number, ``[1]``.
- A relation stands where its tail begins, and names where its head begins and both numbers.
- ``_`` is no annotation, ``*`` no value; signs with a meaning follow a backslash.
- ``meta``, and spaces and invisible characters at an entity's edges, have no place. Text that
  starts with a line end or a tab has none either, and is refused.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from khabar.data.document_files import FileKind, document_paths, write_document_files
from khabar.data.errors import FormatError, LineError, RecordError
from khabar.data.files import encode_text, read_lines
from khabar.data.inception import (
    ENTITY_FEATURES,
    ENTITY_LAYER,
    RELATION_FEATURES,
    RELATION_LAYER,
    Features,
    entity_features,
    make_document,
    relation_features,
    sentence_spans,
)
from khabar.data.left_out import missing
from khabar.data.offsets import Utf16
from khabar.data.records import Document
from khabar.data.rejected import Rejected
from khabar.data.webanno_table import (
    NO_ANNOTATION,
    NO_VALUE,
    escape_text,
    escape_value,
    parse_table,
)
from khabar.data.words import Span, spans_touched, split_words

_HEAD = (
    "#FORMAT=WebAnno TSV 3.3\n"
    f"#T_SP={'|'.join((ENTITY_LAYER, *ENTITY_FEATURES))}\n"
    f"#T_RL={'|'.join((RELATION_LAYER, *RELATION_FEATURES))}|BT_{ENTITY_LAYER}\n\n"
)
_SUFFIX = ".tsv"
_LINE_END = re.compile(r"[\t\n\r]")
_NO_ARC = [NO_ANNOTATION] * (len(RELATION_FEATURES) + 1)


def read_webanno(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every file becomes a document or, for its first bad line, an entry of ``rejected``.

    Raises:
        FormatError: the path is of another kind, or a file cannot be read at all.
    """
    for id, file in document_paths(path, _SUFFIX):
        try:
            table = parse_table(_lines(file, encoding))
            document = make_document(id, table.text, table.mentions, table.arcs)
        except LineError as error:
            rejected.add(file, error.line, str(error))
        except (FormatError, RecordError) as error:
            rejected.add(file, None, str(error))
        else:
            yield document


def is_webanno(path: Path) -> bool:
    """Whether a file starts as such a table does. Raises: FormatError."""
    first = next(read_lines(path), None)
    return first is not None and first.raw.startswith(b"#FORMAT=WebAnno TSV 3")


def write_webanno(path: Path, documents: Iterable[Document]) -> None:
    """Write a new folder of files or, where the path ends in ``.tsv``, one, atomically.

    Raises:
        FormatError: as ``write_document_files``; a text starts with a line end or tab, an entity
            has no word, or a name holds a carriage return.
    """
    write_document_files(path, documents, FileKind(_SUFFIX, _encode))


def missing_from_webanno(document: Document) -> Counter[str]:
    """Count what the format has no place for."""
    tokens = _tokens(document.text)
    touched = (spans_touched(tokens, e.start, e.end) for e in document.entities)
    edges = sum(
        (e.start < tokens[own[0]][0]) + (tokens[own[-1]][1] < e.end)
        for e, own in zip(document.entities, touched, strict=True)
        if own
    )
    return +Counter({"spaces at entities' edges": edges}) + missing(document, "meta")


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    for line in read_lines(path, encoding):
        try:
            yield line.number, line.decode().removesuffix("\n").removesuffix("\r")
        except FormatError as error:
            raise LineError(str(error), line.number) from error


# Writing


class _Unit(msgspec.Struct):
    """A token, or a part of one, with the entities on it by their places in the document."""

    id: str
    start: int
    end: int
    entities: list[int] = []


class _Rows(msgspec.Struct):
    """The units of a document, and where its annotations stand on them."""

    units: list[_Unit]
    """In the order of their lines."""
    first: dict[int, _Unit]
    """By entity: where its relations find it."""
    numbers: dict[int, int]
    """By entity, for those over several units or one of several on one."""


def _encode(document: Document) -> bytes:
    text, units = document.text, Utf16(document.text)
    tokens = _tokens(text)
    _check_start(text, tokens)
    sentences = sentence_spans(text, tokens, document.entities)
    rows = _rows(document, tokens, sentences)
    heads = {
        start: "".join(f"#Text={escape_text(line)}\n" for line in text[start:end].split("\n"))
        for start, end in sentences
    }
    arcs = _arc_cells(document, rows)
    lines = [_HEAD]
    for unit in rows.units:
        if unit.start in heads:
            lines.append(f"\n{heads.pop(unit.start)}")
        extent = f"{units.units(unit.start)}-{units.units(unit.end)}"
        cells = [*_entity_cells(document, unit, rows), *arcs.get(unit.id, _NO_ARC)]
        lines.append("\t".join([unit.id, extent, text[unit.start : unit.end], *cells, "\n"]))
    return encode_text("".join(lines), origin="its text")


def _tokens(text: str) -> list[Span]:
    """Return the words, and before the first one what else is there but spaces."""
    words = split_words(text)
    if not words:
        return [(0, len(text))] if text else []
    start = words[0][0]
    return [(0, start), *words] if text[:start].strip(" ") else words


def _check_start(text: str, tokens: Sequence[Span]) -> None:
    if tokens and _LINE_END.search(text, *tokens[0]):
        raise FormatError(
            "its text starts with a line end or a tab, which a table cannot hold; strip the text"
        )


def _rows(document: Document, tokens: Sequence[Span], sentences: Sequence[Span]) -> _Rows:
    units = list(_units(tokens, {start for start, _ in sentences}, _parts(document, tokens)))
    first: dict[int, _Unit] = {}
    ambiguous: set[int] = set()
    for unit in units:
        for entity in unit.entities:
            if first.setdefault(entity, unit) is not unit or len(unit.entities) > 1:
                ambiguous.add(entity)
    numbers = {entity: number for number, entity in enumerate(sorted(ambiguous), start=1)}
    return _Rows(units, first, numbers)


def _parts(document: Document, tokens: Sequence[Span]) -> dict[int, dict[Span, list[int]]]:
    """Return, by token, the parts of it that entities cover, with their places."""
    parts: defaultdict[int, defaultdict[Span, list[int]]]
    parts = defaultdict(lambda: defaultdict(list))
    for place, entity in enumerate(document.entities):
        touched = spans_touched(tokens, entity.start, entity.end)
        if not touched:
            raise FormatError(f"entity {entity.id} {entity.text!r} has no word; drop it")
        for token in touched:
            start, end = tokens[token]
            parts[token][max(start, entity.start), min(end, entity.end)].append(place)
    return {token: dict(own) for token, own in parts.items()}


def _units(
    tokens: Sequence[Span], sentence_starts: set[int], parts: dict[int, dict[Span, list[int]]]
) -> Iterator[_Unit]:
    sentence = number = 0
    for token, (start, end) in enumerate(tokens):
        if start in sentence_starts:
            sentence, number = sentence + 1, 0
        number += 1
        id, own = f"{sentence}-{number}", parts.get(token, {})
        yield _Unit(id, start, end, own.pop((start, end), []))
        in_order = sorted(own.items(), key=lambda part: (part[0][0], -part[0][1]))
        for place, (span, entities) in enumerate(in_order, start=1):
            yield _Unit(f"{id}.{place}", *span, entities)


def _entity_cells(document: Document, unit: _Unit, rows: _Rows) -> list[str]:
    if not unit.entities:
        return [NO_ANNOTATION] * len(ENTITY_FEATURES)
    stacked = [(entity_features(document.entities[e]), rows.numbers.get(e)) for e in unit.entities]
    return [
        "|".join(
            f"{_cell(values, name)}[{n}]" if n else _cell(values, name) for values, n in stacked
        )
        for name in ENTITY_FEATURES
    ]


def _arc_cells(document: Document, rows: _Rows) -> dict[str, list[str]]:
    """Return the columns of relations, by the unit where their tails begin."""
    places = {entity.id: place for place, entity in enumerate(document.entities)}
    stacked: defaultdict[str, list[list[str]]] = defaultdict(list)
    for relation in document.relations:
        head, tail = places[relation.head], places[relation.tail]
        values = relation_features(relation)
        numbers = rows.numbers.get(head, 0), rows.numbers.get(tail, 0)
        pointer = rows.first[head].id + ("[{}_{}]".format(*numbers) if any(numbers) else "")
        cells = [_cell(values, name) for name in RELATION_FEATURES]
        stacked[rows.first[tail].id].append([*cells, pointer])
    return {
        unit: ["|".join(column) for column in zip(*arcs, strict=True)]
        for unit, arcs in stacked.items()
    }


def _cell(features: Features, name: str) -> str:
    value = features.get(name)
    if value is None:
        return NO_VALUE
    if "\r" in value:
        raise FormatError(f"the name {value!r} holds a carriage return; rename it")
    return escape_value(value)
