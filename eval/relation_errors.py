"""Error analysis of relations: above all, pairs that merely stand together in a sentence.

Enters: pairs of documents. Leaves: an ``ErrorAnalysis``, and how many of the pairs that stand
together without a relation were given one. Gold and predicted relations are told apart by kind
each on its own side, so that a reversed relation is a wrong one and a missed one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from itertools import combinations
from typing import NamedTuple, TypeAlias

import msgspec

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.alignment import Mention, mentions
from khabar.eval.breakdown import words_between
from khabar.eval.errors import ErrorAnalysis, Example, Marked, gather, in_context
from khabar.eval.pairs import Pair
from khabar.eval.relations import Argument, link_scores
from khabar.eval.tokens import Tokens

TOGETHER_WORDS = 28
"""Entities with fewer words between them stand together: 95 % of the relations of the annotated
news that this project measured span no more."""

RELATION_KINDS = {
    "missed": "both arguments were found, their relation was not",
    "missed with an argument": "the head or the tail was not found, so the relation could not be",
    "merely together": "between two right entities that gold does not relate to each other",
    "wrong relation": "between two right entities that gold relates, but otherwise",
    "wrong direction": "the right relation, from its tail to its head",
    "wrong argument": "from or to an entity that is itself wrong",
}
"""The kinds of relation errors and what they mean."""

_Triple: TypeAlias = tuple[str, Argument, Argument]
"""Type, head and tail; of a symmetric relation the two in order of their places."""


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Right entities that stand together, fit a relation of the schema and have none in gold."""

    pairs: int
    related: int
    """Those of them that were given a relation."""


class RelationErrors(msgspec.Struct, frozen=True, kw_only=True):
    """The errors in relations."""

    analysis: ErrorAnalysis
    together: Together

    def without_examples(self) -> RelationErrors:
        """Return the counts alone."""
        return msgspec.structs.replace(self, analysis=self.analysis.without_examples())


class _Side(NamedTuple):
    """The entities and relations of one side of a document, these with their scores."""

    entities: AbstractSet[Mention]
    scores: dict[_Triple, float | None]

    def between(self) -> dict[frozenset[Argument], list[str]]:
        """Return the types of the relations between two entities, whatever their direction."""
        types: defaultdict[frozenset[Argument], list[str]] = defaultdict(list)
        for type, head, tail in sorted(self.scores):
            types[frozenset((head, tail))].append(type)
        return types


def analyse_relations(pairs: Iterable[Pair], schema: LabelSchema) -> RelationErrors:
    """Return the errors in relations, and in pairs that stand together."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    examples: list[Example] = []
    unrelated = related = 0
    for pair in pairs:
        gold, predicted = (
            _side(pair, document, schema) for document in (pair.gold, pair.predicted)
        )
        kinds = _missed(gold, predicted) | _wrong(gold, predicted)
        for triple, kind in sorted(kinds.items()):
            counts[triple[0]][kind] += 1
            if kind != "correct":
                examples.append(_example(pair, triple, kind, gold, predicted))
        together = _together(pair, gold, predicted, schema)
        unrelated += together.pairs
        related += together.related
    return RelationErrors(
        analysis=gather(counts, RELATION_KINDS, examples),
        together=Together(pairs=unrelated, related=related),
    )


def _side(pair: Pair, document: Document, schema: LabelSchema) -> _Side:
    scores = {
        (type, head, tail): score
        for (type, (_, head, tail)), score in link_scores(document, pair.tokens, schema).items()
    }
    return _Side(mentions(document, pair.tokens), scores)


def _missed(gold: _Side, predicted: _Side) -> dict[_Triple, str]:
    kinds = {}
    for triple in gold.scores:
        found = {triple[1], triple[2]} <= predicted.entities
        missed = "missed" if found else "missed with an argument"
        kinds[triple] = "correct" if triple in predicted.scores else missed
    return kinds


def _wrong(gold: _Side, predicted: _Side) -> dict[_Triple, str]:
    related = gold.between()
    kinds = {}
    for type, head, tail in predicted.scores.keys() - gold.scores.keys():
        if not {head, tail} <= gold.entities:
            kind = "wrong argument"
        elif frozenset((head, tail)) not in related:
            kind = "merely together"
        else:
            turned = (type, tail, head) in gold.scores
            kind = "wrong direction" if turned else "wrong relation"
        kinds[type, head, tail] = kind
    return kinds


def _together(pair: Pair, gold: _Side, predicted: _Side, schema: LabelSchema) -> Together:
    stated, answered = gold.between(), predicted.between()
    unrelated = [
        frozenset(two)
        for two in combinations(sorted(gold.entities & predicted.entities), 2)
        if frozenset(two) not in stated and _fit(*two, schema) and _are_near(*two, pair.tokens)
    ]
    return Together(pairs=len(unrelated), related=sum(two in answered for two in unrelated))


def _fit(one: Mention, other: Mention, schema: LabelSchema) -> bool:
    return any(
        schema.allows(type, head.type, tail.type)
        for type in schema.relations
        for head, tail in ((one, other), (other, one))
    )


def _are_near(one: Mention, other: Mention, tokens: Tokens) -> bool:
    words = words_between(tokens, one[:2], other[:2])
    return words is None or words < TOGETHER_WORDS


def _example(pair: Pair, triple: _Triple, kind: str, gold: _Side, predicted: _Side) -> Example:
    type, head, tail = triple
    marks = [
        Marked(role=role, type=argument[2], start=argument[0], end=argument[1])
        for role, argument in (("head", head), ("tail", tail))
    ]
    text, marked = in_context(pair.gold, pair.tokens, marks)
    stated = gold.between().get(frozenset((head, tail)), [])
    return Example(
        kind=kind,
        document=pair.gold.id,
        text=text,
        marked=marked,
        gold=", ".join(stated) or None,
        predicted=type if triple in predicted.scores else None,
        score=predicted.scores.get(triple),
    )
