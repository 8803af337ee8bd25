"""Decoding tags: the best valid path, and the log-likelihood that a CRF needs.

Enters: logits. Leaves: tags that obey the transitions. Knows no type and no text. All rows of all
windows are decoded at once; the only loop is over words.
"""

from __future__ import annotations

import torch
from torch import Tensor

FORBIDDEN = -1e4
"""Added to a transition that may not happen; finite, so that no difference of two is NaN."""


def best_tags(scores: Tensor, words: Tensor, transitions: Tensor, starts: Tensor) -> Tensor:
    """Return the best path of every row (Viterbi).

    Args:
        scores: tag scores, ``(batch, words, rows, tags)``.
        words: words of every window, ``(batch,)``; what lies beyond is padding.
        transitions: score of a tag (first axis) followed by another, ``(tags, tags)``.
        starts: score of each tag at the first word, ``(tags,)``.

    Returns:
        Tags ``(batch, words, rows)``; padding repeats the last word's tag.
    """
    length = scores.shape[1]
    best = scores[:, 0] + starts
    # A padded word stays where it is: it neither moves nor scores.
    stay = torch.arange(scores.shape[-1], device=scores.device)
    back = []
    for word in range(1, length):
        value, source = (best.unsqueeze(-1) + transitions).max(dim=-2)
        live = (word < words)[:, None, None]
        best = torch.where(live, value + scores[:, word], best)
        back.append(torch.where(live, source, stay))
    path = [best.argmax(dim=-1)]
    for source in reversed(back):
        path.append(source.gather(-1, path[-1].unsqueeze(-1)).squeeze(-1))
    return torch.stack(path[::-1], dim=1)


def log_partition(scores: Tensor, words: Tensor, transitions: Tensor, starts: Tensor) -> Tensor:
    """Return the log of the summed exponentials of all paths' scores (forward algorithm).

    Arguments as for ``best_tags``.

    Returns:
        ``(batch, rows)``.
    """
    total = scores[:, 0] + starts
    for word in range(1, scores.shape[1]):
        value = torch.logsumexp(total.unsqueeze(-1) + transitions, dim=-2) + scores[:, word]
        total = torch.where((word < words)[:, None, None], value, total)
    return torch.logsumexp(total, dim=-1)
