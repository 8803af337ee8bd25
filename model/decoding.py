"""Decoding: tag logits to scored, properly nested spans of words.

Enters: logits of whole windows or documents. Leaves: spans, each type and extent once, no two
crossing. Knows no text.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from khabar.data.tags import WordSpan
from khabar.model.network import Network
from khabar.model.temperature import tempered
from khabar.model.viterbi import best_tags


class ScoredSpan(NamedTuple):
    """A decoded mention and the model's confidence in it, 0 to 1."""

    span: WordSpan
    score: float


@torch.no_grad()
def decode_spans(model: Network, logits: Tensor, words: Tensor) -> list[list[ScoredSpan]]:
    """Decode the entities of windows.

    Args:
        model: for its rows and transitions.
        logits: tag logits, ``(batch, words, rows, tags)``.
        words: words of every window, ``(batch,)``.

    Returns:
        For every window its spans in reading order, outer ones first. A span's score is the
        probability that exactly its words bear its tags: the product of its tags' probabilities
        and of that of ending there, calibrated by the model's temperature.
    """
    tags = best_tags(logits, words, model.transitions(), model.rule_starts)
    log_shares = logits.log_softmax(dim=-1)
    chosen = log_shares.gather(-1, tags.unsqueeze(-1)).squeeze(-1).cpu().numpy()
    ends, paths = _log_ends(log_shares, tags).cpu().numpy(), tags.cpu().numpy()
    return [
        _spans(model, paths[index, :count], chosen[index, :count], ends[index, : count - 1])
        for index, count in enumerate(words.tolist())
    ]


def _log_ends(log_shares: Tensor, tags: Tensor) -> Tensor:
    """Return the log-probability that what a word's tag names ends there.

    Args:
        log_shares: log-probabilities of tags, ``(batch, words, rows, tags)``.
        tags: decoded ones, ``(batch, words, rows)``.

    Returns:
        Of every word but the last, ``(batch, words - 1, rows)``; of no meaning at tag O.
    """
    continuing = (tags[:, :-1] + 1) // 2 * 2  # the I of a B, and of an I
    goes_on = log_shares[:, 1:].gather(-1, continuing.unsqueeze(-1)).squeeze(-1).exp()
    return torch.log1p(-goes_on.clamp(max=1 - torch.finfo(goes_on.dtype).eps))


def _spans(
    model: Network,
    path: NDArray[np.int64],
    chosen: NDArray[np.float32],
    ends: NDArray[np.float32],
) -> list[ScoredSpan]:
    """Return the spans of a path of tags, from the log-probabilities of tags and of ends."""
    nothing = np.zeros((1, path.shape[1]))
    before = np.vstack([nothing, np.cumsum(chosen, axis=0, dtype=float)])
    after = np.vstack([ends, nothing])  # after the last word there is nothing to go on to
    best: dict[WordSpan, float] = {}
    for span, row in model.rows.decode(path):
        total = before[span.last + 1, row] - before[span.first, row] + after[span.last, row]
        best[span] = max(float(np.exp(total)), best.get(span, 0.0))
    scores = tempered(np.array(list(best.values())), model.config.entity_temperature).tolist()
    return without_crossings([ScoredSpan(*scored) for scored in zip(best, scores, strict=True)])


def without_crossings(spans: list[ScoredSpan]) -> list[ScoredSpan]:
    """Return spans in reading order with the weaker of every two that cross left out."""
    kept: list[ScoredSpan] = []
    dropped: set[WordSpan] = set()
    reaching: list[ScoredSpan] = []  # kept ones that have not ended before the candidate begins
    for candidate in sorted(spans, key=lambda s: (s.span.first, -s.span.last, s.span.type)):
        reaching = [other for other in reaching if other.span.last >= candidate.span.first]
        rivals = {other.span for other in reaching if _cross(other.span, candidate.span)}
        if any(other.score >= candidate.score for other in reaching if other.span in rivals):
            continue
        reaching = [other for other in reaching if other.span not in rivals]
        reaching.append(candidate)
        kept.append(candidate)
        dropped |= rivals
    return [scored for scored in kept if scored.span not in dropped]


def _cross(first: WordSpan, second: WordSpan) -> bool:
    return first.first < second.first <= first.last < second.last
