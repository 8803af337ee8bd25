"""Batches: windows of many documents as padded tensors, within a budget of pieces.

Enters: the pieces of each window's words. Leaves: ``PieceBatch`` tensors. Knows no label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class WindowPieces:
    """One window as the encoder reads it, special pieces included.

    Attributes:
        ids: piece numbers, ``(pieces,)``.
        word_of_piece: the word in the window that each piece belongs to, ``(pieces,)``; -1 for
            special pieces.
        words: how many words the window has.
    """

    ids: NDArray[np.int64]
    word_of_piece: NDArray[np.int64]
    words: int


@dataclass(frozen=True)
class PieceBatch:
    """Windows padded to one length.

    Attributes:
        ids: ``(batch, pieces)``.
        mask: 1 for a piece, 0 for padding, ``(batch, pieces)``.
        word_of_piece: ``(batch, pieces)``, -1 for special pieces and padding.
        words: words of every window, ``(batch,)``.
    """

    ids: Tensor
    mask: Tensor
    word_of_piece: Tensor
    words: Tensor

    def to(self, device: torch.device) -> PieceBatch:
        """Return the batch on a device."""
        return PieceBatch(
            *(t.to(device) for t in (self.ids, self.mask, self.word_of_piece, self.words))
        )


def collate(windows: Sequence[WindowPieces], pad_id: int) -> PieceBatch:
    """Pad windows to the longest of them."""
    return PieceBatch(
        ids=_pad([w.ids for w in windows], pad_id),
        mask=_pad([np.ones(len(w.ids), dtype=np.int64) for w in windows], 0),
        word_of_piece=_pad([w.word_of_piece for w in windows], -1),
        words=torch.tensor([w.words for w in windows]),
    )


def batches_by_length(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Group windows of similar length so that padded batches stay within a budget of pieces.

    Args:
        lengths: pieces of every window.
        budget: most pieces in a batch, padding included; a longer window is a batch of its own.

    Returns:
        Indices into ``lengths``, each once, longest first (what does not fit fails at once).
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        # The first of a batch is its longest.
        if batches and lengths[batches[-1][0]] * (len(batches[-1]) + 1) <= budget:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


def _pad(rows: Sequence[NDArray[np.int64]], fill: int) -> Tensor:
    padded = np.full((len(rows), max(len(row) for row in rows)), fill, dtype=np.int64)
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    return torch.from_numpy(padded)
