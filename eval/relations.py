"""Scores of relations: strict (type, both arguments' spans and types) and boundary (without types).

Enters: pairs of documents. Leaves: ``Score`` objects. A symmetric relation is the same either way
round, and one that is annotated or predicted twice counts once. Extents are compared in tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

from khabar.data.records import Document, Entity, Relation
from khabar.data.schema import LabelSchema
from khabar.eval.counts import count_by_type
from khabar.eval.pairs import Pair, ScoreError
from khabar.eval.report import RelationScores, Score
from khabar.eval.tokens import Tokens

Argument: TypeAlias = tuple[int, int, str]
"""Start, end and type; the type is empty where it does not count."""
Link: TypeAlias = tuple[str, Argument, Argument]
"""A document's id, head and tail; of a symmetric relation the two in order of their places."""

Match: TypeAlias = Literal["strict", "boundary"]
"""Whether the types of the arguments count."""


def score_relations(
    pairs: Sequence[Pair], schema: LabelSchema, *, given_gold: Sequence[Pair] | None = None
) -> RelationScores:
    """Score relations, and those of a second prediction that was given the gold entities.

    Raises:
        ScoreError: a document of ``given_gold`` has other entities than gold.
    """
    if given_gold is not None:
        _check_given(given_gold)
    return RelationScores(
        strict=_score(pairs, schema, "strict", "relation strict"),
        boundary=_score(pairs, schema, "boundary", "relation boundary"),
        given_gold=None
        if given_gold is None
        else _score(given_gold, schema, "strict", "relation strict, given gold entities"),
    )


def links_by_type(
    document: Document, tokens: Tokens, schema: LabelSchema, match: Match
) -> dict[str, set[Link]]:
    """Return what the relations of a document link, arguments snapped to tokens."""
    links: dict[str, set[Link]] = defaultdict(set)
    for relation, link in linked(document, tokens, schema, match):
        links[relation.type].add(link)
    return links


def link_scores(
    document: Document, tokens: Tokens, schema: LabelSchema
) -> dict[tuple[str, Link], float | None]:
    """Return the score of every type and strict link; of several that are the same, the best."""
    scores: dict[tuple[str, Link], float | None] = {}
    for relation, link in linked(document, tokens, schema, "strict"):
        known = scores.setdefault((relation.type, link), relation.score)
        if relation.score is not None:
            scores[relation.type, link] = max(relation.score, known or 0.0)
    return scores


def linked(
    document: Document, tokens: Tokens, schema: LabelSchema, match: Match
) -> Iterator[tuple[Relation, Link]]:
    """Yield every relation of a document, in order, and what it links."""
    arguments = {entity.id: _argument(entity, tokens, match) for entity in document.entities}
    for relation in document.relations:
        head, tail = arguments[relation.head], arguments[relation.tail]
        if schema.relations[relation.type].symmetric:
            head, tail = sorted((head, tail))
        yield relation, (document.id, head, tail)


def _score(pairs: Sequence[Pair], schema: LabelSchema, match: Match, metric: str) -> Score:
    gold: dict[str, set[Link]] = defaultdict(set)
    predicted: dict[str, set[Link]] = defaultdict(set)
    for pair in pairs:
        for document, links in ((pair.gold, gold), (pair.predicted, predicted)):
            for type, found in links_by_type(document, pair.tokens, schema, match).items():
                links[type] |= found
    return Score.typed(metric, count_by_type(gold, predicted), schema.relation_types)


def _argument(entity: Entity, tokens: Tokens, match: Match) -> Argument:
    return (*tokens.snap(entity), entity.type if match == "strict" else "")


def _check_given(pairs: Sequence[Pair]) -> None:
    for pair in pairs:
        gold, given = (
            {_argument(entity, pair.tokens, "strict") for entity in document.entities}
            for document in (pair.gold, pair.predicted)
        )
        if gold != given:
            start, end, type = min(gold ^ given)
            raise ScoreError(
                f"document {pair.gold.id!r}: {pair.gold.text[start:end]!r}, a {type}, is only in "
                f"{'gold' if (start, end, type) in gold else 'the prediction'}; relations given "
                f"gold entities must be predicted for exactly those"
            )
