"""Breakdowns: the strict scores by what makes a case hard.

Enters: pairs of documents. Leaves: ``DocumentCounts`` whose groups are depths, lengths, how well
training knows a name, or distances. What is both gold and predicted has the same extent and type
on both sides, and so the same group; only the depth can differ, where gold's counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from khabar.data.schema import LabelSchema
from khabar.data.words import Span, spans_touched
from khabar.eval.alignment import Mention, mentions
from khabar.eval.by_document import Cases, DocumentCounts, tabulate
from khabar.eval.familiarity import GROUPS, UNSEEN, Familiarity
from khabar.eval.pairs import Pair
from khabar.eval.relations import Link, links_by_type
from khabar.eval.tokens import Tokens

GroupOf: TypeAlias = Callable[[Pair, Mention], str | None]
"""The group of a mention; None leaves it out."""
_Steps: TypeAlias = tuple[tuple[int, str], ...]
"""From which number on a group begins, and its name."""

DEPTHS = ("1, outermost", "2, inside one", "3, inside two", "4 and deeper")
NESTED = "nested"
_LENGTHS: _Steps = (
    (1, "1 word"), (2, "2"), (3, "3"), (4, "4"), (5, "5 to 7"), (8, "8 and more"),
)  # fmt: skip
_DISTANCES: _Steps = (
    (0, "0 to 2 words"), (3, "3 to 5"), (6, "6 to 10"), (11, "11 to 20"), (21, "21 and more"),
)  # fmt: skip


def break_down_entities(
    pairs: Sequence[Pair], schema: LabelSchema, familiarity: Familiarity | None
) -> list[DocumentCounts]:
    """Count strict entities by depth (of a nested schema), length and how known they are."""
    tables = []
    if schema.nested:
        depths = [_by_depth(pair) for pair in pairs]
        tables.append(tabulate("entity strict, by nesting depth", DEPTHS, depths))
    tables.append(tabulate("entity strict, by length", _names(_LENGTHS), _cases(pairs, _length)))
    if familiarity:
        tables += _by_familiarity(pairs, schema, familiarity)
    return tables


def break_down_relations(pairs: Sequence[Pair], schema: LabelSchema) -> list[DocumentCounts]:
    """Count strict relations by the words between their arguments."""
    if not schema.relations:
        return []
    cases = [_by_distance(pair, schema) for pair in pairs]
    groups = (NESTED, *_names(_DISTANCES))
    return [tabulate("relation strict, by words between", groups, cases)]


def words_between(tokens: Tokens, one: Span, other: Span) -> int | None:
    """Return how many tokens lie between two extents; None where they overlap."""
    first, second = sorted((one, other))
    if first[1] > second[0]:
        return None
    return len(spans_touched(tokens.spans, first[1], second[0])) if first[1] < second[0] else 0


def _by_familiarity(
    pairs: Sequence[Pair], schema: LabelSchema, familiarity: Familiarity
) -> list[DocumentCounts]:
    def group(pair: Pair, mention: Mention) -> str:
        return familiarity.group(mention.type, pair.gold.text[mention.start : mention.end])

    def seen(pair: Pair, mention: Mention) -> str | None:
        return None if group(pair, mention) in UNSEEN else mention.type

    def unseen(pair: Pair, mention: Mention) -> str | None:
        return mention.type if group(pair, mention) in UNSEEN else None

    types, name = schema.entity_types, "entity strict"
    return [
        tabulate(f"{name}, by mentions in training", GROUPS, _cases(pairs, group)),
        tabulate(f"{name}, seen in training", types, _cases(pairs, seen)),
        tabulate(f"{name}, never seen in training", types, _cases(pairs, unseen)),
    ]


def _cases(pairs: Iterable[Pair], group_of: GroupOf) -> list[Cases]:
    return [
        (
            _grouped(pair, mentions(pair.gold, pair.tokens), group_of),
            _grouped(pair, mentions(pair.predicted, pair.tokens), group_of),
        )
        for pair in pairs
    ]


def _grouped(pair: Pair, found: Iterable[Mention], group_of: GroupOf) -> dict[str, set[Mention]]:
    groups: defaultdict[str, set[Mention]] = defaultdict(set)
    for mention in found:
        group = group_of(pair, mention)
        if group is not None:
            groups[group].add(mention)
    return groups


def _by_depth(pair: Pair) -> Cases:
    gold, predicted = (
        _depths(mentions(document, pair.tokens)) for document in (pair.gold, pair.predicted)
    )
    by_prediction = predicted | {mention: gold[mention] for mention in gold.keys() & predicted}
    return (
        _grouped(pair, gold, lambda _, mention: gold[mention]),
        _grouped(pair, predicted, lambda _, mention: by_prediction[mention]),
    )


def _depths(found: Iterable[Mention]) -> dict[Mention, str]:
    """Return for every mention the name of its depth: one more than the extents around it."""
    depths: dict[Mention, str] = {}
    around: list[Span] = []
    for mention in sorted(found, key=lambda m: (m.start, -m.end, m.type)):
        extent = mention.start, mention.end
        around = [outer for outer in around if outer[1] > mention.start]
        depth = sum(outer[1] >= mention.end and outer != extent for outer in around)
        depths[mention] = DEPTHS[min(depth, len(DEPTHS) - 1)]
        if extent not in around:
            around.append(extent)
    return depths


def _length(pair: Pair, mention: Mention) -> str:
    # A mention without any token, a lone mark, is as long as a word.
    covered = spans_touched(pair.tokens.spans, mention.start, mention.end)
    return _step(_LENGTHS, max(len(covered), 1))


def _by_distance(pair: Pair, schema: LabelSchema) -> Cases:
    sides = []
    for document in (pair.gold, pair.predicted):
        groups: defaultdict[str, set[tuple[str, Link]]] = defaultdict(set)
        for type, links in links_by_type(document, pair.tokens, schema, "strict").items():
            for link in links:
                _, head, tail = link
                words = words_between(pair.tokens, head[:2], tail[:2])
                groups[NESTED if words is None else _step(_DISTANCES, words)].add((type, link))
        sides.append(groups)
    gold, predicted = sides
    return gold, predicted


def _names(steps: _Steps) -> tuple[str, ...]:
    return tuple(name for _, name in steps)


def _step(steps: _Steps, number: int) -> str:
    return next(name for least, name in reversed(steps) if number >= least)
