"""Validation: what in documents breaks a schema or the word rule, said one sentence each.

Enters: documents or a file of them, and a schema. Leaves: sentences; nothing is changed, but for
``widen_to_words``, which mends what the word rule asks. Knows no model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from khabar.data.formats import corpus_files, read_documents
from khabar.data.guide import check_guide
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected
from khabar.data.schema import LabelSchema, check_document, cut_words


class Validator:
    """Checks documents one after another, and that no two of them have one id."""

    def __init__(self, schema: LabelSchema, *, guide: bool = False) -> None:
        """Check against a schema and, if wanted, the annotation guide."""
        self._schema, self._guide = schema, guide
        self._ids: set[str] = set()

    def documents(self, documents: Iterable[Document], *, origin: str) -> Iterator[str]:
        """Yield one sentence for each problem; ``origin`` says where the documents come from."""
        for document in documents:
            place = f"{origin}: document {document.id!r}"
            if document.id in self._ids:
                yield f"{place}: another document has this id; give each its own"
            self._ids.add(document.id)
            for problem in check_document(document, self._schema):
                yield f"{place}: {problem}"
            for problem in check_guide(document) if self._guide else ():
                yield f"{place}: {problem}"

    def path(
        self, path: Path, *, format: str | None = None, encoding: str = "utf-8"
    ) -> Iterator[str]:
        """Yield one sentence for each problem of a file, or of the files of a folder.

        What cannot be read of a file comes after its other problems.

        Raises:
            FormatError: a file cannot be read at all.
        """
        for file in corpus_files(path):
            rejected = Rejected()
            documents = read_documents(file, format=format, encoding=encoding, rejected=rejected)
            yield from self.documents(documents, origin=str(file))
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
