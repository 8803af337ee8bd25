"""The network as decoding and the engine see it: whatever reads batches and scores pairs.

Enters: batches of pieces, typed spans. Leaves: states and logits. ``JointModel`` is one, computed
by torch; ``OnnxModel`` is another, computed by onnxruntime. Knows neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from khabar.data.batches import PieceBatch
from khabar.data.schema import LabelSchema
from khabar.data.tags import TagRows
from khabar.model.config import ModelConfig
from khabar.model.relations import PairRules, SpanBatch
from khabar.model.tokenizer import WordTokenizer


class Reading(NamedTuple):
    """What a network makes of a batch of windows.

    Attributes:
        states: of words, ``(batch, words, hidden)``.
        logits: of tags, in fp32, ``(batch, words, rows, tags)``.
    """

    states: Tensor
    logits: Tensor


class Network(Protocol):
    """A trained model of any engine, with the tokenizer and rules that belong to it."""

    config: ModelConfig
    schema: LabelSchema
    tokenizer: WordTokenizer
    rows: TagRows
    rules: PairRules
    rule_starts: Tensor
    """Score of each tag at the first word, ``(tags,)``."""

    @property
    def device(self) -> torch.device:
        """Where batches and spans must lie."""

    @property
    def dtype(self) -> torch.dtype:
        """The precision of weights and arithmetic."""

    @property
    def window_limit(self) -> int:
        """Most pieces in a window, the special ones left out."""

    def contents(self) -> Iterator[memoryview]:
        """Yield all bytes that the network was loaded from, in one order."""

    def read(self, batch: PieceBatch) -> Reading:
        """Return the states of words and their tag logits."""

    def relate(self, states: Tensor, spans: SpanBatch, pairs: Tensor) -> Tensor:
        """Return relation logits in fp32, ``(pairs, relations)``; pairs are indices into spans."""

    def transitions(self) -> Tensor:
        """Return the score of a tag followed by another, ``(tags, tags)``, in fp32."""
