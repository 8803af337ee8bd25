"""Pairs that could stand in a relation and do not: what a relation scorer must learn to leave out.

Enters: documents and a schema. Leaves: counts by relation type. Two entities stand together when
the same sentence holds them, a sentence ending at a full stop, a question or exclamation mark, a
semicolon or a line's end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from itertools import permutations

import regex

from khabar.data.records import Document, Entity
from khabar.data.schema import LabelSchema

# A full stop inside a number (3.5) or an acronym ends nothing; one before a closing quote does.
_SENTENCE_END = regex.compile(r"[.؟!?؛](?=[»”\")\]]*(?:\s|$))|\n")


def unrelated_pairs(documents: Iterable[Document], schema: LabelSchema) -> dict[str, int]:
    """Count the pairs of a sentence whose types a relation fits, without that relation.

    A pair counts for every relation type that its entity types admit and that the document does not
    state of it; of a symmetric one, once.

    Returns:
        Counts by relation type, the most frequent first.
    """
    counts: Counter[str] = Counter()
    for document in documents:
        stated = _stated(document, schema)
        for sentence in _sentences(document):
            for head, tail in permutations(sentence, 2):
                counts.update(
                    type
                    for type in _fitting(schema, head, tail)
                    if (type, head.id, tail.id) not in stated
                )
    return dict(counts.most_common())


def _fitting(schema: LabelSchema, head: Entity, tail: Entity) -> list[str]:
    forward = (head.start, head.end, head.id) < (tail.start, tail.end, tail.id)
    return [
        type
        for type, rule in schema.relations.items()
        if schema.allows(type, head.type, tail.type) and (forward or not rule.symmetric)
    ]


def _stated(document: Document, schema: LabelSchema) -> set[tuple[str, str, str]]:
    stated = {(r.type, r.head, r.tail) for r in document.relations}
    symmetric = {type for type, rule in schema.relations.items() if rule.symmetric}
    return stated | {(type, tail, head) for type, head, tail in stated if type in symmetric}


def _sentences(document: Document) -> list[list[Entity]]:
    ends = [match.end() for match in _SENTENCE_END.finditer(document.text)]
    grouped: dict[int, list[Entity]] = {}
    for entity in document.entities:
        number = bisect_right(ends, entity.start)
        grouped.setdefault(number, []).append(entity)
    return list(grouped.values())
