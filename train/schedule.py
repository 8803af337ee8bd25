"""The schedule of pretraining: the rate rises, stays, and falls to zero in a last part.

Enters: steps. Leaves: shares of the peak rate. Until the fall begins, the rate does not depend on
how long the run is, so that a longer one can go on from there.
"""

from __future__ import annotations

import msgspec


class Trapezoid(msgspec.Struct, frozen=True, kw_only=True):
    """Warm-up, stable part and decay (Hu et al., 2024; Hägele et al., 2024), in steps."""

    warmup: int
    """Steps in which the rate rises."""
    decays_from: int
    """The first step of those in which it falls."""
    steps: int
    """All steps; after them the rate is zero."""

    def factor(self, step: int) -> float:
        """Return the share of the peak rate that step number ``step`` (from 0) uses."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        if step < self.decays_from:
            return 1.0
        return (self.steps - step) / (self.steps - self.decays_from)

    def agrees(self, other: Trapezoid, step: int) -> bool:
        """Whether both have given the same rates before step number ``step``."""
        if self == other:
            return True
        return self.warmup == other.warmup and step <= min(self.decays_from, other.decays_from)
