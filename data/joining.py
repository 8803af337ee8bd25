"""Joining documents: several to one, as they stand together on a page or in a long article."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from khabar.data.records import Document

_BETWEEN = "\n\n"


def join_in_groups(documents: Sequence[Document], size: int) -> list[Document]:
    """Return documents joined ``size`` to one, in order; the last may be of fewer.

    Joined to one each they are as they were, with their ids and ``meta``.
    """
    if size == 1:
        return list(documents)
    groups = [documents[i : i + size] for i in range(0, len(documents), size)]
    return [join_documents(group) for group in groups]


def join_documents(documents: Sequence[Document]) -> Document:
    """Return one document of several, with a blank line between their texts."""
    entities, relations = [], []
    text = ""
    for number, document in enumerate(documents):
        text += _BETWEEN if number else ""
        start = len(text)
        entities += [
            msgspec.structs.replace(
                entity,
                id=f"{number}.{entity.id}",
                start=entity.start + start,
                end=entity.end + start,
            )
            for entity in document.entities
        ]
        relations += [
            msgspec.structs.replace(
                relation,
                id=f"{number}.{relation.id}",
                head=f"{number}.{relation.head}",
                tail=f"{number}.{relation.tail}",
            )
            for relation in document.relations
        ]
        text += document.text
    return Document(
        id="+".join(document.id for document in documents),
        text=text,
        entities=tuple(entities),
        relations=tuple(relations),
    )
