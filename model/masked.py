"""The masked model: an encoder with a head that names the pieces under masks, for pretraining.

Enters: pieces with masks among them, and where. Leaves: logits at those places alone. Knows no
text and no corpus; what is kept after pretraining is the encoder.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel


class MaskedModel(nn.Module):
    """An encoder with BERT's head for masked pieces, whose decoder is the embedding itself."""

    def __init__(self, encoder: PreTrainedModel) -> None:
        super().__init__()
        pieces, size = embedding_of(encoder).shape
        self.encoder = encoder
        self.dense = nn.Linear(encoder.config.hidden_size, size)
        self.norm = nn.LayerNorm(size)
        self.bias = nn.Parameter(torch.zeros(pieces))

    def forward(self, ids: Tensor, places: Tensor) -> Tensor:
        """Return logits in fp32 at the places asked for, ``(places, vocabulary)``.

        Args:
            ids: piece numbers, ``(batch, pieces)``, without padding.
            places: which of them, counted through the whole batch, ``(places,)``.
        """
        states = self.encoder(input_ids=ids).last_hidden_state.flatten(0, 1)
        # Before the head, not after it: the vocabulary is the widest layer by far.
        hidden = self.norm(F.gelu(self.dense(states[places])))
        logits: Tensor = F.linear(hidden, embedding_of(self.encoder), self.bias).float()
        return logits


def embedding_of(encoder: PreTrainedModel) -> Tensor:
    """Return the embeddings of an encoder's pieces, ``(vocabulary, size)``."""
    return encoder.get_input_embeddings().get_parameter("weight")
