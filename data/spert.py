"""SpERT's JSON: tokens, entities as token ranges with exclusive ends, relations between entities.

Enters and leaves: files that are one array with an object for each document: ``tokens``,
``entities`` (``type``, ``start``, ``end``: tokens counted from 0, the end exclusive), ``relations``
(``type``, ``head``, ``tail``: places in the list of entities) and ``orig_id``.

Entities may nest, cross and share extents. Ids become ``1, 2, …`` and ``r1, r2, …``. Written are
two fields more, which SpERT does not look at: ``_text``, the text to the letter, and ``_meta``;
without them the text is the tokens with spaces. Scores and clusters have no place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from khabar.data.errors import FormatError
from khabar.data.extras import fields_to_meta
from khabar.data.json_objects import parse_objects, write_array
from khabar.data.jsonl import Fields, encode_fields
from khabar.data.left_out import missing
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected
from khabar.data.tokens import entity_tokens, find_tokens, join_tokens, token_extent, token_spans


class _Entity(msgspec.Struct, frozen=True):
    type: str
    start: int
    end: int
    """The token after the last."""


class _Relation(msgspec.Struct, frozen=True):
    type: str
    head: int
    tail: int


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    tokens: list[str]
    entities: list[_Entity] = []
    relations: list[_Relation] = []
    orig_id: str | int | None = None
    text: str | None = msgspec.field(default=None, name="_text")
    meta: dict[str, str] = msgspec.field(default_factory=dict, name="_meta")


_OWN = frozenset(_Sample.__struct_encode_fields__)


def is_spert(fields: Fields) -> bool:
    """Whether an object is one of SpERT's, by its keys."""
    return {"tokens", "entities", "relations"} <= fields.keys()


def read_spert(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every object becomes a document or an entry of ``rejected``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    return parse_objects(path, rejected, _parse, encoding=encoding)


def write_spert(path: Path, documents: Iterable[Document]) -> None:
    """Write an array of documents, atomically, compressed as the suffix says.

    Raises:
        FormatError: an entity starts or ends with what belongs to no token.
    """
    write_array(path, (_encode(document) for document in documents))


def missing_from_spert(document: Document) -> Counter[str]:
    """Count what SpERT has no place for."""
    return missing(document, "scores", "clusters")


def _parse(fields: Fields, default_id: str) -> Document:
    sample = msgspec.convert(fields, _Sample)
    text, spans = join_tokens([sample.tokens])
    if sample.text is not None:
        text, spans = sample.text, find_tokens(sample.tokens, sample.text)
    extents = [token_extent(spans, entity.start, entity.end) for entity in sample.entities]
    return Document(
        id=default_id if sample.orig_id is None else str(sample.orig_id),
        text=text,
        entities=tuple(
            Entity(id=str(number), type=entity.type, start=start, end=end, text=text[start:end])
            for number, (entity, (start, end)) in enumerate(
                zip(sample.entities, extents, strict=True), start=1
            )
        ),
        relations=tuple(
            Relation(
                id=f"r{number}",
                type=relation.type,
                head=_argument(relation.head, sample),
                tail=_argument(relation.tail, sample),
            )
            for number, relation in enumerate(sample.relations, start=1)
        ),
        meta={**sample.meta, **fields_to_meta(fields, _OWN)},
    )


def _argument(place: int, sample: _Sample) -> str:
    if not 0 <= place < len(sample.entities):
        raise FormatError(
            f"a relation names entity {place}, and there are {len(sample.entities)}, counted from 0"
        )
    return str(place + 1)


def _encode(document: Document) -> bytes:
    try:
        return encode_fields(_fields(document), document)
    except FormatError as error:
        raise FormatError(f"document {document.id!r}: {error}") from error


def _fields(document: Document) -> Fields:
    spans = token_spans(document)
    places = {entity.id: place for place, entity in enumerate(document.entities)}
    ranges = [entity_tokens(spans, entity) for entity in document.entities]
    return {
        "tokens": [document.text[start:end] for start, end in spans],
        "entities": [
            _Entity(entity.type, tokens.start, tokens.stop)
            for entity, tokens in zip(document.entities, ranges, strict=True)
        ],
        "relations": [
            _Relation(relation.type, places[relation.head], places[relation.tail])
            for relation in document.relations
        ],
        "orig_id": document.id,
        "_text": document.text,
        "_meta": document.meta,
    }
