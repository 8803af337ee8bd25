"""The systems whose speed is compared: Khabar's extractor, and a plain pipeline on its weights.

Enters: a model. Leaves: systems that read texts, and tell which words their windows hold.
Knows no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from transformers import (
    AutoModelForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    TokenClassificationPipeline,
    pipeline,
)

from khabar.data.tags import TagRows
from khabar.data.windows import cut_windows
from khabar.data.words import split_words
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel


class System(Protocol):
    """Whatever reads texts with the encoder."""

    @property
    def name(self) -> str:
        """What a table calls it."""

    def read(self, texts: Sequence[str]) -> int:
        """Read texts as a user would, and return how many answers came."""

    def words_read(self, texts: Sequence[str]) -> int:
        """Return how many words of the texts lie in at least one window; reads none of them."""


class KhabarSystem(msgspec.Struct, frozen=True, kw_only=True):
    """Khabar's extractor."""

    name: str
    extractor: Extractor
    batch_tokens: int | None = None
    """As of ``Extractor.batch``."""

    def read(self, texts: Sequence[str]) -> int:
        """Extract from texts, and return how many documents came."""
        return sum(1 for _ in self.extractor.batch(texts, batch_tokens=self.batch_tokens))

    def words_read(self, texts: Sequence[str]) -> int:
        """Return how many words lie in at least one window."""
        model = self.extractor.model
        limit, overlap = model.window_limit, model.config.window.overlap
        words = [split_words(text) for text in texts]
        return sum(
            len({word for start, end, *_ in windows for word in range(start, end)})
            for windows in (
                cut_windows(pieces.counts, limit, overlap)
                for pieces in model.tokenizer.encode(texts, words, limit)
            )
        )


class PlainSystem(msgspec.Struct, frozen=True, kw_only=True):
    """transformers' pipeline of token classification."""

    name: str
    pipeline: TokenClassificationPipeline
    batch_size: int
    """Windows in a batch."""

    def read(self, texts: Sequence[str]) -> int:
        """Classify texts, and return how many lists of entities came."""
        return len(self.pipeline(list(texts), batch_size=self.batch_size))

    def words_read(self, texts: Sequence[str]) -> int:
        """Return how many words have a piece in at least one window."""
        return sum(int(self._words_read(text).sum()) for text in texts)

    def _words_read(self, text: str) -> NDArray[np.bool_]:
        """Return for every word whether a piece lies in it, ``(words,)``."""
        read = np.zeros(len(text) + 1, dtype=np.int64)
        # Their own windows, as they cut them; the parameters have no public name.
        windows = self.pipeline.preprocess(text, **self.pipeline._preprocess_params)  # type: ignore[no-untyped-call] # theirs
        for window in windows:
            for start, end in window["offset_mapping"][0].tolist():  # a special piece: 0, 0
                read[start:end] = 1
        before = np.concatenate([[0], read.cumsum()])
        words = np.array(split_words(text), dtype=np.int64).reshape(-1, 2)
        return before[words[:, 1]] > before[words[:, 0]]


def systems_of(
    model: JointModel, *, batch_tokens: int | None, batch_sizes: Sequence[int]
) -> list[System]:
    """Return Khabar, Khabar for entities alone, and the plain pipeline, all on the same weights.

    Args:
        model: what is measured; entities alone are left out where it knows no relation.
        batch_tokens: most pieces in a batch of Khabar's; None: what suits the device.
        batch_sizes: windows in a batch of the pipeline's, for one system each.
    """
    models = {"Khabar": model}
    if model.schema.relations:
        models["Khabar, entities alone"] = without_relations(model)
    plain = plain_pipeline(model)
    return [
        *(
            KhabarSystem(name=name, extractor=Extractor(own), batch_tokens=batch_tokens)
            for name, own in models.items()
        ),
        *(
            PlainSystem(name=f"pipeline, batches of {size}", pipeline=plain, batch_size=size)
            for size in batch_sizes
        ),
    ]


def without_relations(model: JointModel) -> JointModel:
    """Return a model that shares all weights with this one but has no relation head."""
    schema = msgspec.structs.replace(model.schema, relations={})
    config = msgspec.structs.replace(model.config, label_schema=schema)
    bare = JointModel(config, model.tokenizer, model.encoder)
    bare.tagger, bare.crf = model.tagger, model.crf
    return bare.to(model.device, model.dtype).eval()


def plain_pipeline(model: JointModel) -> TokenClassificationPipeline:
    """Return transformers' pipeline on a model's encoder, tokenizer and linear head.

    It reads windows as long as the model's, with the same overlap, so that nothing is truncated.
    One piece bears one label, the likeliest of all rows: the cost of a flat model with a head of
    this size, and no answer that is worth anything.
    """
    return pipeline(
        "token-classification",
        model=_classifier(model),
        tokenizer=_tokenizer(model),
        device=model.device,
        aggregation_strategy="simple",
        stride=model.config.window.overlap,
    )


def _classifier(model: JointModel) -> PreTrainedModel:
    config = type(model.encoder.config).from_dict(model.encoder.config.to_dict())
    labels = _labels(model.rows, model.schema.entity_types)
    config.id2label = dict(enumerate(labels))
    classifier: PreTrainedModel = AutoModelForTokenClassification.from_config(config)  # type: ignore[no-untyped-call] # theirs
    setattr(classifier, classifier.base_model_prefix, model.encoder)
    classifier.classifier = model.tagger
    # transformers wraps its own `to` and `eval` in ways that mypy cannot call.
    nn.Module.to(classifier, model.device, model.dtype)
    nn.Module.eval(classifier)
    return classifier


def _labels(rows: TagRows, types: Sequence[str]) -> list[str]:
    """Return the names of the head's outputs, in their order."""
    return [
        label
        for row in rows.rows
        for label in ("O", *(f"{tag}-{types[type]}" for type in row for tag in "BI"))
    ]


def _tokenizer(model: JointModel) -> PreTrainedTokenizerFast:
    special = model.tokenizer.special
    # A copy: theirs sets truncation and padding on what it is given.
    backend = Tokenizer.from_str(model.tokenizer.backend.to_str())
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # theirs
        tokenizer_object=backend,
        model_max_length=model.config.window.pieces,
        model_input_names=["input_ids", "attention_mask"],
        pad_token=backend.id_to_token(special.pad),
        unk_token=backend.id_to_token(special.unknown),
    )
