"""The joint loss: tags, coarse mentions and relations, each summed over the batch.

Enters: logits and targets. Leaves: sums and counts; whoever trains divides once by the counts of
the whole step. Knows no corpus: what a corpus leaves open arrives as targets that allow it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from khabar.model.joint import JointModel
from khabar.model.viterbi import FORBIDDEN, log_partition

UNSURE = -1
"""The truth of a relation that may hold or not: it gives no loss."""
_NEVER_CERTAIN = 1 - 1e-6
"""Keeps log(1 - p) finite."""


@dataclass(frozen=True)
class TagTargets:
    """What the tags may be.

    Attributes:
        allowed: tags that the annotation admits, ``(batch, words, rows, tags)``; one where it
            decides, all where it says nothing (padding too).
        coarse: window, first and last word of mentions whose label stands for any of several
            types, ``(mentions, 3)``.
        coarse_types: those types, ``(mentions, types)``, as booleans.
    """

    allowed: Tensor
    coarse: Tensor
    coarse_types: Tensor

    def to(self, device: torch.device) -> TagTargets:
        """Return the targets on a device."""
        return TagTargets(*(t.to(device) for t in (self.allowed, self.coarse, self.coarse_types)))

    def count(self) -> int:
        """Return how many words the annotation decides something about."""
        return int((~self.allowed.all(dim=-1)).any(dim=-1).sum()) + len(self.coarse)


def tag_loss(model: JointModel, logits: Tensor, words: Tensor, targets: TagTargets) -> Tensor:
    """Return the negative log-likelihood of what the annotation admits, summed.

    Where a label stands for several tags, their probabilities are summed (the marginal
    likelihood of partially annotated data; Tsuboi et al., 2008).
    """
    if model.crf is None:
        admitted = logits.masked_fill(~targets.allowed, FORBIDDEN).logsumexp(dim=-1)
        exact = (logits.logsumexp(dim=-1) - admitted).sum()
    else:
        exact = _crf_loss(model, logits, words, targets.allowed)
    return exact + _coarse_loss(model, logits, targets)


def relation_loss(logits: Tensor, truth: Tensor) -> Tensor:
    """Return binary cross-entropy summed over pairs and the relations their types allow.

    Args:
        logits: ``(pairs, relations)``, forbidden ones as the model marks them.
        truth: 1 for those that hold, 0 for those that do not, ``UNSURE``, ``(pairs, relations)``.
    """
    losses = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return losses.masked_fill((logits <= FORBIDDEN) | (truth == UNSURE), 0).sum()


def log_types(model: JointModel, logits: Tensor, mentions: Tensor) -> Tensor:
    """Return how probable the tags of each type are over whole mentions, in logarithms.

    Args:
        model: for its rows.
        logits: tag logits, ``(batch, words, rows, tags)``.
        mentions: window, first and last word, ``(mentions, 3)``.

    Returns:
        ``(mentions, types)``; types are decided for themselves and do not sum to 1.
    """
    begin, inside = _by_type(model, logits.log_softmax(dim=-1))
    window, first, last = mentions.unbind(-1)
    before = F.pad(inside.cumsum(dim=1), (0, 0, 1, 0))
    return begin[window, first] + before[window, last + 1] - before[window, first + 1]


def _crf_loss(model: JointModel, logits: Tensor, words: Tensor, allowed: Tensor) -> Tensor:
    transitions = model.transitions()
    admitted = logits.masked_fill(~allowed, FORBIDDEN)
    every = log_partition(logits, words, transitions, model.rule_starts)
    return (every - log_partition(admitted, words, transitions, model.rule_starts)).sum()


def _coarse_loss(model: JointModel, logits: Tensor, targets: TagTargets) -> Tensor:
    """Return the loss of coarse mentions: at least one of the types they may stand for is there.

    The probability of one type is the product of its tags over the whole mention, so that all
    words agree on it. That some type is there is summed over which is the first of them, all in
    logarithms: a mention that the model is sure to miss keeps its gradient.
    """
    if not len(targets.coarse):
        return logits.new_zeros(())
    log_type = log_types(model, logits, targets.coarse)
    log_type = log_type.masked_fill(~targets.coarse_types, FORBIDDEN)
    absent = torch.log1p(-log_type.exp().clamp(max=_NEVER_CERTAIN))
    none_before = absent.cumsum(dim=-1) - absent
    return -(log_type + none_before).logsumexp(dim=-1).sum()


def _by_type(model: JointModel, log_tags: Tensor) -> tuple[Tensor, Tensor]:
    """Return the log-probabilities of B and of I for every type, ``(batch, words, types)``."""
    rows = model.rows.rows
    if len(rows) == 1:
        return log_tags[:, :, 0, 1::2], log_tags[:, :, 0, 2::2]
    types = len(model.schema.entity_types)  # further rows are for mentions inside others
    return log_tags[:, :, :types, 1], log_tags[:, :, :types, 2]
