"""The bound: what an encoder has to multiply for the pieces it reads, and how fast a device does.

Enters: an encoder, lengths of sequences. Leaves: floating-point operations, and operations a
second, measured in products of the encoder's own shapes. Knows no text, no tokenizer and no head.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

_ROUNDS = 3
_ROUND_SECONDS = 0.05
"""A round has as many products as take so long: the clock and a GPU's queue weigh nothing then."""


class EncoderCost(msgspec.Struct, frozen=True, kw_only=True):
    """The multiply-adds of an encoder's matrix products; all else it does is left out.

    Layers whose attention is local count as if it were not.
    """

    weights: int
    """For a piece: the size of all weight matrices, 12 times the hidden size squared in a layer of
    BERT's shape. Embeddings are looked up and not multiplied."""
    attention: int
    """For a piece and each piece of its sequence: scores and weighted sum, so twice the hidden size
    in every layer."""
    weight_bytes: int
    """Of the same matrices, which every batch reads anew."""

    def operations(self, lengths: Iterable[int]) -> int:
        """Return the operations for sequences of so many pieces each; a multiply-add is two."""
        return 2 * sum(pieces * (self.weights + self.attention * pieces) for pieces in lengths)


def encoder_cost(encoder: PreTrainedModel) -> EncoderCost:
    """Return what an encoder costs."""
    weights = _weights(encoder)
    config = encoder.config
    return EncoderCost(
        weights=sum(weight.numel() for weight in weights),
        attention=2 * int(config.num_hidden_layers) * int(config.hidden_size),
        weight_bytes=sum(weight.numel() * weight.element_size() for weight in weights),
    )


@torch.inference_mode()
def product_rate(encoder: PreTrainedModel, pieces: int) -> float:
    """Return the operations a second of the encoder's device in the encoder's own products.

    Args:
        encoder: whose weight matrices, precision and device are taken.
        pieces: in a batch, padding included.
    """
    operations = seconds = 0.0
    for weight, count in _shapes(encoder):
        states = torch.randn(pieces, weight.shape[1], device=weight.device).to(weight.dtype)
        operations += 2 * count * pieces * weight.numel()
        seconds += count * _product_seconds(states, weight)
    return operations / seconds


def _weights(encoder: PreTrainedModel) -> list[Tensor]:
    return [module.weight for module in encoder.modules() if isinstance(module, nn.Linear)]


def _shapes(encoder: PreTrainedModel) -> list[tuple[Tensor, int]]:
    """Return one weight matrix of every shape, and how many there are."""
    weights = _weights(encoder)
    counts = Counter(weight.shape for weight in weights)
    return [(weight, counts[shape]) for shape, weight in {w.shape: w for w in weights}.items()]


def _product_seconds(states: Tensor, weight: Tensor) -> float:
    """Return the least time of a product, over rounds of many."""
    best, calls, rounds = math.inf, 1, 0
    while rounds < _ROUNDS:
        seconds = _round_seconds(states, weight, calls)
        if seconds < _ROUND_SECONDS:  # warms up, too
            calls *= 2
            continue
        best, rounds = min(best, seconds / calls), rounds + 1
    return best


def _round_seconds(states: Tensor, weight: Tensor, calls: int) -> float:
    _finish(states)
    start = time.perf_counter()
    for _ in range(calls):
        F.linear(states, weight)
    _finish(states)
    return time.perf_counter() - start


def _finish(states: Tensor) -> None:
    """Wait until the device has done all that it was told to."""
    if states.is_cuda:
        torch.cuda.synchronize(states.device)
