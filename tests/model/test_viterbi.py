"""The best path and the sum over paths, against all paths tried one by one."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from khabar.model.viterbi import FORBIDDEN, best_tags, log_partition

TAGS = 5  # O, B-X, I-X, B-Y, I-Y
ROWS = 3
LENGTHS = st.lists(st.integers(1, 4), min_size=2, max_size=2)
SEEDS = st.integers(0, 10_000)


def follows(tag: int, other: int) -> bool:
    return other not in (2, 4) or tag in (other - 1, other)


STARTS = torch.tensor([0, 0, FORBIDDEN, 0, FORBIDDEN])
RULES = torch.tensor(
    [[0.0 if follows(a, b) else FORBIDDEN for b in range(TAGS)] for a in range(TAGS)]
)
VALID = {
    length: [
        path
        for path in itertools.product(range(TAGS), repeat=length)
        if path[0] not in (2, 4) and all(map(follows, path, path[1:]))
    ]
    for length in range(1, 5)
}


def drawn(seed: int, lengths: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Scores with garbage in the padding, words, and learned transitions as a CRF has them."""
    random = torch.Generator().manual_seed(seed)
    scores = 2 * torch.randn(len(lengths), max(lengths) + 1, ROWS, TAGS, generator=random)
    for window, length in enumerate(lengths):
        scores[window, length:] *= 1000
    return scores, torch.tensor(lengths), RULES + torch.randn(TAGS, TAGS, generator=random)


def score(path: tuple[int, ...], scores: Tensor, transitions: Tensor) -> float:
    """The score of a path through ``(words, tags)``."""
    moves = sum(float(transitions[a, b]) for a, b in itertools.pairwise(path))
    return moves + sum(float(scores[word, tag]) for word, tag in enumerate(path))


@settings(max_examples=25)
@given(SEEDS, LENGTHS)
def test_the_best_path_is_the_best_of_all_valid_ones(seed, lengths):
    scores, words, transitions = drawn(seed, lengths)
    found = best_tags(scores, words, transitions, STARTS)
    for window, length in enumerate(lengths):
        for row in range(ROWS):
            own = scores[window, :length, row]
            best = max(VALID[length], key=lambda path: score(path, own, transitions))  # noqa: B023
            assert tuple(found[window, :length, row].tolist()) == best


@settings(max_examples=25)
@given(SEEDS, LENGTHS)
def test_the_partition_sums_all_valid_paths(seed, lengths):
    scores, words, transitions = drawn(seed, lengths)
    found = log_partition(scores, words, transitions, STARTS)
    assert found.shape == (2, ROWS)
    for window, length in enumerate(lengths):
        for row in range(ROWS):
            own = scores[window, :length, row]
            total = math.fsum(math.exp(score(path, own, transitions)) for path in VALID[length])
            assert float(found[window, row]) == pytest.approx(math.log(total), abs=1e-4)


def test_the_gradient_of_the_partition_is_how_likely_each_tag_is():
    scores, words, transitions = drawn(5, [3, 4])
    scores.requires_grad_()
    log_partition(scores, words, transitions, STARTS).sum().backward()
    own = scores.detach()[0, :3, 0]
    weights = {path: math.exp(score(path, own, transitions)) for path in VALID[3]}
    for word, tag in itertools.product(range(3), range(TAGS)):
        through = sum(weight for path, weight in weights.items() if path[word] == tag)
        expected = through / sum(weights.values())
        assert float(scores.grad[0, word, 0, tag]) == pytest.approx(expected, abs=1e-5)
    assert not scores.grad[0, 3:].any()


def test_a_continuation_without_a_beginning_is_never_chosen():
    scores = torch.full((1, 3, 1, TAGS), 0.0)
    scores[..., 2] = 50.0
    found = best_tags(scores, torch.tensor([3]), RULES, STARTS)
    assert found.flatten().tolist() == [1, 2, 2]
