"""Windows over random documents: what every cut must keep, and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.windows import Window, cut_windows


@st.composite
def documents(draw: st.DrawFn) -> tuple[list[int], int, int]:
    """Pieces of each word, the limit and the overlap; words as long as a whole window occur."""
    limit = draw(st.integers(1, 12))
    overlap = draw(st.integers(0, (limit - 1) // 2))
    pieces = draw(st.lists(st.integers(1, limit) | st.sampled_from([1, limit]), max_size=30))
    return pieces, limit, overlap


@given(documents())
def test_every_word_is_read_and_owned_by_exactly_one_window(document):
    pieces, limit, overlap = document
    windows = cut_windows(np.array(pieces, dtype=np.int64), limit, overlap)
    owned = [word for w in windows for word in range(w.own_start, w.own_end)]
    assert owned == list(range(len(pieces)))
    assert all(w.start <= w.own_start < w.own_end <= w.end for w in windows)


@given(documents())
def test_no_window_is_longer_than_the_limit(document):
    pieces, limit, overlap = document
    for window in cut_windows(np.array(pieces, dtype=np.int64), limit, overlap):
        assert sum(pieces[window.start : window.end]) <= limit


@given(documents())
def test_neighbours_share_at_most_the_overlap_and_all_of_it_that_fits(document):
    pieces, limit, overlap = document
    windows = cut_windows(np.array(pieces, dtype=np.int64), limit, overlap)
    for left, right in zip(windows, windows[1:], strict=False):
        assert sum(pieces[right.start : left.end]) <= overlap
        one_more = right.start - 1
        too_much = sum(pieces[one_more : left.end]) > overlap
        no_progress = sum(pieces[one_more : left.end + 1]) > limit
        assert too_much or no_progress


@given(documents())
def test_every_window_reaches_further_than_the_one_before(document):
    """A long word once made windows that crept on word by word towards it."""
    pieces, limit, overlap = document
    windows = cut_windows(np.array(pieces, dtype=np.int64), limit, overlap)
    ends = [window.end for window in windows]
    assert ends == sorted(set(ends))


@given(documents())
def test_every_word_is_owned_where_it_has_most_context_on_its_poorer_side(document):
    pieces, limit, overlap = document
    words = len(pieces)
    windows = cut_windows(np.array(pieces, dtype=np.int64), limit, overlap)
    for window in windows:
        for word in range(window.own_start, window.own_end):
            holding = [w for w in windows if w.start <= word < w.end]
            best = max(w.margin(word, word, words) for w in holding)
            # Half a word's difference falls to one of the two.
            assert window.margin(word, word, words) >= best - 1


def test_windows_of_a_case_worked_by_hand():
    windows = cut_windows(np.array([1, 2, 1, 1, 3, 1, 1, 2]), limit=6, overlap=2)
    assert windows == [Window(0, 4, 0, 3), Window(2, 6, 3, 6), Window(5, 8, 6, 8)]


def test_a_short_document_is_one_window_and_an_empty_one_is_none():
    assert cut_windows(np.array([2, 3]), limit=5, overlap=2) == [Window(0, 2, 0, 2)]
    assert cut_windows(np.array([], dtype=np.int64), limit=5, overlap=2) == []


@pytest.mark.parametrize(
    ("window", "margin"),
    [
        (Window(0, 10, 0, 8), 3),  # the document's start is no edge: 7 words on, 3 left
        (Window(2, 20, 5, 20), 2),  # nor is its end
        (Window(0, 20, 0, 20), 20),
        (Window(3, 9, 4, 8), 1),
    ],
)
def test_the_margin_is_the_context_towards_the_nearer_cut(window, margin):
    assert window.margin(4, 6, 20) == margin


@given(documents(), st.integers(1, 12))
def test_another_first_window_moves_the_others_and_loses_no_word(document, first):
    pieces, limit, overlap = document
    counts = np.array(pieces, dtype=np.int64)
    windows = cut_windows(counts, limit, overlap, min(first, limit))
    owned = [word for w in windows for word in range(w.own_start, w.own_end)]
    assert owned == list(range(len(pieces)))
    assert all(sum(pieces[w.start : w.end]) <= limit for w in windows)
    if len(windows) > 1:
        assert windows[0].end == 1 or sum(pieces[: windows[0].end]) <= first


def test_a_short_first_window_by_hand():
    ones = np.ones(10, dtype=np.int64)
    assert [w[:2] for w in cut_windows(ones, 4, 0)] == [(0, 4), (4, 8), (8, 10)]
    assert [w[:2] for w in cut_windows(ones, 4, 0, 2)] == [(0, 2), (2, 6), (6, 10)]
    assert [w[:2] for w in cut_windows(ones[:4], 4, 0, 2)] == [(0, 4)]  # it fits: nothing is cut
