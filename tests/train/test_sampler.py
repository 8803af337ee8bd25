"""Which windows make up each step, counted over epochs."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.train.sampler import StepSampler, share_of


@st.composite
def samplers(draw: st.DrawFn, weights: st.SearchStrategy[float]) -> StepSampler:
    corpora = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    return StepSampler(
        lengths=draw(st.lists(st.integers(1, 9), min_size=sum(corpora), max_size=sum(corpora))),
        corpora=corpora,
        weights=[draw(weights) for _ in corpora],
        batch_windows=draw(st.integers(1, 7)),
        seed=draw(st.integers(0, 99)),
    )


ANY_WEIGHT = st.sampled_from([0.05, 0.3, 0.5, 1.0, 1.7, 2.0, 3.0])


def epoch(sampler: StepSampler, number: int) -> list[list[int]]:
    size = sampler.steps_per_epoch
    return list(sampler.steps(number * size, (number + 1) * size))


@given(samplers(st.sampled_from([1.0, 2.0, 3.0])), st.integers(0, 3))
def test_every_epoch_sees_each_window_as_often_as_its_weight_says(sampler, number):
    seen = Counter(window for step in epoch(sampler, number) for window in step)
    expected = [
        weight
        for count, weight in zip(sampler.corpora, sampler.weights, strict=True)
        for _ in range(count)
    ]
    assert [seen[window] for window in range(len(expected))] == expected


@given(samplers(ANY_WEIGHT), st.integers(0, 3))
def test_a_fraction_of_a_corpus_is_drawn_without_repeating_more_than_needed(sampler, number):
    seen = Counter(window for step in epoch(sampler, number) for window in step)
    first = 0
    for count, weight in zip(sampler.corpora, sampler.weights, strict=True):
        own = [seen[window] for window in range(first, first + count)]
        assert sum(own) == max(1, round(count * weight))
        assert max(own) - min(own) <= 1
        first += count


def test_a_fraction_is_drawn_anew_every_epoch():
    sampler = StepSampler([1] * 40, [40], [0.25], batch_windows=4, seed=1)
    drawn = [frozenset(w for step in epoch(sampler, n) for w in step) for n in range(4)]
    assert len(set(drawn)) == 4


@given(samplers(ANY_WEIGHT), st.integers(0, 20), st.integers(0, 20))
def test_a_run_that_goes_on_sees_what_an_unbroken_one_sees(sampler, start, more):
    whole = list(sampler.steps(0, start + more))
    assert list(sampler.steps(start, start + more)) == whole[start:]
    assert len(whole) == start + more


@given(samplers(ANY_WEIGHT))
def test_steps_are_full_but_for_the_last_of_an_epoch_and_sorted_by_length(sampler):
    steps = epoch(sampler, 0)
    assert len(steps) == sampler.steps_per_epoch
    assert all(len(step) == sampler.batch_windows for step in steps[:-1])
    assert 0 < len(steps[-1]) <= sampler.batch_windows
    for step in steps:
        lengths = [sampler.lengths[window] for window in step]
        assert lengths == sorted(lengths, reverse=True)


def test_the_seed_and_the_epoch_change_the_order():
    one, other = (StepSampler([1] * 20, [20], [1.0], 5, seed) for seed in (1, 2))
    assert epoch(one, 0) == epoch(one, 0)
    assert epoch(one, 0) != epoch(other, 0)
    assert epoch(one, 0) != epoch(one, 1)


def test_a_corpus_without_windows_is_passed_over():
    sampler = StepSampler([1, 1], [0, 2, 0], [1.0, 1.0, 3.0], 5, seed=1)
    assert [sorted(step) for step in islice(sampler.steps(0, 3), 3)] == [[0, 1]] * 3


@pytest.mark.parametrize("processes", [1, 2, 3])
@given(windows=st.lists(st.integers(), unique=True))
def test_the_processes_share_a_step_between_them(processes, windows):
    shares = [share_of(windows, rank, processes) for rank in range(processes)]
    assert sorted(w for share in shares for w in share) == sorted(windows)
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1
