"""Padding of windows, and their grouping by length."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.batches import WindowPieces, batches_by_length, collate

LENGTHS = st.lists(st.integers(1, 40), max_size=40)


@given(LENGTHS, st.integers(1, 100))
def test_every_window_is_in_one_batch(lengths, budget):
    batches = batches_by_length(lengths, budget)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert all(batches)


@given(LENGTHS, st.integers(1, 100))
def test_padded_batches_keep_the_budget_unless_one_window_breaks_it(lengths, budget):
    for batch in batches_by_length(lengths, budget):
        padded = max(lengths[i] for i in batch) * len(batch)
        assert padded <= budget or len(batch) == 1


@given(LENGTHS, st.integers(1, 100))
def test_batches_come_longest_first_and_none_is_left_half_empty(lengths, budget):
    batches = batches_by_length(lengths, budget)
    dealt = [lengths[i] for batch in batches for i in batch]
    assert dealt == sorted(lengths, reverse=True)
    for batch in batches[:-1]:
        assert lengths[batch[0]] * (len(batch) + 1) > budget


def pieces(ids: list[int], words: list[int]) -> WindowPieces:
    return WindowPieces(ids=np.array(ids), word_of_piece=np.array(words), words=max(words) + 1)


def test_windows_are_padded_to_the_longest():
    batch = collate([pieces([5, 7, 8, 6], [-1, 0, 0, -1]), pieces([9], [0])], pad_id=3)
    assert batch.ids.tolist() == [[5, 7, 8, 6], [9, 3, 3, 3]]
    assert batch.mask.tolist() == [[1, 1, 1, 1], [1, 0, 0, 0]]
    assert batch.word_of_piece.tolist() == [[-1, 0, 0, -1], [0, -1, -1, -1]]
    assert batch.words.tolist() == [1, 1]


def test_a_batch_moves_to_a_device_whole():
    moved = collate([pieces([1], [0])], pad_id=0).to(torch.device("meta"))
    tensors = (moved.ids, moved.mask, moved.word_of_piece, moved.words)
    assert {tensor.device.type for tensor in tensors} == {"meta"}
