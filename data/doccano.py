"""doccano's JSON lines: texts with entities and relations by numbers.

Enters and leaves: files with a document a line: ``id``, ``text``, ``entities`` (``id``, ``label``,
``start_offset``, ``end_offset``) and ``relations`` (``id``, ``from_id``, ``to_id``, ``type``), as
projects with relations export and import them. Read is also the older form, with triples ``[start,
end, type]`` in ``label`` or ``labels``, and ``data`` for the text.

- Offsets count UTF-16 code units, as doccano's page does, the end exclusive. A project that counts
  grapheme clusters as one character counts otherwise, and its files do not say so.
- Ids that are no numbers become ``1, 2, …``. Other fields are ``meta``, and ``meta`` becomes other
  fields, which doccano keeps. Scores and clusters have no place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from khabar.data.errors import FormatError
from khabar.data.extras import fields_to_meta, meta_to_fields
from khabar.data.files import write_chunks
from khabar.data.json_objects import parse_objects
from khabar.data.jsonl import Fields, encode_fields
from khabar.data.left_out import missing
from khabar.data.offsets import Utf16
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected

_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_COMMENTS = "Comments"
"""An export of today has this field, empty or not."""


class _Entity(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    label: str
    start_offset: int
    end_offset: int


class _Relation(msgspec.Struct, frozen=True, kw_only=True):
    id: int | None = None
    from_id: int
    to_id: int
    type: str


_Triple = tuple[int, int, str]


class _Example(msgspec.Struct, frozen=True, kw_only=True):
    id: str | int | None = None
    text: str | None = None
    data: str | None = None
    entities: list[_Entity] = []
    relations: list[_Relation] = []
    label: list[_Triple] = []
    labels: list[_Triple] = []


_OWN = frozenset(_Example.__struct_encode_fields__)


def is_doccano(fields: Fields) -> bool:
    """Whether an object is one of doccano's, by its keys."""
    entities = fields.get("entities")
    if isinstance(entities, list) and entities:
        return isinstance(entities[0], dict) and "start_offset" in entities[0]
    return _COMMENTS in fields or any(_holds_triples(fields.get(n)) for n in ("label", "labels"))


def read_doccano(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every object becomes a document or an entry of ``rejected``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    return parse_objects(path, rejected, _parse, encoding=encoding)


def write_doccano(path: Path, documents: Iterable[Document]) -> None:
    """Write one document a line, atomically, compressed as the suffix says.

    Raises:
        FormatError: a document holds a lone surrogate.
    """
    write_chunks(path, (encode_fields(_fields(d), d) + b"\n" for d in documents))


def missing_from_doccano(document: Document) -> Counter[str]:
    """Count what doccano has no place for."""
    return missing(document, "scores", "clusters")


def _holds_triples(value: object) -> bool:
    if not isinstance(value, list) or not value or not isinstance(value[0], list):
        return False
    return [type(part) for part in value[0]] == [int, int, str]


def _parse(fields: Fields, default_id: str) -> Document:
    example = msgspec.convert(fields, _Example)
    text = example.data if example.text is None else example.text
    if text is None:
        raise FormatError("has no `text`; every article needs one")
    units = Utf16(text)
    return Document(
        id=default_id if example.id is None else str(example.id),
        text=text,
        entities=tuple(_entity(entity, text, units) for entity in _numbered(example)),
        relations=tuple(
            Relation(
                id=f"r{place}" if relation.id is None else str(relation.id),
                type=relation.type,
                head=str(relation.from_id),
                tail=str(relation.to_id),
            )
            for place, relation in enumerate(example.relations, start=1)
        ),
        meta=fields_to_meta(fields, _OWN),
    )


def _numbered(example: _Example) -> list[_Entity]:
    triples = [*example.label, *example.labels]
    if triples and example.entities:
        raise FormatError("has entities and triples of labels; keep one of them")
    return example.entities or [
        _Entity(id=number, label=label, start_offset=start, end_offset=end)
        for number, (start, end, label) in enumerate(triples, start=1)
    ]


def _entity(entity: _Entity, text: str, units: Utf16) -> Entity:
    start, end = units.code_points(entity.start_offset), units.code_points(entity.end_offset)
    return Entity(id=str(entity.id), type=entity.label, start=start, end=end, text=text[start:end])


def _fields(document: Document) -> Fields:
    units = Utf16(document.text)
    numbers = _numbers([entity.id for entity in document.entities])
    relation_numbers = _numbers([relation.id for relation in document.relations])
    return {
        "id": document.id,
        "text": document.text,
        "entities": [
            _Entity(
                id=numbers[entity.id],
                label=entity.type,
                start_offset=units.units(entity.start),
                end_offset=units.units(entity.end),
            )
            for entity in document.entities
        ],
        "relations": [
            _Relation(
                id=relation_numbers[relation.id],
                from_id=numbers[relation.head],
                to_id=numbers[relation.tail],
                type=relation.type,
            )
            for relation in document.relations
        ],
        **meta_to_fields(document.meta, {*_OWN, _COMMENTS}),
    }


def _numbers(ids: Sequence[str]) -> dict[str, int]:
    """Return the ids as numbers if they are some, else their places."""
    if all(_NUMBER.fullmatch(id) for id in ids):
        return {id: int(id) for id in ids}
    return {id: place for place, id in enumerate(ids, start=1)}
