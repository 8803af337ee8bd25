"""Temperatures: how sure a score has to be, for eight in ten of those at 0.8 to be right.

Enters: scores, 0 to 1, and a temperature. Leaves: scores. Temperature scaling (Guo et al., 2017):
log-odds are divided by one number, so that the order of scores stays and no label changes. Above 1
the model was too sure of itself, below 1 not sure enough. The relation head's are shifted as well
(Platt, 1999), as it may see too many or too few. Fitted in ``eval/temperatures.py``.
"""

from __future__ import annotations

import copy
import math
from typing import TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from khabar.model.network import Network

AnyNetwork = TypeVar("AnyNetwork", bound=Network)


def tempered(
    scores: NDArray[np.float64], temperature: float, shift: float = 0.0
) -> NDArray[np.float64]:
    """Return the scores whose log-odds are these ones' divided by a temperature, plus a shift."""
    right, wrong = scores ** (1 / temperature), (1 - scores) ** (1 / temperature)
    right = right * math.exp(shift)
    return right / (right + wrong)


def without_temperatures(model: AnyNetwork) -> AnyNetwork:
    """Return the model as it scores before calibration; the weights are shared."""
    bare = copy.copy(model)
    bare.config = msgspec.structs.replace(
        model.config, entity_temperature=1.0, relation_temperature=1.0, relation_shift=0.0
    )
    return bare
