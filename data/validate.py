"""Validation: what in documents breaks a schema or the word rule, said one sentence each.

Enters: documents or a file of them, and a schema. Leaves: sentences; nothing is changed, but for
``widen_to_words``, which mends what the word rule asks. Knows no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from khabar.data.formats import read_documents
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected
from khabar.data.schema import LabelSchema, check_document, cut_words


def validate_documents(
    documents: Iterable[Document], schema: LabelSchema, *, origin: str
) -> Iterator[str]:
    """Yield one sentence for each problem; ``origin`` says where the documents come from."""
    ids: set[str] = set()
    for document in documents:
        place = f"{origin}: document {document.id!r}"
        if document.id in ids:
            yield f"{place}: another document has this id; give each its own"
        ids.add(document.id)
        for problem in check_document(document, schema):
            yield f"{place}: {problem}"


def validate_file(
    path: Path, schema: LabelSchema, *, format: str | None = None, encoding: str = "utf-8"
) -> Iterator[str]:
    """Yield one sentence for each problem of a file, what cannot be read coming last.

    Raises:
        FormatError: the file cannot be read at all.
    """
    rejected = Rejected()
    documents = read_documents(path, format=format, encoding=encoding, rejected=rejected)
    yield from validate_documents(documents, schema, origin=str(path))
    yield from map(str, rejected.entries)


def widen_to_words(document: Document) -> tuple[Document, list[str]]:
    """Widen the entities that cut a word to whole words, with one sentence for each change.

    Where two entities of one type become the same, the first stays and takes over the relations of
    the other; a relation that then is there twice, or joins an entity to itself, is dropped.
    """
    widened = cut_words(document)
    if not widened:
        return document, []
    place = f"document {document.id!r}"
    sentences: list[str] = []
    kept: dict[tuple[int, int, str], Entity] = {}
    heirs: dict[str, str] = {}
    for entity in document.entities:
        start, end = widened.get(entity.id, (entity.start, entity.end))
        whole = msgspec.structs.replace(entity, start=start, end=end, text=document.text[start:end])
        if whole != entity:
            sentences.append(
                f"{place}: entity {entity.id} {entity.text!r} cuts a word; widened to "
                f"{whole.text!r}"
            )
        heir = kept.setdefault((start, end, entity.type), whole)
        heirs[entity.id] = heir.id
        if heir is not whole:
            sentences.append(
                f"{place}: entity {entity.id} is now the same {entity.type} as {heir.id}; dropped"
            )
    relations = _inherit(document.relations, heirs)
    mended = msgspec.structs.replace(document, entities=tuple(kept.values()), relations=relations)
    return mended, sentences


def _inherit(relations: tuple[Relation, ...], heirs: dict[str, str]) -> tuple[Relation, ...]:
    kept: dict[tuple[str, str, str], Relation] = {}
    for relation in relations:
        head, tail = heirs[relation.head], heirs[relation.tail]
        became_loop = head == tail and relation.head != relation.tail
        if not became_loop:
            moved = msgspec.structs.replace(relation, head=head, tail=tail)
            kept.setdefault((relation.type, head, tail), moved)
    return tuple(kept.values())
