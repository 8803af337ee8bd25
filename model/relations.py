"""The relation head: every pair of spans scored for every relation, in one batched operation.

Enters: word states of windows and the typed spans in them. Leaves: logits per pair and relation.
A pair is read from its two spans (ends, mean, type), the words between them, their distance and
nesting: span ends with type after SpERT (Eberts and Ulges, 2020), the low-rank product after
biaffine scorers (Dozat and Manning, 2017). Whatever a pair needs is projected once per word or
span and only gathered per pair, so that the cost grows with words, not with pairs squared.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from khabar.data.schema import LabelSchema

_DISTANCES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Lower edges, in words, of the buckets of distance after the first."""
_NESTED = 2
"""Places beside the distances: tail inside head, head inside tail."""


@dataclass(frozen=True)
class SpanBatch:
    """The spans of a batch of windows, in one list.

    Attributes:
        window: which window of the batch, ``(spans,)``.
        first: first word, ``(spans,)``.
        last: last word, inclusive, ``(spans,)``.
        type: entity type's number, ``(spans,)``.
    """

    window: Tensor
    first: Tensor
    last: Tensor
    type: Tensor

    def to(self, device: torch.device) -> SpanBatch:
        """Return the spans on a device."""
        return SpanBatch(*(t.to(device) for t in (self.window, self.first, self.last, self.type)))

    def __len__(self) -> int:
        """Return how many spans there are."""
        return len(self.window)


class PairRules(nn.Module):
    """Which relations the schema allows between which types, as a table."""

    allowed: Tensor
    """``(types, types, relations)``."""

    def __init__(self, schema: LabelSchema) -> None:
        super().__init__()
        table = [
            [
                [schema.allows(name, head, tail) for name in schema.relations]
                for tail in schema.entities
            ]
            for head in schema.entities
        ]
        shape = (len(schema.entities), len(schema.entities), len(schema.relations))
        allowed = torch.tensor(table, dtype=torch.bool).reshape(shape)
        self.register_buffer("allowed", allowed, persistent=False)

    def pairs(self, spans: SpanBatch, reach: int) -> Tensor:
        """Return all ordered pairs of one window within reach that some relation allows.

        Args:
            spans: the spans, in any order.
            reach: most words between the two.

        Returns:
            Head and tail as indices into the spans, ``(pairs, 2)``.
        """
        order = spans.window.argsort(stable=True)
        counts = spans.window.bincount()
        before = counts.cumsum(0) - counts
        # Only pairs of one window are ever laid out: each span, as often as its window has spans.
        partners = counts[spans.window[order]]
        head = torch.arange(len(spans), device=order.device).repeat_interleave(partners)
        first = (partners.cumsum(0) - partners).repeat_interleave(partners)
        place = torch.arange(len(head), device=order.device) - first
        head, tail = order[head], order[before[spans.window[order[head]]] + place]
        fits = self.allowed.any(dim=-1)[spans.type[head], spans.type[tail]]
        after, ahead = spans.first[tail] - spans.last[head], spans.first[head] - spans.last[tail]
        near = torch.maximum(after, ahead) <= reach + 1
        return torch.stack([head, tail], dim=-1)[fits & near & (head != tail)]


_RARE = -3.0
"""Log-odds of a relation before training: one in twenty."""


class RelationHead(nn.Module):
    """Scores pairs of spans."""

    def __init__(self, hidden: int, size: int, dropout: float, schema: LabelSchema) -> None:
        super().__init__()
        self.ends = nn.Linear(hidden, 2 * size)
        self.inside = nn.Linear(hidden, size)
        self.between = nn.Linear(hidden, size)
        self.entity_type = nn.Embedding(len(schema.entities), size)
        self.sides = nn.Linear(size, 4 * size)
        self.distance = nn.Embedding(2 * (len(_DISTANCES) + 1) + _NESTED, size)
        self.norm = nn.LayerNorm(size)
        self.mix = nn.Linear(size, size)
        self.scorer = nn.Linear(size, len(schema.relations))
        self.dropout = nn.Dropout(dropout)
        # Few pairs hold a relation: an untrained head should not claim half of them (Lin et al.,
        # 2017), or the first evaluations of a run would be slow.
        nn.init.constant_(self.scorer.bias, _RARE)
        self.register_buffer("edges", torch.tensor(_DISTANCES), persistent=False)

    edges: Tensor

    def forward(self, states: Tensor, spans: SpanBatch, pairs: Tensor) -> Tensor:
        """Score every relation for every pair.

        Args:
            states: word states, ``(batch, words, hidden)``.
            spans: typed spans of these windows.
            pairs: head and tail as indices into the spans, ``(pairs, 2)``.

        Returns:
            Logits ``(pairs, relations)``, independent of each other: a pair may hold several.
        """
        head, tail = pairs.unbind(-1)
        heads, tails, head_product, tail_product = self._spans(states, spans).chunk(4, dim=-1)
        pair = (
            heads[head]
            + tails[tail]
            + head_product[head] * tail_product[tail]
            + self._between(states, spans, head, tail)
            + self.distance(self._distance(spans, head, tail))
        )
        pair = self.dropout(F.gelu(self.norm(pair)))
        logits: Tensor = self.scorer(self.dropout(F.gelu(self.mix(pair))))
        return logits

    def _spans(self, states: Tensor, spans: SpanBatch) -> Tensor:
        """Return what each span brings as head and as tail, ``(spans, 4 * size)``."""
        start, end = self.ends(states).chunk(2, dim=-1)
        mean = _mean(self.inside(states), spans.window, spans.first, spans.last + 1)
        own = start[spans.window, spans.first] + end[spans.window, spans.last] + mean
        sides: Tensor = self.sides(self.dropout(F.gelu(own + self.entity_type(spans.type))))
        return sides

    def _between(self, states: Tensor, spans: SpanBatch, head: Tensor, tail: Tensor) -> Tensor:
        """Return the mean of the words between two spans, zero where there are none."""
        start = torch.minimum(spans.last[head], spans.last[tail]) + 1
        end = torch.maximum(spans.first[head], spans.first[tail])
        return _mean(self.between(states), spans.window[head], start, end)

    def _distance(self, spans: SpanBatch, head: Tensor, tail: Tensor) -> Tensor:
        """Return the bucket of each pair: distance and side, or which lies in which."""
        after = spans.first[tail] - spans.last[head]
        before = spans.first[head] - spans.last[tail]
        buckets = len(_DISTANCES) + 1
        apart = torch.bucketize(torch.maximum(after, before) - 1, self.edges, right=True)
        apart = apart + (before > 0) * buckets
        holds = (spans.first[head] <= spans.first[tail]) & (spans.last[tail] <= spans.last[head])
        nested = 2 * buckets + (~holds).long()
        return torch.where((after > 0) | (before > 0), apart, nested)


def _mean(states: Tensor, window: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Return the mean state of word ranges, ends exclusive; zero for an empty one."""
    # Summed in fp32: the differences of long bf16 sums would be noise.
    total = F.pad(states.float().cumsum(dim=1), (0, 0, 1, 0))
    length = (end - start).clamp(min=0)
    summed = total[window, torch.maximum(start, end)] - total[window, start]
    return (summed / length.clamp(min=1).unsqueeze(-1)).to(states.dtype)
