"""The joint model: one encoder, a token classifier and a relation head.

Enters: batches of pieces, typed spans. Leaves: logits. Decoding is in ``decoding.py``, saving and
loading in ``storage.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from khabar.data.batches import PieceBatch
from khabar.data.tags import TagRows
from khabar.model.config import ModelConfig
from khabar.model.network import Reading
from khabar.model.relations import PairRules, RelationHead, SpanBatch
from khabar.model.tokenizer import WordTokenizer
from khabar.model.viterbi import FORBIDDEN

Attention = Literal["eager", "sdpa"]
"""Eager trains faster on a CPU (SDPA's backward pass is slow there), SDPA predicts faster."""


class JointModel(nn.Module):
    """Encoder, token classifier and relation head, with the tokenizer and schema they need."""

    rule_transitions: Tensor
    rule_starts: Tensor

    def __init__(
        self, config: ModelConfig, tokenizer: WordTokenizer, encoder: PreTrainedModel
    ) -> None:
        super().__init__()
        self.config = config
        self.schema = config.label_schema
        self.tokenizer = tokenizer
        self.rows = TagRows(self.schema, config.heads.inner_types)
        self.encoder = encoder
        hidden = encoder.config.hidden_size
        self.dropout = nn.Dropout(config.heads.dropout)
        self.tagger = nn.Linear(hidden, len(self.rows.rows) * self.rows.tags)
        self.rules = PairRules(self.schema)
        self.relation_head = (
            RelationHead(hidden, config.heads.relation_size, config.heads.dropout, self.schema)
            if self.schema.relations
            else None
        )
        self.crf = (
            nn.Parameter(torch.zeros(self.rows.tags, self.rows.tags)) if config.heads.crf else None
        )
        allowed = torch.from_numpy(self.rows.transitions())
        starts = torch.from_numpy(self.rows.starts())
        self.register_buffer("rule_transitions", (~allowed) * FORBIDDEN, persistent=False)
        self.register_buffer("rule_starts", (~starts) * FORBIDDEN, persistent=False)

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.tagger.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of weights and arithmetic."""
        return self.tagger.weight.dtype

    @property
    def window_limit(self) -> int:
        """Most pieces in a window, the special ones left out."""
        return self.config.window.pieces - self.tokenizer.specials

    def contents(self) -> Iterator[memoryview]:
        """Yield the bytes of every weight."""
        for value in self.state_dict().values():
            yield value.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data

    def read(self, batch: PieceBatch) -> Reading:
        """Return the states of words and their tag logits."""
        states = self.encode(batch)
        return Reading(states, self.tag(states))

    def encode(self, batch: PieceBatch) -> Tensor:
        """Return the states of words, ``(batch, words, hidden)``; padding is zero."""
        pieces = self.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
        # The count of words stays a tensor, so that an exported graph computes it as well.
        places = torch.arange(batch.words.max(), device=batch.ids.device)  # type: ignore[call-overload] # takes one
        member = batch.word_of_piece[:, None, :] == places[None, :, None]  # (batch, words, pieces)
        if self.config.heads.pooling == "first":
            member = member & (member.long().cumsum(dim=-1) == 1)
        weights = member.to(pieces.dtype)
        # A product with a matrix of ones, not a scatter, which would not be deterministic on a GPU.
        states: Tensor = weights @ pieces / weights.sum(dim=-1, keepdim=True).clamp(min=1)
        return states

    def tag(self, states: Tensor) -> Tensor:
        """Return tag logits in fp32, ``(batch, words, rows, tags)``."""
        logits: Tensor = self.tagger(self.dropout(states)).float()
        return logits.view(*states.shape[:2], len(self.rows.rows), self.rows.tags)

    def relate(self, states: Tensor, spans: SpanBatch, pairs: Tensor) -> Tensor:
        """Return relation logits in fp32, ``(pairs, relations)``.

        What the schema forbids between the two types is minus infinity's stand-in.
        """
        assert self.relation_head is not None, "a schema without relations has no pairs to score"
        logits: Tensor = self.relation_head(states, spans, pairs).float()
        head, tail = spans.type[pairs].unbind(-1)
        return logits.masked_fill(~self.rules.allowed[head, tail], FORBIDDEN)

    def transitions(self) -> Tensor:
        """Return the score of a tag followed by another, ``(tags, tags)``, in fp32."""
        return (
            self.rule_transitions if self.crf is None else self.rule_transitions + self.crf.float()
        )


def build_encoder(config: dict[str, object], attention: Attention) -> PreTrainedModel:
    """Return an encoder of a saved configuration, with random weights."""
    fields = {name: value for name, value in config.items() if name != "model_type"}
    settings = AutoConfig.for_model(str(config["model_type"]), **fields)
    return encoder_of(settings, attention)


def encoder_of(settings: PretrainedConfig, attention: Attention) -> PreTrainedModel:
    """Return an encoder of transformers' own configuration, with random weights."""
    encoder: PreTrainedModel = AutoModel.from_config(  # type: ignore[no-untyped-call] # theirs
        settings, attn_implementation=attention, **_bare(settings.model_type)
    )
    return encoder


def pretrained_encoder(name_or_path: str, attention: Attention) -> PreTrainedModel:
    """Return the encoder that a folder or a hub holds under this name, in fp32."""
    kind = AutoConfig.from_pretrained(name_or_path).model_type
    encoder: PreTrainedModel = AutoModel.from_pretrained(
        name_or_path, attn_implementation=attention, dtype=torch.float32, **_bare(kind)
    )
    return encoder


def set_attention_dropout(encoder: PreTrainedModel, share: float) -> None:
    """Set the dropout of attention probabilities in encoders of BERT's kind.

    ModernBERT's, which is 0 unless its configuration says otherwise, stays as it is.
    """
    for module in encoder.modules():
        dropout = getattr(module, "dropout", None)
        if "SelfAttention" in type(module).__name__ and isinstance(dropout, nn.Dropout):
            dropout.p = share


def position_limit(encoder: PreTrainedModel) -> int | None:
    """Return the most pieces that an encoder reads at once; None where it has no limit.

    RoBERTa's kind counts its positions from behind the padding's number, so that the first ones
    are never used.
    """
    limit: int | None = getattr(encoder.config, "max_position_embeddings", None)
    positions = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    unused = getattr(positions, "padding_idx", None)
    return limit if limit is None or unused is None else limit - unused - 1


def _bare(model_type: str) -> dict[str, bool]:
    # BERT's classes bring a pooler that nothing here reads; others do not know the argument.
    return {"add_pooling_layer": False} if model_type in {"bert", "roberta", "xlm-roberta"} else {}
