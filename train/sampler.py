"""The sampler: which windows make up each step, as a function of the seed and the step alone.

Nothing is remembered between steps, so a resumed run sees exactly the windows that an unbroken
one sees, in the middle of any epoch. Enters: how many windows each corpus has, their lengths and
weights. Leaves: indices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")


@dataclass(frozen=True)
class StepSampler:
    """Deals windows into steps.

    Attributes:
        lengths: pieces of every window of all corpora in one list.
        corpora: how many windows each corpus has, in order.
        weights: how often an epoch sees a window of each corpus, on average.
        batch_windows: windows in a step.
        seed: of the run.
    """

    lengths: Sequence[int]
    corpora: Sequence[int]
    weights: Sequence[float]
    batch_windows: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps in every epoch."""
        return -(-sum(self._quota()) // self.batch_windows)

    def steps(self, start: int, stop: int) -> Iterator[list[int]]:
        """Yield the windows of each step from ``start`` to before ``stop``."""
        for epoch in range(start // self.steps_per_epoch, -(-stop // self.steps_per_epoch)):
            first = epoch * self.steps_per_epoch
            dealt = self._epoch(epoch)
            yield from dealt[max(0, start - first) : stop - first]

    def _quota(self) -> list[int]:
        return [
            max(1, round(count * weight)) if count else 0
            for count, weight in zip(self.corpora, self.weights, strict=True)
        ]

    def _epoch(self, epoch: int) -> list[list[int]]:
        random = np.random.default_rng((self.seed, epoch))
        drawn: list[int] = []
        first = 0
        for count, quota in zip(self.corpora, self._quota(), strict=True):
            for left in range(quota, 0, -max(count, 1)):
                drawn.extend(int(i) + first for i in random.permutation(count)[:left])
            first += count
        order = [drawn[i] for i in random.permutation(len(drawn))]
        size = self.batch_windows
        cut = [order[i : i + size] for i in range(0, len(order), size)]
        # Sorted inside the step alone, so that a step still mixes corpora of unlike lengths.
        return [sorted(step, key=lambda i: -self.lengths[i]) for step in cut]


def share_of(windows: Sequence[T], rank: int, processes: int) -> list[T]:
    """Return one process's part of a step; long and short windows go to all alike."""
    return list(windows[rank::processes])
