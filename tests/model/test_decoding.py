"""Tag logits to spans: scores worked by hand, and no two spans that cross."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from khabar.data.tags import WordSpan
from khabar.model.decoding import ScoredSpan, decode_spans, without_crossings
from khabar.model.joint import JointModel
from khabar.model.temperature import without_temperatures
from tests.newsroom import FLAT_SCHEMA, untrained, write_schema

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


TWO = {
    (1, ORG): (0.1, 0.8, 0.1),
    (2, ORG): (0.2, 0.1, 0.7),
    (3, ORG): (0.6, 0.2, 0.2),
    (2, GPE): (0.3, 0.6, 0.1),
}


def test_a_span_scores_the_probability_of_its_tags_and_of_its_end(model):
    outer, inner = decode_spans(model, logits_of(TWO), torch.tensor([5]))[0]
    assert outer.span == WordSpan(1, 2, ORG)
    assert outer.score == pytest.approx(0.8 * 0.7 * (1 - 0.2))
    assert inner.span == WordSpan(2, 2, GPE)
    assert inner.score == pytest.approx(0.6 * (1 - 0.01))


def test_a_span_at_the_end_of_the_text_has_nothing_to_go_on_to(model):
    """The padding behind it would, for sure."""
    logits = logits_of(TWO | {(3, ORG): (0.0, 0.0, 1.0)})
    outer, _ = decode_spans(model, logits, torch.tensor([3]))[0]
    assert outer == (WordSpan(1, 2, ORG), pytest.approx(0.8 * 0.7))


def test_of_a_flat_row_the_end_is_that_of_the_span_s_own_type(tmp_path, tiny_encoder):
    schema = write_schema(tmp_path, FLAT_SCHEMA)
    flat = untrained(tmp_path, tiny_encoder, label_schema=schema, heads={"inner_types": []})
    # O, then B and I of PERS, ORG and GPE.
    person = torch.tensor([0.1, 0.7, 0.0, 0.1, 0.0, 0.1, 0.0])
    after = torch.tensor([0.4, 0.1, 0.2, 0.0, 0.3, 0.0, 0.0])
    logits = torch.log(torch.stack([person, after])).reshape(1, 2, 1, 7)
    (found,) = decode_spans(flat, logits, torch.tensor([2]))[0]
    assert found == (WordSpan(0, 0, PERS), pytest.approx(0.7 * (1 - 0.2)))


def with_temperature(model: JointModel, temperature: float) -> JointModel:
    other = without_temperatures(model)
    other.config = msgspec.structs.replace(model.config, entity_temperature=temperature)
    return other


def test_a_temperature_of_2_halves_the_log_odds(model):
    """Of 0.64 against 0.36 the roots are 0.8 and 0.6: 4 to 3."""
    one = logits_of({(4, GPE): (0.18, 0.64, 0.18)})
    (found,) = decode_spans(with_temperature(model, 2.0), one, torch.tensor([5]))[0]
    assert found.score == pytest.approx(4 / 7)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(0.3, 4))
def test_a_temperature_changes_no_span_and_no_order(model, seed, temperature):
    torch.manual_seed(seed)
    logits, words = 2 * torch.randn(2, 9, 4, 3), torch.tensor([6, 9])
    plain = decode_spans(model, logits, words)
    other = decode_spans(with_temperature(model, temperature), logits, words)
    for before, after in zip(plain, other, strict=True):
        assert [scored.span for scored in before] == [scored.span for scored in after]
        by_score = [sorted(own, key=lambda scored: scored.score) for own in (before, after)]
        assert [scored.span for scored in by_score[0]] == [scored.span for scored in by_score[1]]
        for old, new in zip(before, after, strict=True):
            odds = [math.log(score / (1 - score)) for score in (old.score, new.score)]
            assert odds[1] == pytest.approx(odds[0] / temperature, rel=1e-4, abs=1e-4)


def test_an_entity_inside_one_of_its_own_type_is_found_in_the_second_row(model):
    outer = {(0, ORG): (0.1, 0.8, 0.1), (1, ORG): (0.1, 0.1, 0.8), (2, ORG): (0.1, 0.1, 0.8)}
    inner = {(1, INNER_ORG): (0.1, 0.8, 0.1), (2, INNER_ORG): (0.1, 0.1, 0.8)}
    found = decode_spans(model, logits_of(outer | inner), torch.tensor([5]))[0]
    assert [scored.span for scored in found] == [WordSpan(0, 2, ORG), WordSpan(1, 2, ORG)]


def test_a_span_in_both_rows_of_its_type_is_one_span_with_the_better_score(model):
    both = {(3, ORG): (0.3, 0.6, 0.1), (3, INNER_ORG): (0.1, 0.8, 0.1)}
    (found,) = decode_spans(model, logits_of(both), torch.tensor([5]))[0]
    assert found.span == WordSpan(3, 3, ORG)
    assert found.score == pytest.approx(0.8 * (1 - 0.01))


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
