"""Pairs of spans: which are scored, against two plain loops, and what their scores depend on."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from khabar.data.schema import LabelSchema, RelationRule
from khabar.model.relations import PairRules, RelationHead, SpanBatch

SCHEMA = LabelSchema(
    name="s",
    nested=True,
    entities={"PERS": "a person", "ORG": "an organization", "GPE": "a country", "DATE": "a date"},
    relations={
        "works_for": RelationRule(head=("PERS",), tail=("ORG", "GPE")),
        "borders": RelationRule(head=("GPE",), tail=("GPE",), symmetric=True),
        "seat_of": RelationRule(head=("GPE",), tail=("ORG",), symmetric=True),
    },
)
PERS, ORG, GPE, DATE = range(4)
RULES = PairRules(SCHEMA)
HIDDEN, SIZE, WORDS = 6, 5, 9
Row = tuple[int, int, int, int]
"""Window, first word, last word, type."""


def batch_of(rows: list[Row]) -> SpanBatch:
    return SpanBatch(*torch.tensor(rows, dtype=torch.long).reshape(-1, 4).unbind(-1))


def head_of(seed: int = 0) -> RelationHead:
    torch.manual_seed(seed)
    return RelationHead(HIDDEN, SIZE, 0.5, SCHEMA).eval()


ROWS = st.builds(
    lambda window, first, length, type: (window, first, first + length, type),
    st.sampled_from([0, 1, 3]),
    st.integers(0, 5),
    st.integers(0, 3),
    st.integers(0, 3),
)


@given(st.lists(ROWS, max_size=12), st.integers(0, 6))
def test_pairs_are_those_of_one_window_within_reach_that_some_relation_allows(rows, reach):
    allowed = {(PERS, ORG), (PERS, GPE), (GPE, GPE), (GPE, ORG), (ORG, GPE)}
    slow = set()
    for i, (window, first, last, type) in enumerate(rows):
        for j, (other, start, end, tail_type) in enumerate(rows):
            words_between = max(start - last, first - end) - 1
            if (
                i != j
                and window == other
                and words_between <= reach
                and (type, tail_type) in allowed
            ):
                slow.add((i, j))
    found = RULES.pairs(batch_of(rows), reach).tolist()
    assert {tuple(pair) for pair in found} == slow
    assert len(found) == len(slow)


def test_the_table_says_what_the_schema_allows():
    assert RULES.allowed.shape == (4, 4, 3)
    assert RULES.allowed[PERS, ORG].tolist() == [True, False, False]
    assert RULES.allowed[GPE, GPE].tolist() == [False, True, False]
    assert RULES.allowed[GPE, ORG].tolist() == RULES.allowed[ORG, GPE].tolist()
    assert RULES.allowed[GPE, ORG].tolist() == [False, False, True]
    assert not RULES.allowed[DATE].any()
    assert not RULES.allowed[ORG, PERS].any()


@given(st.lists(ROWS, min_size=2, max_size=8), st.integers(0, 1000))
def test_a_pair_scores_the_same_alone_and_among_others(rows, seed):
    spans = batch_of(rows)
    pairs = torch.cartesian_prod(torch.arange(len(rows)), torch.arange(len(rows)))
    states = torch.randn(4, WORDS, HIDDEN, generator=torch.Generator().manual_seed(seed))
    head = head_of()
    together = head(states, spans, pairs)
    assert together.shape == (len(pairs), 3)
    for number in range(0, len(pairs), 5):
        i, j = pairs[number].tolist()
        window = states[rows[i][0]][None]
        if rows[i][0] != rows[j][0]:
            continue
        own = batch_of([(0, *rows[i][1:]), (0, *rows[j][1:])])
        alone = head(window, own, torch.tensor([[0, 1]]))
        torch.testing.assert_close(alone[0], together[number], atol=1e-5, rtol=1e-4)


def one_pair(states: Tensor, head_span: Row, tail_span: Row, head: RelationHead) -> Tensor:
    scores: Tensor = head(states, batch_of([head_span, tail_span]), torch.tensor([[0, 1]]))
    return scores


@pytest.mark.parametrize(
    ("spans", "read"),
    [
        (((1, 1, 2, PERS), (1, 5, 6, ORG)), {1, 2, 3, 4, 5, 6}),
        (((1, 5, 6, PERS), (1, 1, 2, ORG)), {1, 2, 3, 4, 5, 6}),
        (((1, 1, 2, PERS), (1, 3, 3, ORG)), {1, 2, 3}),
        (((1, 2, 6, PERS), (1, 4, 4, ORG)), {2, 3, 4, 5, 6}),
        (((1, 4, 4, PERS), (1, 4, 4, ORG)), {4}),
    ],
)
def test_a_pair_is_read_from_its_spans_and_the_words_between(spans, read):
    head = head_of()
    states = torch.randn(2, WORDS, HIDDEN, generator=torch.Generator().manual_seed(1))
    before = one_pair(states, *spans, head)
    for word in range(WORDS):
        changed = states.clone()
        changed[1, word] += 3
        same = torch.allclose(one_pair(changed, *spans, head), before, atol=1e-6)
        assert same == (word not in read), word
    changed = states.clone()
    changed[0] += 3
    torch.testing.assert_close(one_pair(changed, *spans, head), before)


def test_types_and_direction_change_the_score():
    head = head_of()
    states = torch.randn(1, WORDS, HIDDEN, generator=torch.Generator().manual_seed(1))
    scores = [
        one_pair(states, (0, 1, 1, PERS), (0, 4, 4, ORG), head),
        one_pair(states, (0, 1, 1, PERS), (0, 4, 4, GPE), head),
        one_pair(states, (0, 1, 1, GPE), (0, 4, 4, ORG), head),
        one_pair(states, (0, 4, 4, ORG), (0, 1, 1, PERS), head),
    ]
    assert len({tuple(score.flatten().tolist()) for score in scores}) == 4


def test_distances_fall_into_buckets_for_either_side():
    """With states of zero, pairs of equal types differ by their bucket alone."""
    head = head_of()
    lower_edges = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]
    states = torch.zeros(1, 100, HIDDEN)
    buckets: dict[tuple[float, ...], set[tuple[int, int]]] = {}
    for between in range(80):
        for side in (0, 1):
            ends = [(0, 3, 4, GPE), (0, 5 + between, 6 + between, GPE)]
            score = one_pair(states, ends[side], ends[1 - side], head)
            key = tuple(round(x, 3) for x in score.flatten().tolist())
            buckets.setdefault(key, set()).add((side, between))
    expected = {
        frozenset((side, n) for n in range(first, next_first))
        for side in (0, 1)
        for first, next_first in zip(lower_edges, [*lower_edges[1:], 80], strict=True)
    }
    assert {frozenset(members) for members in buckets.values()} == expected


def test_nested_pairs_have_two_buckets_of_their_own():
    head = head_of()
    states = torch.zeros(1, WORDS, HIDDEN)
    outer, inner, beside = (0, 2, 6, GPE), (0, 3, 4, GPE), (0, 7, 7, GPE)
    holds = one_pair(states, outer, inner, head)
    lies_in = one_pair(states, inner, outer, head)
    apart = [one_pair(states, outer, beside, head), one_pair(states, beside, outer, head)]
    kinds = {tuple(s.flatten().tolist()) for s in (holds, lies_in, *apart)}
    assert len(kinds) == 4
    torch.testing.assert_close(one_pair(states, (0, 2, 6, GPE), (0, 2, 3, GPE), head), holds)
    torch.testing.assert_close(one_pair(states, (0, 5, 6, GPE), (0, 2, 6, GPE), head), lies_in)
    torch.testing.assert_close(one_pair(states, (0, 2, 6, GPE), (0, 2, 6, GPE), head), holds)


def test_no_spans_and_no_pairs_give_no_scores():
    none = batch_of([])
    pairs = RULES.pairs(none, 10)
    assert pairs.shape == (0, 2)
    states = torch.zeros(2, WORDS, HIDDEN)
    assert head_of()(states, none, pairs).shape == (0, 3)
    one = batch_of([(1, 0, 0, PERS)])
    assert RULES.pairs(one, 10).shape == (0, 2)


def test_a_schema_without_relations_has_no_pairs():
    rules = PairRules(LabelSchema(name="s", nested=True, entities={"PERS": "p"}))
    assert rules.pairs(batch_of([(0, 0, 0, 0), (0, 1, 1, 0)]), 10).shape == (0, 2)
