"""What a format has no place for: counted while documents are written, told in one sentence.

Enters: documents, and a function that says what the format misses of one. Knows no format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Literal, TypeAlias

from khabar.data.records import Document

Part: TypeAlias = Literal["relations", "scores", "clusters", "meta"]
"""What formats may lack a place for. Ids are names: a format may number anew."""

Misses: TypeAlias = Callable[[Document], Counter[str]]
"""What a format has no place for in a document, and how many."""


def nothing(document: Document) -> Counter[str]:
    """Miss nothing."""
    return Counter()


def missing(document: Document, *parts: Part, kept_meta: Collection[str] = ()) -> Counter[str]:
    """Count what a document holds of some parts; ``meta`` by field, but for those that are kept."""
    counts: Counter[str] = Counter()
    if "relations" in parts:
        counts["relations"] = len(document.relations)
    if "scores" in parts:
        scores = [e.score for e in document.entities] + [r.score for r in document.relations]
        counts["scores"] = sum(score is not None for score in scores)
    if "clusters" in parts:
        counts["clusters of entities"] = sum(e.cluster is not None for e in document.entities)
    if "meta" in parts:
        counts.update(f"meta.{name}" for name in document.meta if name not in kept_meta)
    return +counts


class LeftOut:
    """What was left out of the documents of a file."""

    def __init__(self, format: str) -> None:
        self.format = format
        self.counts: Counter[str] = Counter()
        """By what it is, such as ``relations`` or ``meta.source``."""

    def watch(self, documents: Iterable[Document], misses: Misses) -> Iterator[Document]:
        """Count while documents pass."""
        for document in documents:
            self.counts.update(misses(document))
            yield document

    def __bool__(self) -> bool:
        return bool(self.counts)

    def __str__(self) -> str:
        told = ", ".join(f"{count:,} {what}" for what, count in self.counts.items())
        return f"{self.format} has no place for what is left out: {told}"
