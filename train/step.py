"""One forward pass of training: a batch in, summed losses out.

A module of its own so that Accelerate's wrapper sees the whole computation in one ``forward``.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from khabar.data.batches import PieceBatch
from khabar.data.tags import WordSpan
from khabar.model.decoding import decode_spans
from khabar.model.joint import JointModel
from khabar.model.relations import SpanBatch
from khabar.train.asked import asked_loss
from khabar.train.loss import relation_loss, tag_loss
from khabar.train.targets import TrainBatch
from khabar.train.vocabulary import mask_piece


class TrainStep(nn.Module):
    """The joint model with its losses.

    Args:
        model: the joint model.
        mistakes: whether the tagger's wrong spans are negatives for the relation head.
        word_masking: share of the words to hide in training.

    Raises:
        ModelError: words are to be hidden, and the vocabulary has no piece for masks.
    """

    def __init__(self, model: JointModel, *, mistakes: bool, word_masking: float = 0.0) -> None:
        super().__init__()
        self.model = model
        self.mistakes = mistakes
        self.word_masking = word_masking
        self.mask = mask_piece(model.tokenizer) if word_masking else None

    def forward(self, batch: TrainBatch) -> tuple[Tensor, Tensor]:
        """Return the tag loss and the relation loss, each summed over the batch."""
        pieces = batch.pieces if self.mask is None else self._masked(batch.pieces, self.mask)
        states = self.model.encode(pieces)
        logits = self.model.tag(states)
        tags = tag_loss(self.model, logits, batch.pieces.words, batch.tags)
        if self.model.relation_head is None:
            return tags, tags.new_zeros(())
        spans = self._with_mistakes(batch, logits) if self.mistakes else batch.spans
        relations = self._relation_loss(states, spans, batch.relations)
        return tags, relations + asked_loss(self.model, states, logits, batch.asked)

    def _masked(self, pieces: PieceBatch, mask: int) -> PieceBatch:
        """Return the pieces with a random share of the words behind masks."""
        shape = len(pieces.ids), int(pieces.words.max())
        hidden = torch.rand(shape, device=pieces.ids.device) < self.word_masking
        of_piece = hidden.gather(1, pieces.word_of_piece.clamp(min=0)) & (pieces.word_of_piece >= 0)
        return replace(pieces, ids=pieces.ids.masked_fill(of_piece, mask))

    def _with_mistakes(self, batch: TrainBatch, logits: Tensor) -> SpanBatch:
        """Return the gold spans, then what the tagger now takes for spans and is not gold.

        Where the annotation says nothing of such a span, it is no mistake.
        """
        if not bool(batch.has_relations.any()):
            return batch.spans
        gold = batch.spans
        columns = (gold.window, gold.first, gold.last, gold.type)
        known = set(zip(*(column.tolist() for column in columns), strict=True))
        counts = gold.window.bincount(minlength=len(batch.has_relations)).tolist()
        decoded = decode_spans(self.model, logits.detach(), batch.pieces.words)
        says_nothing = batch.tags.allowed.all(dim=-1).cpu()

        def is_wrong(window: int, span: WordSpan) -> bool:
            row = self.model.rows.row_of(span.type, depth=0)
            left_open = bool(says_nothing[window, span.first : span.last + 1, row].all())
            return (window, *span) not in known and not left_open

        wrong: list[tuple[int, ...]] = []
        for window in batch.has_relations.nonzero().flatten().tolist():
            own = [scored for scored in decoded[window] if is_wrong(window, scored.span)]
            own.sort(key=lambda scored: -scored.score)
            # No more than gold has: a tagger that has learned little may take much for a span.
            wrong += [(window, *scored.span) for scored in own[: counts[window]]]
        more = torch.tensor(wrong, dtype=torch.long, device=gold.window.device).reshape(-1, 4)
        both = zip(columns, more.unbind(-1), strict=True)
        return SpanBatch(*(torch.cat(column) for column in both))

    def _relation_loss(self, states: Tensor, spans: SpanBatch, relations: Tensor) -> Tensor:
        pairs = self.model.rules.pairs(spans, self.model.config.heads.relation_reach)
        if not len(pairs):
            # Every process must touch every weight, or their gradients cannot be averaged.
            assert self.model.relation_head is not None
            touched = [weight.sum() for weight in self.model.relation_head.parameters()]
            return torch.stack(touched).sum() * 0
        logits = self.model.relate(states, spans, pairs)
        return relation_loss(logits, relation_truth(relations, pairs, len(spans), logits))


def relation_truth(relations: Tensor, pairs: Tensor, spans: int, like: Tensor) -> Tensor:
    """Return which relations hold for which pairs, ``(pairs, relations)``: 1, 0 or ``UNSURE``.

    Args:
        relations: head and tail as indices into the spans, type, truth, ``(gold, 4)``.
        pairs: head and tail of the pairs that are scored, ``(pairs, 2)``.
        spans: how many spans there are.
        like: a tensor of the wanted shape and kind.
    """
    truth = torch.zeros_like(like)
    place = torch.full((spans * spans,), -1, device=pairs.device)
    place[pairs[:, 0] * spans + pairs[:, 1]] = torch.arange(len(pairs), device=pairs.device)
    head, tail, type, known = relations.unbind(-1)
    row = place[head * spans + tail]
    scored = row >= 0  # others lie further apart than the head's reach
    truth[row[scored], type[scored]] = known[scored].to(truth.dtype)
    return truth
