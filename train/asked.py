"""Single pairs: a corpus that says of one pair of mentions whether one relation holds between them.

Enters: what a document asks, the model's states and tag logits. Leaves: the loss of those pairs
and relations alone. The corpus does not say of what types the mentions are. The relation admits
some, and the tagger believes in some: of the admitted ones the likeliest are taken, and the pair
counts as far as the tagger believes in admitted ones at all. So a pair that the schema does not let
the relation join teaches nothing, once the tagger knows its types.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from khabar.data.errors import ConfigError
from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.data.wojood_relations import Question, question_of
from khabar.model.joint import JointModel
from khabar.model.relations import SpanBatch
from khabar.model.viterbi import FORBIDDEN
from khabar.train.loss import log_types


class AskedPair(NamedTuple):
    """Two mentions as words of a window, ends inclusive, and whether a relation joins them."""

    head_first: int
    head_last: int
    tail_first: int
    tail_last: int
    relation: int
    """Its number in the schema."""
    holds: int


class Questions:
    """What the documents of one corpus ask, and counts of what gives no loss."""

    def __init__(self, schema: LabelSchema) -> None:
        self._schema = schema
        self.ambiguous = 0
        """Documents that ask about a mention which stands at several places."""
        self.unknown: Counter[str] = Counter()
        """Documents that ask about a relation which the schema lacks, by that."""

    def of(self, document: Document) -> Question | None:
        """Return what a document asks; None, and count it, if that gives no loss.

        Raises:
            ConfigError: it asks nothing.
        """
        question = question_of(document)
        if question is None:
            raise ConfigError(
                f"document {document.id} asks about no pair, as `relations: asked` of the corpus "
                f"says; name `format: wojood-relations` if it is in that, or correct the policy"
            )
        if question.relation not in self._schema.relations:
            self.unknown[question.relation] += 1
            return None
        self.ambiguous += question.places > 1
        return question if question.places == 1 else None

    def notes(self) -> list[str]:
        """Return what gave no loss so far, one sentence each."""
        notes = [
            f"{count} documents ask about {name}, which schema {self._schema.name} lacks, and give "
            f"no loss"
            for name, count in self.unknown.items()
        ]
        if self.ambiguous:
            notes.append(
                f"{self.ambiguous} documents ask about a mention that stands at several places of "
                f"the text, and give no loss"
            )
        return notes


def asked_pairs(
    schema: LabelSchema, question: Question, head: tuple[int, int], tail: tuple[int, int]
) -> tuple[AskedPair, ...]:
    """Return the pair that a document asks about, of a symmetric relation both ways round.

    Args:
        schema: has the relation.
        question: what is asked.
        head: its first and last word in the window.
        tail: likewise.
    """
    relation = schema.relation_types.index(question.relation)
    forward = AskedPair(*head, *tail, relation, int(question.holds))
    if not schema.relations[question.relation].symmetric:
        return (forward,)
    return forward, AskedPair(*tail, *head, relation, int(question.holds))


def stack_asked(windows: Sequence[Sequence[AskedPair]]) -> Tensor:
    """Return the pairs of all windows, ``(asked, 7)``: window, then the fields of a pair."""
    rows = [(window, *pair) for window, pairs in enumerate(windows) for pair in pairs]
    return torch.tensor(rows, dtype=torch.long).reshape(-1, 7)


def asked_loss(model: JointModel, states: Tensor, logits: Tensor, asked: Tensor) -> Tensor:
    """Return the binary cross-entropy of what is asked, summed.

    Args:
        model: the joint model, with a relation head.
        states: word states, ``(batch, words, hidden)``.
        logits: tag logits, ``(batch, words, rows, tags)``; they get no gradient.
        asked: from ``stack_asked``.
    """
    if not len(asked):
        return logits.new_zeros(())
    window, *words, relation, holds = asked.unbind(-1)
    places = torch.stack([window, *words[:2], window, *words[2:]], dim=-1).view(-1, 2, 3)
    admitted = model.rules.allowed[:, :, relation]  # (types, types, asked)
    sides = torch.stack([admitted.any(dim=1), admitted.any(dim=0)]).permute(2, 0, 1)
    belief = log_types(model, logits.detach(), places.flatten(0, 1)).log_softmax(dim=-1)
    belief = belief.view_as(sides).masked_fill(~sides, float("-inf"))  # (asked, 2, types)
    of_window, first, last = places.flatten(0, 1).unbind(-1)
    spans = SpanBatch(of_window, first, last, belief.argmax(dim=-1).flatten())
    pairs = torch.arange(len(spans), device=asked.device).view(-1, 2)
    scores = model.relate(states, spans, pairs).gather(1, relation.unsqueeze(-1)).squeeze(-1)
    losses = F.binary_cross_entropy_with_logits(scores, holds.float(), reduction="none")
    # Both types may be admitted, and not together, where a symmetric relation joins unlike ones.
    losses = losses.masked_fill(scores <= FORBIDDEN, 0)
    return (losses * belief.exp().sum(dim=-1).prod(dim=-1)).sum()
