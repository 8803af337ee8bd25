"""DyGIE++'s JSON lines: sentences of tokens, entities as token ranges with inclusive ends.

Enters and leaves: files with a document a line: ``doc_key``, ``sentences`` (lists of tokens),
``ner`` and ``relations`` (a list for each sentence, of ``[start, end, type]`` and of ``[start, end,
start, end, type]``) and ``clusters`` (lists of ``[start, end]``). Tokens are counted from 0 in the
document, not in the sentence, and ``end`` is the last token.

- A sentence is a line of the text, or several that an entity or a relation joins.
- Relations and clusters name extents, so that only the first of several entities with one extent
  can be meant: what belongs to another is left out. Scores have no place.
- Ids become ``1, 2, …`` and ``r1, r2, …``, sentence by sentence, clusters ``1, 2, …``.
- Written are two fields more, which DyGIE++ allows: ``_text``, the text to the letter, and
  ``_meta``; without them the text is the tokens with spaces, a line for each sentence.
- A cluster with a mention that is no entity is kept in ``meta.clusters`` as it is, and fields of
  other kinds, such as ``events``, in ``meta``; they are not written.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path

import msgspec

from khabar.data.errors import FormatError
from khabar.data.extras import fields_to_meta
from khabar.data.files import write_chunks
from khabar.data.json_objects import parse_objects
from khabar.data.jsonl import Fields, encode_fields
from khabar.data.left_out import missing
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected
from khabar.data.tokens import (
    entity_tokens,
    find_tokens,
    join_tokens,
    sentence_starts,
    token_extent,
    token_spans,
)
from khabar.data.words import Span

_DATASET = "khabar"
"""DyGIE++ wants a name for the data set."""


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    doc_key: str | int
    sentences: list[list[str]]
    dataset: str = _DATASET
    ner: list[list[tuple[int, int, str]]] = []
    relations: list[list[tuple[int, int, int, int, str]]] = []
    clusters: list[list[tuple[int, int]]] = []
    text: str | None = msgspec.field(default=None, name="_text")
    meta: dict[str, str] = msgspec.field(default_factory=dict, name="_meta")


_OWN = frozenset(_Sample.__struct_encode_fields__)


def is_dygie(fields: Fields) -> bool:
    """Whether an object is one of DyGIE++'s, by its keys."""
    return {"doc_key", "sentences"} <= fields.keys()


def read_dygie(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every object becomes a document or an entry of ``rejected``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    return parse_objects(path, rejected, _parse, encoding=encoding)


def write_dygie(path: Path, documents: Iterable[Document]) -> None:
    """Write one document a line, atomically, compressed as the suffix says.

    Raises:
        FormatError: an entity starts or ends with what belongs to no token.
    """
    write_chunks(path, (_encode(document) for document in documents))


def missing_from_dygie(document: Document) -> Counter[str]:
    """Count what DyGIE++ has no place for."""
    named = _named(document)
    lost = [e for e in document.entities if e.id not in named and e.cluster is not None]
    relations = [r for r in document.relations if not {r.head, r.tail} <= named]
    counts = Counter({"relations": len(relations), "clusters of entities": len(lost)})
    return +counts + missing(document, "scores")


# Reading


def _parse(fields: Fields, default_id: str) -> Document:
    sample = msgspec.convert(fields, _Sample)
    for name, lists in (("ner", sample.ner), ("relations", sample.relations)):
        if lists and len(lists) != len(sample.sentences):
            raise FormatError(
                f"`{name}` has {len(lists)} lists for {len(sample.sentences)} sentences; write one "
                f"for each"
            )
    text, spans = join_tokens(sample.sentences)
    if sample.text is not None:
        tokens = list(chain.from_iterable(sample.sentences))
        text, spans = sample.text, find_tokens(tokens, sample.text)
    entities, places = _entities(sample, text, spans)
    meta = {**sample.meta, **fields_to_meta(fields, _OWN)}
    if sample.dataset != _DATASET:
        meta["dataset"] = sample.dataset
    if strange := [c for c in sample.clusters if not all(mention in places for mention in c)]:
        meta["clusters"] = msgspec.json.encode(strange).decode()
    relations = [
        Relation(id=f"r{number}", type=type, head=_at(places, a, b), tail=_at(places, c, d))
        for number, (a, b, c, d, type) in enumerate(chain.from_iterable(sample.relations), start=1)
    ]
    return Document(
        id=str(sample.doc_key), text=text, entities=entities, relations=tuple(relations), meta=meta
    )


def _entities(
    sample: _Sample, text: str, spans: list[Span]
) -> tuple[tuple[Entity, ...], dict[Span, str]]:
    """Return the entities, and by its tokens the id of the first of each extent."""
    clusters = {
        mention: str(number)
        for number, cluster in enumerate(sample.clusters, start=1)
        for mention in cluster
    }
    entities: list[Entity] = []
    places: dict[Span, str] = {}
    for number, (first, last, type) in enumerate(chain.from_iterable(sample.ner), start=1):
        start, end = token_extent(spans, first, last + 1)
        is_first = places.setdefault((first, last), str(number)) == str(number)
        entities.append(
            Entity(
                id=str(number),
                type=type,
                start=start,
                end=end,
                text=text[start:end],
                cluster=clusters.get((first, last)) if is_first else None,
            )
        )
    return tuple(entities), places


def _at(places: dict[Span, str], first: int, last: int) -> str:
    if (first, last) not in places:
        raise FormatError(
            f"a relation names tokens {first} to {last}, which are no entity of `ner`; add it"
        )
    return places[first, last]


# Writing


def _named(document: Document) -> set[str]:
    """Return the ids of the entities that their extents name."""
    first: dict[Span, str] = {}
    for entity in document.entities:
        first.setdefault((entity.start, entity.end), entity.id)
    return set(first.values())


def _encode(document: Document) -> bytes:
    try:
        return encode_fields(_fields(document), document) + b"\n"
    except FormatError as error:
        raise FormatError(f"document {document.id!r}: {error}") from error


def _fields(document: Document) -> Fields:
    spans = token_spans(document)
    tokens = [document.text[start:end] for start, end in spans]
    starts = sentence_starts(document, spans)
    places = {e.id: entity_tokens(spans, e) for e in document.entities}
    named = _named(document)
    ner: list[list[object]] = [[] for _ in starts]
    for entity in document.entities:
        place = places[entity.id]
        ner[_sentence(starts, place)].append([place[0], place[-1], entity.type])
    relations: list[list[object]] = [[] for _ in starts]
    for relation in document.relations:
        if {relation.head, relation.tail} <= named:
            head, tail = places[relation.head], places[relation.tail]
            ends = [head[0], head[-1], tail[0], tail[-1]]
            relations[_sentence(starts, head)].append([*ends, relation.type])
    return {
        "doc_key": document.id,
        "dataset": _DATASET,
        "sentences": [tokens[start:end] for start, end in pairwise([*starts, len(tokens)])],
        "ner": ner,
        "relations": relations,
        "clusters": _clusters(document, places, named),
        "_text": document.text,
        "_meta": document.meta,
    }


def _sentence(starts: list[int], place: range) -> int:
    return bisect_right(starts, place[0]) - 1


def _clusters(document: Document, places: dict[str, range], named: set[str]) -> list[list[Span]]:
    clusters: dict[str, list[Span]] = {}
    for entity in document.entities:
        if entity.cluster is not None and entity.id in named:
            place = places[entity.id]
            clusters.setdefault(entity.cluster, []).append((place[0], place[-1]))
    return list(clusters.values())
