"""The ONNX model: a network that onnxruntime computes, driven by the same engine.

Enters: a folder that ``onnx.py`` wrote, then batches, spans and pairs. Leaves: states and logits;
windows and decoding exist once, in ``engine.py``. Knows nothing of how the graphs were made.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import torch
from torch import Tensor

from khabar.data.batches import PieceBatch
from khabar.data.errors import ModelError
from khabar.data.optional import require_library
from khabar.data.tags import TagRows
from khabar.model.config import decode_config
from khabar.model.network import Reading
from khabar.model.relations import PairRules, SpanBatch
from khabar.model.storage import require
from khabar.model.tokenizer import WordTokenizer, read_backend

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

ENCODER, RELATIONS, TRANSITIONS = "encoder.onnx", "relations.onnx", "transitions.json"
BATCH_INPUTS = ("ids", "mask", "word_of_piece", "words")
"""The encoder's inputs, as ``PieceBatch`` has them."""
SPAN_INPUTS = ("window", "first", "last", "type")
"""The relation head's between states and pairs, as ``SpanBatch`` has them."""


class TagScores(msgspec.Struct, frozen=True):
    """What decoding adds to the logits of tags: rules and, where there is one, the CRF."""

    transitions: list[list[float]]
    """Score of a tag (outer list) followed by another."""
    starts: list[float]
    """Score of each tag at the first word."""


class OnnxModel:
    """A network on the CPU in fp32. Safe to share between threads.

    Raises:
        ConfigError: onnxruntime is not installed.
        ModelError: an incomplete or damaged folder, or another format.
    """

    device = torch.device("cpu")
    dtype = torch.float32

    def __init__(self, folder: Path) -> None:
        require_library("onnxruntime", extra="onnx", purpose="a model of ONNX graphs needs")
        self.config = decode_config(require(folder, "config.json").read_bytes(), origin=str(folder))
        self.schema = self.config.label_schema
        backend = read_backend(require(folder, "tokenizer.json"))
        self.tokenizer = WordTokenizer(backend, self.config.special)
        self.rows = TagRows(self.schema, self.config.heads.inner_types)
        self.rules = PairRules(self.schema)
        scores = _read_scores(require(folder, TRANSITIONS))
        self.rule_starts = torch.tensor(scores.starts)
        self._transitions = torch.tensor(scores.transitions)
        names = [ENCODER, RELATIONS] if self.schema.relations else [ENCODER]
        self._graphs = [require(folder, name) for name in names]
        self._encoder, *self._relations = [_session(path) for path in self._graphs]

    @property
    def window_limit(self) -> int:
        """Most pieces in a window, the special ones left out."""
        return self.config.window.pieces - self.tokenizer.specials

    def contents(self) -> Iterator[memoryview]:
        """Yield the bytes of the graphs."""
        for path in self._graphs:
            yield memoryview(path.read_bytes())

    def read(self, batch: PieceBatch) -> Reading:
        """Return the states of words and their tag logits."""
        columns = (batch.ids, batch.mask, batch.word_of_piece, batch.words)
        return Reading(*_run(self._encoder, dict(zip(BATCH_INPUTS, columns, strict=True))))

    def relate(self, states: Tensor, spans: SpanBatch, pairs: Tensor) -> Tensor:
        """Return relation logits, ``(pairs, relations)``."""
        if not len(pairs):  # a size of 0 means another thing to a graph's reshapes
            return torch.empty(0, len(self.schema.relations))
        columns = (spans.window, spans.first, spans.last, spans.type)
        inputs = dict(zip(SPAN_INPUTS, columns, strict=True))
        (logits,) = _run(self._relations[0], {"states": states, **inputs, "pairs": pairs})
        return logits

    def transitions(self) -> Tensor:
        """Return the score of a tag followed by another, ``(tags, tags)``."""
        return self._transitions


def is_onnx_folder(folder: Path) -> bool:
    """Whether a folder holds a model as ONNX graphs, and no weights of torch beside them."""
    return (folder / ENCODER).is_file() and not (folder / "model.safetensors").is_file()


def _read_scores(path: Path) -> TagScores:
    try:
        return msgspec.json.decode(path.read_bytes(), type=TagScores)
    except msgspec.MsgspecError as error:
        raise ModelError(f"{path} is damaged ({error}); copy it again") from error


def _session(path: Path) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

    options = SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidGraph, InvalidProtobuf) as error:
        raise ModelError(f"{path} is damaged ({error}); copy it again") from error


def _run(session: InferenceSession, inputs: dict[str, Tensor]) -> list[Tensor]:
    outputs = session.run(None, {name: value.numpy() for name, value in inputs.items()})
    return [torch.from_numpy(output) for output in outputs]
