"""The extractor: a text in, a document with entities and relations out.

The inference wrapper around a model: chooses device and precision, keeps the order of the texts,
turns words back into offsets of the original text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
import torch

from khabar.data.clusters import with_clusters
from khabar.data.errors import ModelError, SchemaError
from khabar.data.records import Document, Entity, Relation
from khabar.data.tags import WordSpan, covered_words
from khabar.data.words import split_words
from khabar.model.engine import Prediction, predict
from khabar.model.ensemble import Ensemble
from khabar.model.hub import copy_model, push_model
from khabar.model.network import Network
from khabar.model.onnx_model import OnnxModel, is_onnx_folder
from khabar.model.selection import Threshold, least_scores
from khabar.model.storage import from_pretrained, model_folder

Precision = Literal["auto", "fp32", "bf16", "fp16"]
Grouping = Literal["rules", "none"]
"""How mentions of one thing are grouped: by those of ``khabar.data.clusters``, or not at all."""

_DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
_CPU_BATCH_TOKENS, _GPU_BATCH_TOKENS = 4_096, 32_768
"""Pieces in a batch. On a CPU larger ones leave its caches (measured: 16,384 takes 40 % longer)."""
_POOL_BATCHES = 8
"""Batches' worth of text that is read ahead, so that windows of like length meet."""
_CHARACTERS_PER_PIECE = 3
"""Of Arabic news; only the size of the pool depends on it."""


