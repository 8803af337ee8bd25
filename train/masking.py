"""Masking: which words of a sequence the model has to name.

Enters: packed sequences. Leaves: batches with masks in place of whole words. Every piece of a
chosen word becomes the mask: BERT's exceptions (a tenth stays, a tenth becomes another piece) make
the task easier or the context worse, and models trained without them fine-tune no worse (Wettig et
al., 2023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from khabar.model.tokenizer import SpecialPieces
from khabar.train.stream import INSIDE, SEPARATOR, WORD, Pack

SeededPack = tuple[Pack, tuple[int, ...]]
"""A sequence, and what decides about its masks."""


@dataclass(frozen=True)
class MaskedBatch:
    """Sequences of one length with masks in them.

    Attributes:
        ids: ``(batch, pieces)``.
        places: where masks are, counted through the whole batch, ``(masked,)``.
        truth: the pieces that were there, ``(masked,)``.
        words: which masked word each belongs to, counted from 0, ``(masked,)``.
    """

    ids: Tensor
    places: Tensor
    truth: Tensor
    words: Tensor

    def to(self, device: torch.device) -> MaskedBatch:
        """Return the batch on a device."""
        return MaskedBatch(*(t.to(device) for t in (self.ids, self.places, self.truth, self.words)))


@dataclass(frozen=True)
class Masker:
    """Masks sequences and puts them together.

    Attributes:
        special: pieces that stand around a sequence.
        mask: the piece that stands for a masked one.
        rate: share of the pieces to mask.
    """

    special: SpecialPieces
    mask: int
    rate: float

    def batch(self, packs: Sequence[SeededPack]) -> MaskedBatch:
        """Return sequences as a batch, each masked as its own seed says."""
        rows, words = [], []
        for pack, seed in packs:
            chosen = choose_words(pack.marks, self.rate, np.random.default_rng(seed))
            rows.append(self._with_special(pack.ids))
            # Numbers of words, 0 where nothing is masked.
            words.append(self._with_special(np.where(chosen, _word_numbers(pack.marks), 0), 0))
        truth, numbers = np.stack(rows), np.stack(words)
        # Words of different sequences get different numbers.
        numbers += (numbers > 0) * np.arange(len(packs))[:, None] * numbers.shape[1]
        places = np.flatnonzero(numbers)
        _, consecutive = np.unique(numbers.flat[places], return_inverse=True)
        return MaskedBatch(
            ids=torch.from_numpy(np.where(numbers > 0, self.mask, truth)),
            places=torch.from_numpy(places),
            truth=torch.from_numpy(truth.flat[places]),
            words=torch.from_numpy(consecutive),
        )

    def _with_special(
        self, pieces: NDArray[np.int64], instead: int | None = None
    ) -> NDArray[np.int64]:
        prefix, suffix = self.special.prefix, self.special.suffix
        if instead is not None:
            prefix, suffix = (instead,) * len(prefix), (instead,) * len(suffix)
        return np.concatenate([prefix, pieces, suffix]).astype(np.int64)


def choose_words(
    marks: NDArray[np.uint8], rate: float, random: np.random.Generator
) -> NDArray[np.bool_]:
    """Return which pieces of a sequence to mask: whole words, at least one if there is any.

    The tail of a word that the sequence's start cuts off is never chosen, nor is a separator.

    Args:
        marks: of every piece, ``(pieces,)``.
        rate: share of the pieces to mask; as many words as do not exceed it.
        random: decides which.
    """
    number = _word_numbers(marks)
    words = number[marks == WORD]
    order = random.permutation(words)
    sizes = np.bincount(number)[order].cumsum()
    budget = round(rate * int((marks != SEPARATOR).sum()))
    taken = order[: max(1, int(np.searchsorted(sizes, budget, side="right")))]
    return np.isin(number, taken)


def _word_numbers(marks: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of each piece's word; 0 is the tail of a word that began before."""
    return np.cumsum(marks != INSIDE, dtype=np.int64)
