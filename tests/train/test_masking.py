import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from khabar.model.tokenizer import SpecialPieces
from khabar.train.masking import Masker, choose_words
from khabar.train.stream import INSIDE, SEPARATOR, WORD, Pack

SPECIAL = SpecialPieces(prefix=(90,), suffix=(91,), pad=92, unknown=93)
MASK = 99
MARKS = st.lists(st.sampled_from([INSIDE, INSIDE, WORD, WORD, SEPARATOR]), min_size=1, max_size=60)


def words_of(marks: list[int]) -> list[list[int]]:
    """Return the places of every whole word, found by going through them one by one."""
    words: list[list[int]] = []
    is_open = False
    for place, mark in enumerate(marks):
        if mark == WORD:
            words.append([])
        is_open = mark == WORD or (mark == INSIDE and is_open)
        if is_open:
            words[-1].append(place)
    return words


def choose(marks: list[int], rate: float, seed: int = 0) -> set[int]:
    chosen = choose_words(np.array(marks, dtype=np.uint8), rate, np.random.default_rng(seed))
    return set(np.flatnonzero(chosen).tolist())


@given(MARKS, st.floats(0.01, 0.99), st.integers(0, 1000))
def test_whole_words_are_chosen_and_nothing_else(marks, rate, seed):
    # A separator is followed by a word's beginning, never by its inside.
    marks = [
        WORD if place and mark == INSIDE and marks[place - 1] == SEPARATOR else mark
        for place, mark in enumerate(marks)
    ]
    chosen = choose(marks, rate, seed)
    taken = [word for word in words_of(marks) if chosen & set(word)]
    assert chosen == {place for word in taken for place in word}
    assert len(taken) >= min(1, len(words_of(marks)))
    pieces = sum(mark != SEPARATOR for mark in marks)
    assert len(taken) <= 1 or len(chosen) <= round(rate * pieces)


@pytest.mark.parametrize("rate", [0.15, 0.2, 0.4])
def test_about_the_share_that_was_asked_for_is_masked(rate):
    draw = np.random.default_rng(5)
    marks = np.where(draw.random(254) < 0.6, WORD, INSIDE).tolist()
    shares = [len(choose(marks, rate, seed)) / 254 for seed in range(50)]
    assert rate - 0.01 < np.mean(shares) <= rate


def test_every_word_is_chosen_about_equally_often():
    marks = [WORD, INSIDE, INSIDE, WORD, WORD, INSIDE] * 10
    counts = np.bincount([p for seed in range(400) for p in choose(marks, 0.2, seed)], minlength=60)
    assert counts.min() > 40
    assert counts.max() < 130


def test_a_sequence_without_the_beginning_of_a_word_is_left_alone():
    assert choose([INSIDE, INSIDE, SEPARATOR], 0.5) == set()


def packs() -> list[Pack]:
    marks = np.array([INSIDE, WORD, INSIDE, WORD, SEPARATOR, WORD], dtype=np.uint8)
    return [Pack(np.arange(6) + 10 * row, marks) for row in (1, 2)]


def test_a_batch_tells_what_was_under_every_mask_and_which_word_it_belongs_to():
    batch = Masker(SPECIAL, MASK, rate=0.99).batch([(pack, (0,)) for pack in packs()])
    # The tail at the start, the separator and the special pieces stay.
    assert batch.ids.tolist() == [
        [90, 10, MASK, MASK, MASK, 14, MASK, 91],
        [90, 20, MASK, MASK, MASK, 24, MASK, 91],
    ]
    assert batch.places.tolist() == [2, 3, 4, 6, 10, 11, 12, 14]
    assert batch.truth.tolist() == [11, 12, 13, 15, 21, 22, 23, 25]
    assert batch.words.tolist() == [0, 0, 1, 2, 3, 3, 4, 5]


def test_masks_depend_on_the_seed_of_the_sequence_and_not_on_its_neighbours():
    masker = Masker(SPECIAL, MASK, rate=0.3)
    first, second = packs()
    together = masker.batch([(first, (4, 1)), (second, (4, 2))])
    alone = [masker.batch([(first, (4, 1))]), masker.batch([(second, (4, 2))])]
    assert torch.equal(together.ids, torch.cat([batch.ids for batch in alone]))
    others = {tuple(masker.batch([(first, (4, n))]).ids[0].tolist()) for n in range(20)}
    assert len(others) > 1
