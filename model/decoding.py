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
        geometric mean of its tags' probabilities.
    """
    tags = best_tags(logits, words, model.transitions(), model.rule_starts)
    chosen = logits.log_softmax(dim=-1).gather(-1, tags.unsqueeze(-1)).squeeze(-1)
    log_scores = chosen.cpu().numpy()
    paths = tags.cpu().numpy()
    return [
        _spans(model, paths[index, :count], log_scores[index, :count])
        for index, count in enumerate(words.tolist())
    ]


def _spans(
    model: Network, path: NDArray[np.int64], log_scores: NDArray[np.float32]
) -> list[ScoredSpan]:
    before = np.vstack([np.zeros((1, path.shape[1])), np.cumsum(log_scores, axis=0, dtype=float)])
    best: dict[WordSpan, float] = {}
    for span, row in model.rows.decode(path):
        total = before[span.last + 1, row] - before[span.first, row]
        score = float(np.exp(total / (span.last + 1 - span.first)))
        best[span] = max(score, best.get(span, 0.0))
    return without_crossings([ScoredSpan(span, score) for span, score in best.items()])


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
