"""Alignment: what became of every gold entity, and where every predicted one comes from.

Enters: a pair of documents. Leaves: ``Match`` objects, each gold and each predicted entity in one
of them, whatever the order in the files. Extents are compared in tokens. Knows no schema.

An entity is looked for in this order: the same extent and type; the same extent with another type;
the same type with an extent that overlaps, the most alike first. What is left is missed or
spurious.
"""

from __future__ import annotations

from collections.abc import Set
from itertools import groupby
from typing import Literal, NamedTuple, TypeAlias

from khabar.data.records import Document
from khabar.eval.pairs import Pair
from khabar.eval.tokens import Tokens

Kind: TypeAlias = Literal[
    "correct", "wrong type", "wrong layer", "wrong boundary", "missed", "spurious"
]
"""``wrong layer``: a wrong type, namely that of an entity around this one or inside it."""


class Mention(NamedTuple):
    """An entity's extent in code points, snapped to tokens, and its type."""

    start: int
    end: int
    type: str


class Match(NamedTuple):
    """A gold entity and the predicted one that answers it; None where there is none."""

    kind: Kind
    gold: Mention | None
    predicted: Mention | None


def mentions(document: Document, tokens: Tokens) -> set[Mention]:
    """Return the entities of a document; those that are the same are one."""
    return {Mention(*tokens.snap(entity), entity.type) for entity in document.entities}


def mention_scores(document: Document, tokens: Tokens) -> dict[Mention, float]:
    """Return the scores of the mentions that have one; of several that are the same, the best."""
    scores: dict[Mention, float] = {}
    for entity in document.entities:
        if entity.score is not None:
            mention = Mention(*tokens.snap(entity), entity.type)
            scores[mention] = max(entity.score, scores.get(mention, 0.0))
    return scores


def align(pair: Pair) -> list[Match]:
    """Return the matches of a document, in the order of the text."""
    gold, predicted = (mentions(document, pair.tokens) for document in (pair.gold, pair.predicted))
    matches = [Match("correct", mention, mention) for mention in gold & predicted]
    matches += _retyped(gold - predicted, predicted - gold, all_gold=gold)
    gold_left, predicted_left = _left(gold, predicted, matches)
    matches += _moved(gold_left, predicted_left)
    gold_left, predicted_left = _left(gold, predicted, matches)
    matches += [Match("missed", mention, None) for mention in gold_left]
    matches += [Match("spurious", None, mention) for mention in predicted_left]
    return sorted(matches, key=_place)


def _left(
    gold: Set[Mention], predicted: Set[Mention], matches: list[Match]
) -> tuple[set[Mention], set[Mention]]:
    return (
        {*gold} - {match.gold for match in matches},
        {*predicted} - {match.predicted for match in matches},
    )


def _retyped(gold: Set[Mention], predicted: Set[Mention], *, all_gold: Set[Mention]) -> list[Match]:
    """Pair entities of one extent and different types."""
    matches = []
    found = {extent: list(group) for extent, group in groupby(sorted(predicted), _extent)}
    for extent, group in groupby(sorted(gold), _extent):
        for mention, answer in zip(group, found.get(extent, []), strict=False):
            elsewhere = any(
                other.type == answer.type and _nested(other, answer) for other in all_gold
            )
            matches.append(Match("wrong layer" if elsewhere else "wrong type", mention, answer))
    return matches


def _moved(gold: Set[Mention], predicted: Set[Mention]) -> list[Match]:
    """Pair entities of one type that overlap, those first that share most of their extents."""
    candidates = sorted(
        (-_likeness(mention, answer), mention, answer)
        for mention in gold
        for answer in predicted
        if mention.type == answer.type and _likeness(mention, answer) > 0
    )
    matches: list[Match] = []
    taken: set[tuple[str, Mention]] = set()
    for _, mention, answer in candidates:
        sides = {("gold", mention), ("predicted", answer)}
        if not taken & sides:
            taken |= sides
            matches.append(Match("wrong boundary", mention, answer))
    return matches


def _likeness(one: Mention, other: Mention) -> float:
    """Return the share of the characters of both that both have; 0 where they do not meet."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return max(shared, 0) / (max(one.end, other.end) - min(one.start, other.start))


def _nested(one: Mention, other: Mention) -> bool:
    """Whether one of the two lies inside the other, and is smaller."""
    if _extent(one) == _extent(other):
        return False
    outer, inner = (one, other) if one.end - one.start > other.end - other.start else (other, one)
    return outer.start <= inner.start and inner.end <= outer.end


def _extent(mention: Mention) -> tuple[int, int]:
    return mention.start, mention.end


def _place(match: Match) -> tuple[Mention, str]:
    mention = match.gold or match.predicted
    assert mention is not None, "a match holds at least one entity"
    return mention, match.kind
