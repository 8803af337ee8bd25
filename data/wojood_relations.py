"""WojoodRelations: a sentence, two mentions in it by their words, and a relation that may hold.

Enters and leaves: JSON lines with the fields ``sentence, subject, relation, object, holds``.

- A record has no offsets: of the places where both mentions stand, whole words go before others,
  and then the two nearest to each other. ``meta.places`` counts the pairs of places if there are
  several. A record has no types: both entities are a ``MENTION``.
- The relation is in the document if it holds. What was asked is in ``meta`` either way: ``asked``,
  the relation, and ``holds``; ``question_of`` reads it from there.
- A document from elsewhere becomes a record for each relation, with the lines of the text from one
  argument to the other. Types, scores, clusters, ``meta`` and other entities have no place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import msgspec

from khabar.data.errors import FormatError
from khabar.data.files import write_chunks
from khabar.data.jsonl import Fields, decode_fields, encode_fields, parse_lines
from khabar.data.left_out import missing
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected
from khabar.data.words import Span, split_words

MENTION = "MENTION"
"""The type of a mention of which no type is known."""

_SUBJECT, _OBJECT = "1", "2"
_ASKED, _HOLDS, _PLACES = "asked", "holds", "places"
_TRUTH = {True: "true", False: "false"}


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a record asks: whether a relation holds between two of a document's entities."""

    relation: str
    head: str
    """An entity's id, as is ``tail``."""
    tail: str
    holds: bool
    places: int
    """Among how many pairs of places in the sentence the two were chosen."""


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    sentence: str
    subject: str
    relation: str
    object: str
    holds: bool


def question_of(document: Document) -> Question | None:
    """Return what a document asks; None if it comes from no such record."""
    if not _asks(document):
        return None
    return Question(
        relation=document.meta[_ASKED],
        head=_SUBJECT,
        tail=_OBJECT,
        holds=document.meta[_HOLDS] == _TRUTH[True],
        places=int(document.meta.get(_PLACES, "1")),
    )


def is_wojood_relations(fields: Fields) -> bool:
    """Whether an object is such a record, by its keys."""
    return set(_Record.__struct_fields__) <= set(fields)


def read_wojood_relations(
    path: Path, rejected: Rejected, *, encoding: str = "utf-8"
) -> Iterator[Document]:
    """Every line that is not blank becomes a document or an entry of ``rejected``.

    Ids are ``<stem>-<line>``.

    Raises:
        FormatError: the file cannot be read at all.
    """

    def parse(line: str, id: str) -> Document:
        return _document(msgspec.convert(decode_fields(line), _Record), id)

    yield from parse_lines(path, rejected, parse, encoding=encoding)


def write_wojood_relations(path: Path, documents: Iterable[Document]) -> None:
    """Write a record a line, atomically, compressed as the suffix says.

    Raises:
        FormatError: a document holds a lone surrogate.
    """
    write_chunks(
        path,
        (
            encode_fields(msgspec.structs.asdict(record), document) + b"\n"
            for document in documents
            for record in _records(document)
        ),
    )


def missing_from_wojood_relations(document: Document) -> Counter[str]:
    """Count what the records have no place for."""
    if _asks(document):
        return Counter()
    related = {id for relation in document.relations for id in (relation.head, relation.tail)}
    counts = {
        "documents without a relation": int(not document.relations),
        "entities in no relation": sum(e.id not in related for e in document.entities),
        "types of entities": len(related),
    }
    return +Counter(counts) + missing(document, "scores", "clusters", "meta")


def _document(record: _Record, id: str) -> Document:
    text = record.sentence
    extents, places = _nearest(text, record)
    mentions = zip((_SUBJECT, _OBJECT), extents, strict=True)
    relation = Relation(id="1", type=record.relation, head=_SUBJECT, tail=_OBJECT)
    meta = {_ASKED: record.relation, _HOLDS: _TRUTH[record.holds]}
    return Document(
        id=id,
        text=text,
        entities=tuple(
            Entity(id=name, type=MENTION, start=start, end=end, text=text[start:end])
            for name, (start, end) in mentions
        ),
        relations=(relation,) if record.holds else (),
        meta=meta if places == 1 else {**meta, _PLACES: str(places)},
    )


def _nearest(text: str, record: _Record) -> tuple[tuple[Span, Span], int]:
    """Return the places of subject and object, and among how many pairs they were chosen."""
    words = split_words(text)
    starts, ends = {start for start, _ in words}, {end for _, end in words}
    found = {}
    for name, mention in (("subject", record.subject), ("object", record.object)):
        spans = _occurrences(text, mention)
        if not spans:
            raise FormatError(f"the {name} {mention!r} does not stand in the sentence; correct one")
        found[name] = [s for s in spans if s[0] in starts and s[1] in ends] or spans
    pairs = list(product(found["subject"], found["object"]))
    return min(pairs, key=_distance), len(pairs)


def _occurrences(text: str, mention: str) -> list[Span]:
    spans: list[Span] = []
    start = text.find(mention) if mention else -1
    while start >= 0:
        spans.append((start, start + len(mention)))
        start = text.find(mention, start + 1)
    return spans


def _distance(pair: tuple[Span, Span]) -> tuple[bool, int]:
    """Return whether two places are one, and the characters between them."""
    first, second = sorted(pair)
    return first == second, max(0, second[0] - first[1])


def _asks(document: Document) -> bool:
    ids = {entity.id for entity in document.entities}
    return {_ASKED, _HOLDS} <= set(document.meta) and ids == {_SUBJECT, _OBJECT}


def _records(document: Document) -> Iterator[_Record]:
    if (question := question_of(document)) is not None:
        yield _Record(
            sentence=document.text,
            subject=document.entity(question.head).text,
            relation=question.relation,
            object=document.entity(question.tail).text,
            holds=question.holds,
        )
        return
    for relation in document.relations:
        head, tail = document.entity(relation.head), document.entity(relation.tail)
        yield _Record(
            sentence=_lines_around(document.text, head, tail),
            subject=head.text,
            relation=relation.type,
            object=tail.text,
            holds=True,
        )


def _lines_around(text: str, head: Entity, tail: Entity) -> str:
    start = text.rfind("\n", 0, min(head.start, tail.start)) + 1
    end = text.find("\n", max(head.end, tail.end))
    return text[start:] if end < 0 else text[start:end]