class Extractor:
    """Finds nested entities, relations and mentions of one thing in Arabic text.

    Safe to share between threads: nothing changes after loading.
    """

    def __init__(self, model: Network, folder: Path | None = None) -> None:
        """Wrap a model that is in evaluation mode and on its device.

        Args:
            model: what reads.
            folder: from which it was loaded; None: from none, so that it cannot be saved.
        """
        self.model = model
        self.folder = folder

    @classmethod
    def load(
        cls,
        name_or_path: str | Path | Sequence[str | Path] | None = None,
        device: str = "auto",
        precision: Precision = "auto",
        *,
        revision: str | None = None,
    ) -> Extractor:
        """Load a model.

        Args:
            name_or_path: a model folder, one of ONNX graphs too, or a name on the hub; None: the
                bundled model. Several, trained alike with different seeds, are read as an
                ensemble: see ``ensemble.py``.
            device: ``auto`` (a GPU if there is one), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
            precision: of weights and arithmetic; ``auto`` is bf16 where the device is fast at it.
            revision: branch, tag or commit of a name on the hub; None: its main branch.

        Raises:
            ConfigError: a model of ONNX graphs, and no onnxruntime.
            ModelError: no such model, a damaged one, several that do not go together, or a device
                that is not there.
        """
        if isinstance(name_or_path, Sequence) and not isinstance(name_or_path, str):
            loaded = [cls.load(n, device, precision, revision=revision) for n in name_or_path]
            return cls(Ensemble([extractor.model for extractor in loaded]))
        place = _device(device)
        folder = model_folder(name_or_path, revision=revision)
        if is_onnx_folder(folder):
            if device not in {"auto", "cpu"} or precision not in {"auto", "fp32"}:
                raise ModelError(
                    f"{folder} holds ONNX graphs, which run on the CPU in fp32; leave device and "
                    f"precision out, or give the folder that it was exported from"
                )
            return cls(OnnxModel(folder), folder)
        model = from_pretrained(folder).to(_dtype(precision, place))
        return cls(model.to(place), folder)

    def save_pretrained(self, folder: str | Path) -> None:
        """Copy the model's folder as it is, its card included; ``Extractor.load`` reads the copy.

        Nothing is rounded, whatever precision this extractor computes in.

        Raises:
            ModelError: the model was loaded from no folder.
        """
        copy_model(self.origin(), Path(folder))

    def push_to_hub(self, repo: str, *, private: bool = True) -> str:
        """Upload the model's folder to the hub, its card included; return the commit's address.

        Args:
            repo: ``name`` or ``organization/name``; made if it is not there. ``Extractor.load``
                takes the same name.
            private: whether a new repository is hidden from others.

        Raises:
            ModelError: the model was loaded from no folder, the hub refuses or is out of reach.
        """
        return push_model(self.origin(), repo, private=private)

    def identity(self) -> str:
        """Return all that predictions depend on, as one line.

        Name, version, precision and device, and a digest of configuration, vocabulary and weights.
        """
        config = self.model.config
        digest = hashlib.sha256(msgspec.json.encode(config))
        digest.update(self.model.tokenizer.backend.to_str().encode())
        for content in self.model.contents():
            digest.update(content)
        precision = str(self.model.dtype).removeprefix("torch.")
        place = f"{precision} on {self.model.device.type}"
        return f"{config.name} {config.version}, {place}, {digest.hexdigest()[:16]}"

    def __call__(
        self,
        text: str,
        *,
        threshold: Threshold = None,
        types: Collection[str] | None = None,
        clusters: Grouping = "rules",
    ) -> Document:
        """Return the document of one text; for the arguments see ``documents``."""
        return next(self.batch([text], threshold=threshold, types=types, clusters=clusters))

    def batch(
        self,
        texts: Iterable[str],
        *,
        batch_tokens: int | None = None,
        threshold: Threshold = None,
        types: Collection[str] | None = None,
        clusters: Grouping = "rules",
    ) -> Iterator[Document]:
        """Yield the document of every text, in order; ids are ``0``, ``1``, ….

        The texts are read lazily, a pool at a time; for the other arguments see ``documents``.
        """
        documents = (Document(id=str(number), text=text) for number, text in enumerate(texts))
        yield from self.documents(
            documents,
            batch_tokens=batch_tokens,
            threshold=threshold,
            types=types,
            clusters=clusters,
        )

    def documents(
        self,
        documents: Iterable[Document],
        *,
        batch_tokens: int | None = None,
        threshold: Threshold = None,
        types: Collection[str] | None = None,
        clusters: Grouping = "rules",
    ) -> Iterator[Document]:
        """Yield every document with predicted entities and relations in place of its own.

        Args:
            documents: their ids, texts and meta are kept.
            batch_tokens: most pieces in a batch of windows; less needs less memory. None: what
                suits the device.
            threshold: least score, of everything or by entity and relation type, such as
                ``{"ORG": 0.8, "Location.located_in": 0.5}``; None, or a type that is not named: the
                model's own.
            types: the entity and relation types wanted. Where only entity types are named, all
                relations between them are wanted; where only relation types are, all entities.
            clusters: whether the entities that name one thing share a ``cluster``.

        Raises:
            ConfigError: a type that the model does not know.
        """
        least = least_scores(self.model.config, threshold, types)
        budget = batch_tokens or _batch_tokens(self.model.device)
        for pool in _pools(documents, _POOL_BATCHES * budget * _CHARACTERS_PER_PIECE):
            texts = [document.text for document in pool]
            found = predict(self.model, texts, batch_tokens=budget, least=least)
            for document, prediction in zip(pool, found, strict=True):
                read = self._document(document, prediction)
                yield read if clusters == "none" else with_clusters(read)

    def relate(
        self,
        document: Document,
        *,
        threshold: Threshold = None,
        types: Collection[str] | None = None,
    ) -> Document:
        """Return the document with predicted relations between the entities it has.

        All its entities stay; ``threshold`` and ``types`` as for ``documents``.

        Raises:
            ConfigError: a type asked for that the model does not know.
            SchemaError: an entity of a type that the model does not know.
        """
        spans = self._given(document)
        prediction = predict(
            self.model,
            [document.text],
            batch_tokens=_batch_tokens(self.model.device),
            least=least_scores(self.model.config, threshold, types),
            given=[list(spans.values())],
        )[0]
        return msgspec.structs.replace(
            document,
            relations=self._relations(prediction, list(spans)),
            meta=self._meta(document, prediction),
        )

    def origin(self) -> Path:
        """Return the folder that the model was loaded from. Raises: ModelError: from none."""
        if self.folder is None:
            raise ModelError(
                "this model was made in memory: write it with khabar.model.storage.save_pretrained "
                "and load that folder"
            )
        return self.folder

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
