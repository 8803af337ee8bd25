"""The extractor: a text in, a document with entities and relations out.

The inference wrapper around a model: chooses device and precision, keeps the order of the texts,
turns words back into offsets of the original text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec
import torch

from khabar.data.errors import ModelError, SchemaError
from khabar.data.records import Document, Entity, Relation
from khabar.data.tags import WordSpan, covered_words
from khabar.data.words import split_words
from khabar.model.engine import Prediction, predict
from khabar.model.joint import JointModel
from khabar.model.storage import from_pretrained

Precision = Literal["auto", "fp32", "bf16", "fp16"]

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_CPU_BATCH_TOKENS, _GPU_BATCH_TOKENS = 4_096, 32_768
"""Pieces in a batch. On a CPU larger ones leave its caches (measured: 16,384 takes 40 % longer)."""
_POOL_BATCHES = 8
"""Batches' worth of text that is read ahead, so that windows of like length meet."""
_CHARACTERS_PER_PIECE = 3
"""Of Arabic news; only the size of the pool depends on it."""


class Extractor:
    """Finds nested entities and relations in Arabic text.

    Safe to share between threads: nothing changes after loading.
    """

    def __init__(self, model: JointModel) -> None:
        """Wrap a model that is in evaluation mode and on its device."""
        self.model = model

    @classmethod
    def load(
        cls,
        name_or_path: str | Path | None = None,
        device: str = "auto",
        precision: Precision = "auto",
    ) -> Extractor:
        """Load a model.

        Args:
            name_or_path: a model folder or a name on the hub; None: the bundled model.
            device: ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
            precision: of weights and arithmetic; ``auto`` is bf16 where the device is fast at it.

        Raises:
            ModelError: no such model, a damaged one, or a device that is not there.
        """
        place = _device(device)
        model = from_pretrained(name_or_path).to(_dtype(precision, place))
        return cls(model.to(place))

    def identity(self) -> str:
        """Return all that predictions depend on, as one line.

        Name, version, precision and device, and a digest of configuration, vocabulary and weights.
        """
        config, first = self.model.config, self.model.tagger.weight
        digest = hashlib.sha256(msgspec.json.encode(config))
        digest.update(self.model.tokenizer.backend.to_str().encode())
        for value in self.model.state_dict().values():
            digest.update(value.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        precision = str(first.dtype).removeprefix("torch.")
        place = f"{precision} on {first.device.type}"
        return f"{config.name} {config.version}, {place}, {digest.hexdigest()[:16]}"

    def __call__(self, text: str) -> Document:
        """Return the document of one text."""
        return next(self.batch([text]))

    def batch(self, texts: Iterable[str], *, batch_tokens: int | None = None) -> Iterator[Document]:
        """Yield the document of every text, in order; ids are ``0``, ``1``, ….

        Args:
            texts: read lazily, a pool at a time.
            batch_tokens: most pieces in a batch of windows; less needs less memory. None: what
                suits the device.
        """
        documents = (Document(id=str(number), text=text) for number, text in enumerate(texts))
        yield from self.documents(documents, batch_tokens=batch_tokens)

    def documents(
        self,
        documents: Iterable[Document],
        *,
        batch_tokens: int | None = None,
        threshold: float | None = None,
    ) -> Iterator[Document]:
        """Yield every document with predicted entities and relations in place of its own.

        Args:
            documents: their ids, texts and meta are kept.
            batch_tokens: as for ``batch``.
            threshold: least score of a relation; None: the model's own.
        """
        least = self.model.config.relation_threshold if threshold is None else threshold
        budget = batch_tokens or _batch_tokens(self.model.device)
        for pool in _pools(documents, _POOL_BATCHES * budget * _CHARACTERS_PER_PIECE):
            texts = [document.text for document in pool]
            found = predict(self.model, texts, batch_tokens=budget, threshold=least)
            for document, prediction in zip(pool, found, strict=True):
                yield self._document(document, prediction)

    def relate(self, document: Document, *, threshold: float | None = None) -> Document:
        """Return the document with predicted relations between the entities it has.

        Raises:
            SchemaError: an entity of a type that the model does not know.
        """
        spans = self._given(document)
        prediction = predict(
            self.model,
            [document.text],
            batch_tokens=_batch_tokens(self.model.device),
            threshold=self.model.config.relation_threshold if threshold is None else threshold,
            given=[list(spans.values())],
        )[0]
        return msgspec.structs.replace(
            document,
            relations=self._relations(prediction, list(spans)),
            meta=self._meta(document, prediction),
        )

    def _given(self, document: Document) -> dict[str, WordSpan]:
        types = self.model.schema.entity_types
        for entity in document.entities:
            if entity.type not in types:
                raise SchemaError(
                    f"document {document.id}: entity {entity.id} is a {entity.type}, which this "
                    f"model does not know; it knows {', '.join(types)}"
                )
        number = {entity.id: types.index(entity.type) for entity in document.entities}
        covered = covered_words(document.entities, split_words(document.text))
        return {id: WordSpan(first, last, number[id]) for id, (first, last) in covered.items()}

    def _document(self, document: Document, prediction: Prediction) -> Document:
        entities = []
        for number, (span, score) in enumerate(prediction.spans, start=1):
            start, end = prediction.words[span.first][0], prediction.words[span.last][1]
            entities.append(
                Entity(
                    id=str(number),
                    type=self.model.schema.entity_types[span.type],
                    start=start,
                    end=end,
                    text=document.text[start:end],
                    score=round(score, 4),
                )
            )
        return Document(
            id=document.id,
            text=document.text,
            entities=tuple(entities),
            relations=self._relations(prediction, [entity.id for entity in entities]),
            meta=self._meta(document, prediction),
        )

    def _relations(self, prediction: Prediction, ids: list[str]) -> tuple[Relation, ...]:
        return tuple(
            Relation(
                id=str(number),
                type=self.model.schema.relation_types[relation.type],
                head=ids[relation.head],
                tail=ids[relation.tail],
                score=round(relation.score, 4),
            )
            for number, relation in enumerate(prediction.relations, start=1)
        )

    def _meta(self, document: Document, prediction: Prediction) -> dict[str, str]:
        config = self.model.config
        return {
            **document.meta,
            "model": config.name,
            "model_version": config.version,
            "windows": str(len(prediction.windows)),
        }


def _pools(documents: Iterable[Document], characters: int) -> Iterator[list[Document]]:
    """Group documents so that a group's texts have about so many characters in all."""
    pool: list[Document] = []
    size = 0
    for document in documents:
        pool.append(document)
        size += len(document.text)
        if size >= characters:
            yield pool
            pool, size = [], 0
    if pool:
        yield pool


def _batch_tokens(device: torch.device) -> int:
    return _CPU_BATCH_TOKENS if device.type == "cpu" else _GPU_BATCH_TOKENS


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"device {name!r} cannot be used here ({error}); `auto` takes what there is"
        ) from error
    return device


def _dtype(precision: Precision, device: torch.device) -> torch.dtype:
    if precision != "auto":
        return _DTYPES[precision]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    # oneDNN emulates bf16 on processors without its instructions, slower than fp32.
    return torch.bfloat16 if device.type == "cpu" and _bf16_instructions() else torch.float32


def _bf16_instructions() -> bool:
    capability = torch.cpu.get_capabilities()
    return bool(capability.get("avx512_bf16") or capability.get("amx_bf16"))
