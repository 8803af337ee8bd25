"""transformers' pipelines: ``register()``, then ``pipeline("khabar", model=NAME)``.

Enters: texts. Leaves: documents as plain dicts. Registering makes the task and Khabar's model
folders known to transformers; windows, batches and decoding stay the ``Extractor``'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import torch
from transformers import AutoConfig, Pipeline, PretrainedConfig
from transformers.pipelines import PIPELINE_REGISTRY

from khabar.data.records import Document
from khabar.model.config import MODEL_TYPE
from khabar.model.extractor import Extractor, Precision

TASK = "khabar"

_PRECISIONS: dict[object, Precision] = {
    "auto": "auto",
    torch.float32: "fp32",
    torch.bfloat16: "bf16",
    torch.float16: "fp16",
}

_Record: TypeAlias = dict[str, Any]
"""A document as ``Document.to_dict`` gives it."""


def register() -> None:
    """Make ``pipeline("khabar", model=…)`` and Khabar's model folders known to transformers."""
    if TASK in PIPELINE_REGISTRY.get_supported_tasks():
        return
    AutoConfig.register(MODEL_TYPE, KhabarConfig)
    PIPELINE_REGISTRY.register_pipeline(
        TASK, pipeline_class=KhabarPipeline, pt_model=KhabarModel, type="text"
    )


class KhabarConfig(PretrainedConfig):  # type: ignore[no-untyped-call] # theirs
    """A model folder's ``config.json``, as transformers carries it about; nothing reads it."""

    model_type = MODEL_TYPE


class KhabarModel:
    """An extractor with what a pipeline asks of its model."""

    input_modalities = ("text",)

    def __init__(self, extractor: Extractor, precision: Precision = "auto") -> None:
        self.extractor = extractor
        self.precision = precision
        self.config = KhabarConfig()

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | None = None,
        *,
        revision: str | None = None,
        dtype: str | torch.dtype = "auto",
        **_: object,
    ) -> KhabarModel:
        """Load a model as ``Extractor.load`` does; None: the bundled one.

        What else a pipeline passes on is for its own models: log in for a private repository.

        Raises:
            ConfigError: a model of ONNX graphs, and no onnxruntime.
            ModelError: no such model, or a damaged one.
        """
        precision = _PRECISIONS.get(dtype, "auto")
        extractor = Extractor.load(name_or_path, precision=precision, revision=revision)
        return cls(extractor, precision)

    @property
    def device(self) -> torch.device:
        """Where the model lies."""
        return self.extractor.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of weights and arithmetic."""
        return self.extractor.model.dtype

    def can_generate(self) -> bool:
        """Return False: it writes no text."""
        return False

    def to(self, device: torch.device) -> KhabarModel:
        """Load the model again on another device; a precision of ``auto`` is what suits it."""
        folder = self.extractor.origin()
        self.extractor = Extractor.load(folder, str(device), self.precision)
        return self


class KhabarPipeline(Pipeline):
    """Texts to documents as dicts; a list, a generator or a data set is read many at a time.

    Parameters of the pipeline and of a call are those of ``Extractor.batch``.
    """

    # None, as theirs has it, would mean: load it if there is one.
    _load_tokenizer = _load_processor = False  # type: ignore[assignment]
    _load_feature_extractor = _load_image_processor = _load_video_processor = False  # type: ignore[assignment]

    @property
    def extractor(self) -> Extractor:
        """What reads."""
        return self.model.extractor  # type: ignore[return-value] # theirs have no such attribute

    def _sanitize_parameters(self, **parameters: Any) -> tuple[_Record, _Record, _Record]:
        return {}, parameters, {}  # those of Extractor.batch

    def preprocess(self, input_: str, **_: Any) -> _Record:
        """Return the text: the extractor cuts windows itself."""
        return {"text": input_}

    def _forward(self, input_tensors: _Record, **options: Any) -> Any:
        return self.extractor(input_tensors["text"], **options)

    def postprocess(self, model_outputs: Any, **_: Any) -> _Record:
        """Return the document as a dict."""
        document: Document = model_outputs
        return document.to_dict()

    def get_iterator(  # noqa: PLR0913 - the signature is transformers'
        self,
        inputs: Iterable[str],
        num_workers: int,  # like the size, without use: the extractor makes its own batches
        batch_size: int,
        preprocess_params: _Record,
        forward_params: _Record,
        postprocess_params: _Record,
    ) -> Iterator[_Record]:
        """Yield the document of every text, in order."""
        for document in self.extractor.batch(inputs, **forward_params):
            yield document.to_dict()
