"""An ensemble: several models that were trained alike, read as one network.

Enters: models of one schema, one vocabulary and one set of rows. Leaves: states and logits, as of
any network; windows and decoding exist once, in ``engine.py``. Its predictions on raw articles are
what a single model can be trained on in turn (Hinton et al., 2015, with labels in place of
probabilities).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from khabar.data.batches import PieceBatch
from khabar.data.errors import ModelError
from khabar.model.network import Network, Reading
from khabar.model.relations import SpanBatch


class Ensemble:
    """The mean of several networks: of their tags' log-probabilities, of their relations' logits.

    Name, windows and thresholds are the first member's.

    Raises:
        ModelError: fewer than two members, or members that do not go together.
    """

    def __init__(self, members: Sequence[Network]) -> None:
        if len(members) < 2:
            raise ModelError(f"an ensemble has at least two models, got {len(members)}")
        first = members[0]
        for number, other in enumerate(members[1:], start=2):
            if (difference := _difference(first, other)) is not None:
                raise ModelError(
                    f"model {number} of the ensemble ({other.config.name}) has another "
                    f"{difference} than the first ({first.config.name}); train them with the "
                    f"same configuration and different seeds"
                )
        self.members = members
        self.config, self.schema, self.tokenizer = first.config, first.schema, first.tokenizer
        self.rows, self.rules, self.rule_starts = first.rows, first.rules, first.rule_starts

    @property
    def device(self) -> torch.device:
        """Where batches and spans must lie."""
        return self.members[0].device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of weights and arithmetic."""
        return self.members[0].dtype

    @property
    def window_limit(self) -> int:
        """Most pieces in a window, the special ones left out."""
        return self.members[0].window_limit

    def contents(self) -> Iterator[memoryview]:
        """Yield all bytes that the members were loaded from."""
        for member in self.members:
            yield from member.contents()

    def read(self, batch: PieceBatch) -> Reading:
        """Return the members' states side by side, ``(batch, words, sum of hidden)``, and logits.

        The logits are the mean of the members' log-probabilities.
        """
        readings = [member.read(batch) for member in self.members]
        log_shares = torch.stack([reading.logits.log_softmax(dim=-1) for reading in readings])
        return Reading(
            torch.cat([reading.states for reading in readings], dim=-1), log_shares.mean(dim=0)
        )

    def relate(self, states: Tensor, spans: SpanBatch, pairs: Tensor) -> Tensor:
        """Return the mean of the members' relation logits, ``(pairs, relations)``."""
        sizes = [int(member.config.encoder["hidden_size"]) for member in self.members]
        own = zip(self.members, torch.split(states, sizes, dim=-1), strict=True)
        return torch.stack([m.relate(part, spans, pairs) for m, part in own]).mean(dim=0)

    def transitions(self) -> Tensor:
        """Return the mean score of a tag followed by another, ``(tags, tags)``."""
        return torch.stack([member.transitions() for member in self.members]).mean(dim=0)


def _difference(first: Network, other: Network) -> str | None:
    """Return in what two networks differ that an ensemble needs alike; None: in nothing."""
    if first.schema != other.schema:
        return "schema"
    if first.config.heads.inner_types != other.config.heads.inner_types:
        return "set of `heads.inner_types`"
    if first.window_limit != other.window_limit:
        return "length of windows"
    if first.tokenizer.backend.to_str() != other.tokenizer.backend.to_str():
        return "vocabulary"
    return None
