"""Statistics of a corpus: how much there is of what.

Enters: documents. Leaves: counts. Knows no file and no schema.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from khabar.data.records import Document, Entity
from khabar.data.words import split_words


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Counts over all documents of a corpus."""

    documents: int
    characters: int
    """Code points."""
    words: int
    """By the word rule, so that punctuation marks are words, too."""
    document_words: tuple[int, ...]
    """Words of every document, in order."""
    entities: dict[str, int]
    """By type, the most frequent first."""
    relations: dict[str, int]
    """By type, the most frequent first."""
    nested: int
    """Entities that lie inside another one."""
    nested_in_own_type: int
    """Those of them that lie inside one of their own type."""
    depth: int
    """Most entities around one place; 1 in a flat corpus."""


def corpus_statistics(documents: Iterable[Document]) -> Statistics:
    """Count documents, words, entities, relations and nesting, one document at a time."""
    total: Counter[str] = Counter()
    entities: Counter[str] = Counter()
    relations: Counter[str] = Counter()
    depth = 0
    lengths: list[int] = []
    for document in documents:
        entities.update(entity.type for entity in document.entities)
        relations.update(relation.type for relation in document.relations)
        around = _enclosing(document.entities)
        depth = max([depth, *(len(outer) + 1 for _, outer in around)])
        total["documents"] += 1
        total["characters"] += len(document.text)
        lengths.append(len(split_words(document.text)))
        total["nested"] += sum(bool(outer) for _, outer in around)
        total["own"] += sum(entity.type in outer for entity, outer in around)
    return Statistics(
        documents=total["documents"],
        characters=total["characters"],
        words=sum(lengths),
        document_words=tuple(lengths),
        entities=dict(entities.most_common()),
        relations=dict(relations.most_common()),
        nested=total["nested"],
        nested_in_own_type=total["own"],
        depth=depth,
    )


def _enclosing(entities: Sequence[Entity]) -> list[tuple[Entity, list[str]]]:
    """Return each entity with the types of those around it; of one extent, the first is outer."""
    found: list[tuple[Entity, list[str]]] = []
    open: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        open = [other for other in open if other.end > entity.start]
        found.append((entity, [other.type for other in open if other.end >= entity.end]))
        open.append(entity)
    return found
