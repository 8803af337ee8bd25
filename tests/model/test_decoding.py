"""Tag logits to spans: scores worked by hand, and no two spans that cross."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from khabar.data.tags import WordSpan
from khabar.model.decoding import ScoredSpan, decode_spans, without_crossings
from khabar.model.joint import JointModel
from tests.newsroom import untrained

PERS, ORG, GPE, INNER_ORG = 0, 1, 2, 3
"""The rows of the newsroom's schema; the first three are also its types."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> JointModel:
    return untrained(tmp_path_factory.mktemp("run"), tiny_encoder)


def logits_of(probabilities: dict[tuple[int, int], tuple[float, float, float]]) -> Tensor:
    """One window of five words, O everywhere but at (word, row): there P(O), P(B), P(I)."""
    logits = torch.log(torch.tensor([0.98, 0.01, 0.01])).repeat(1, 5, 4, 1)
    for (word, row), distribution in probabilities.items():
        logits[0, word, row] = torch.log(torch.tensor(distribution))
    return logits


def test_a_span_scores_the_geometric_mean_of_its_tags(model):
    logits = logits_of(
        {(1, ORG): (0.1, 0.8, 0.1), (2, ORG): (0.2, 0.1, 0.7), (2, GPE): (0.3, 0.6, 0.1)}
    )
    outer, inner = decode_spans(model, logits, torch.tensor([5]))[0]
    assert outer.span == WordSpan(1, 2, ORG)
    assert outer.score == pytest.approx(math.sqrt(0.8 * 0.7))
    assert inner.span == WordSpan(2, 2, GPE)
    assert inner.score == pytest.approx(0.6)


def test_an_entity_inside_one_of_its_own_type_is_found_in_the_second_row(model):
    outer = {(0, ORG): (0.1, 0.8, 0.1), (1, ORG): (0.1, 0.1, 0.8), (2, ORG): (0.1, 0.1, 0.8)}
    inner = {(1, INNER_ORG): (0.1, 0.8, 0.1), (2, INNER_ORG): (0.1, 0.1, 0.8)}
    found = decode_spans(model, logits_of(outer | inner), torch.tensor([5]))[0]
    assert [scored.span for scored in found] == [WordSpan(0, 2, ORG), WordSpan(1, 2, ORG)]


def test_a_span_in_both_rows_of_its_type_is_one_span_with_the_better_score(model):
    both = {(3, ORG): (0.3, 0.6, 0.1), (3, INNER_ORG): (0.1, 0.8, 0.1)}
    (found,) = decode_spans(model, logits_of(both), torch.tensor([5]))[0]
    assert found.span == WordSpan(3, 3, ORG)
    assert found.score == pytest.approx(0.8)


def test_what_lies_beyond_a_window_s_words_is_not_read(model):
    one = logits_of({(1, PERS): (0.1, 0.8, 0.1), (2, PERS): (0.1, 0.1, 0.8)})
    short, long = decode_spans(model, one.repeat(2, 1, 1, 1), torch.tensor([2, 5]))
    assert [scored.span for scored in short] == [WordSpan(1, 1, PERS)]
    assert [scored.span for scored in long] == [WordSpan(1, 2, PERS)]


def scored(first: int, last: int, score: float, type: int = 0) -> ScoredSpan:
    return ScoredSpan(WordSpan(first, last, type), score)


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([scored(0, 2, 0.9), scored(1, 3, 0.8)], [0]),
        ([scored(0, 2, 0.7), scored(1, 3, 0.8)], [1]),
        ([scored(0, 2, 0.8), scored(1, 3, 0.8)], [0]),  # as good: the first stays
        ([scored(0, 3, 0.1), scored(1, 2, 0.9)], [0, 1]),  # nested
        ([scored(0, 2, 0.1), scored(0, 2, 0.9, type=1)], [0, 1]),  # the same extent
        ([scored(0, 1, 0.1), scored(2, 3, 0.9)], [0, 1]),
        ([scored(0, 2, 0.5), scored(1, 4, 0.7), scored(3, 6, 0.6)], [1]),
        ([scored(0, 2, 0.5), scored(1, 4, 0.7), scored(3, 6, 0.8)], [2]),
        ([scored(0, 5, 0.6), scored(1, 3, 0.9), scored(2, 8, 0.7)], [0, 1]),
        # What is out stands in nobody's way.
        ([scored(0, 4, 0.5), scored(1, 6, 0.7), scored(3, 5, 0.4)], [1, 2]),
    ],
)
def test_of_two_that_cross_the_weaker_is_left_out(spans, kept):
    assert without_crossings(spans) == [spans[i] for i in kept]


SPANS = st.builds(
    lambda first, length, type, score: scored(first, first + length, score, type),
    st.integers(0, 8),
    st.integers(0, 6),
    st.integers(0, 1),
    st.sampled_from([0.2, 0.4, 0.6, 0.8]),
)


@given(st.lists(SPANS, max_size=12, unique_by=lambda scored: scored.span))
def test_what_is_kept_never_crosses_and_is_in_reading_order(spans):
    kept = without_crossings(spans)
    assert set(kept) <= set(spans)
    order = [(s.span.first, -s.span.last, s.span.type) for s in kept]
    assert order == sorted(set(order))
    for a in kept:
        for b in kept:
            assert not a.span.first < b.span.first <= a.span.last < b.span.last


@given(st.lists(SPANS, max_size=12, unique_by=lambda scored: scored.span))
def test_a_span_is_left_out_for_a_better_one_alone(spans):
    for lost in set(spans) - set(without_crossings(spans)):
        rivals = [
            s
            for s in spans
            if s.span.first < lost.span.first <= s.span.last < lost.span.last
            or lost.span.first < s.span.first <= lost.span.last < s.span.last
        ]
        assert any(rival.score >= lost.score for rival in rivals)
