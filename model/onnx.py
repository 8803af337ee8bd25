"""Export to ONNX: a model as two graphs in a folder that is complete by itself.

Enters: a ``JointModel``. Leaves: ``encoder.onnx`` (a batch of pieces to word states and tag
logits), ``relations.onnx`` (states, spans and pairs to relation logits), ``transitions.json`` (what
decoding adds to the tags), beside ``config.json``, ``tokenizer.json`` and the card. Any number of
windows, pieces, words, spans and pairs fits the graphs.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from khabar.data.atomic import write_folder_atomically
from khabar.data.batches import PieceBatch, collate
from khabar.data.errors import ModelError
from khabar.data.optional import require_library
from khabar.data.windows import Window
from khabar.model.hub import copy_papers
from khabar.model.joint import JointModel
from khabar.model.network import Network, Reading
from khabar.model.onnx_model import (
    BATCH_INPUTS,
    ENCODER,
    RELATIONS,
    SPAN_INPUTS,
    TRANSITIONS,
    OnnxModel,
    TagScores,
)
from khabar.model.relations import SpanBatch
from khabar.model.storage import save_description
from khabar.model.tokenizer import DocumentPieces

if TYPE_CHECKING:
    from khabar.model.extractor import Extractor

_OPSET = 17
"""The first with LayerNormalization; onnxruntime reads it since 1.13."""
_TOLERANCE = 1e-3
"""Most difference of a logit between a graph and its model; rounding gives about 1e-5."""


def export_onnx(extractor: Extractor, folder: Path) -> None:
    """Write a model as a folder of ONNX graphs, atomically; ``Extractor.load`` reads it.

    Before the folder is there, the graphs are compared with the model on windows of other sizes
    than those that they were traced with.

    Args:
        extractor: loaded in fp32 on the CPU.
        folder: replaced when it is there.

    Raises:
        ConfigError: a library that this needs is not installed.
        ModelError: not a model of torch in fp32 on the CPU, or an encoder that cannot be traced.
    """
    for library in ("onnx", "onnxruntime"):
        require_library(library, extra="onnx", purpose="exporting to ONNX needs")
    model = extractor.model
    if not isinstance(model, JointModel):
        raise ModelError("this model is in ONNX already: copy its folder")
    if (model.dtype, model.device.type) != (torch.float32, "cpu"):
        raise ModelError("load the model with device='cpu' and precision='fp32' to export it")

    def write(partial: Path) -> None:
        save_description(model, partial)
        copy_papers(extractor.folder, partial)
        scores = TagScores(model.transitions().tolist(), model.rule_starts.tolist())
        (partial / TRANSITIONS).write_bytes(msgspec.json.format(msgspec.json.encode(scores)))
        _write_graphs(model, partial)
        _compare(model, OnnxModel(partial))

    write_folder_atomically(folder, write)


class _Encoder(nn.Module):
    def __init__(self, model: JointModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, mask: Tensor, word_of_piece: Tensor, words: Tensor) -> Reading:
        return self.model.read(PieceBatch(ids, mask, word_of_piece, words))


class _Relations(nn.Module):
    def __init__(self, model: JointModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, states: Tensor, *spans_and_pairs: Tensor) -> Tensor:
        *spans, pairs = spans_and_pairs
        return self.model.relate(states, SpanBatch(*spans), pairs)


class _Axes(NamedTuple):
    """The axes whose sizes vary, for every input and output: their names in the graph."""

    inputs: dict[str, tuple[str, ...]]
    outputs: dict[str, tuple[str, ...]]


_ENCODER_AXES = _Axes(
    {**dict.fromkeys(BATCH_INPUTS, ("windows", "pieces")), "words": ("windows",)},
    dict.fromkeys(Reading._fields, ("windows", "words")),
)
_RELATIONS_AXES = _Axes(
    {"states": ("windows", "words"), **dict.fromkeys(SPAN_INPUTS, ("spans",)), "pairs": ("pairs",)},
    {"logits": ("pairs",)},
)


@torch.no_grad()
def _write_graphs(model: JointModel, folder: Path) -> None:
    batch, spans, pairs = _sample(model, [5, 3])
    pieces = (batch.ids, batch.mask, batch.word_of_piece, batch.words)
    _export(_Encoder(model), pieces, _ENCODER_AXES, folder / ENCODER)
    if model.schema.relations:
        states = model.encode(batch)
        placed = (states, spans.window, spans.first, spans.last, spans.type, pairs)
        _export(_Relations(model), placed, _RELATIONS_AXES, folder / RELATIONS)


def _export(module: nn.Module, sample: tuple[Tensor, ...], axes: _Axes, path: Path) -> None:
    names = {**axes.inputs, **axes.outputs}
    with warnings.catch_warnings():
        # The exporter calls itself old, and tracing warns of every branch that it takes for good:
        # `_compare` finds those that matter.
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(
                module.eval(),
                sample,
                path,
                dynamo=False,  # its heir wants onnxscript
                opset_version=_OPSET,
                input_names=list(axes.inputs),
                output_names=list(axes.outputs),
                dynamic_axes={name: dict(enumerate(own)) for name, own in names.items()},
            )
        except torch.onnx.OnnxExporterError as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"this model cannot be written as an ONNX graph: {reason}") from error


@torch.no_grad()
def _compare(model: JointModel, exported: OnnxModel) -> None:
    """Check the graphs on windows as long as the model reads, and on short ones."""
    for words in ([1], [model.window_limit // 2, 7, 2]):
        batch, spans, pairs = _sample(model, words)
        for own, other in zip(
            _logits(model, batch, spans, pairs), _logits(exported, batch, spans, pairs), strict=True
        ):
            if not torch.allclose(own, other, atol=_TOLERANCE, rtol=_TOLERANCE):
                raise ModelError(
                    f"encoder {model.config.encoder['model_type']}: its ONNX graph differs from "
                    f"it by {float((own - other).abs().max()):.3g}; it cannot be exported"
                )


def _logits(
    network: Network, batch: PieceBatch, spans: SpanBatch, pairs: Tensor
) -> tuple[Tensor, ...]:
    states, logits = network.read(batch)
    if not network.schema.relations:
        return (logits,)
    return logits, network.relate(states, spans, pairs)


def _sample(model: JointModel, words: list[int]) -> tuple[PieceBatch, SpanBatch, Tensor]:
    """Return windows of so many words of one or two pieces, spans in them and pairs of those."""
    windows = [_pieces(model, count) for count in words]
    whole = [Window(0, count, 0, count) for count in words]
    inputs = [model.tokenizer.window(*parts) for parts in zip(windows, whole, strict=True)]
    batch = collate(inputs, model.tokenizer.special.pad)
    types = len(model.schema.entity_types)
    rows = [
        (window, first, min(first + length, count - 1), (first + length) % types)
        for window, count in enumerate(words)
        for first in range(0, count, 5)
        for length in range(3)
    ]
    spans = SpanBatch(*torch.tensor(rows).unbind(-1))
    pairs = [
        (head, tail)
        for head in range(len(rows))
        for tail in range(len(rows))
        if head != tail and rows[head][0] == rows[tail][0]
    ]
    return batch, spans, torch.tensor(pairs)


def _pieces(model: JointModel, words: int) -> DocumentPieces:
    """Return any pieces: the first numbers of the vocabulary, padding's left out."""
    counts = 1 + np.arange(words) % 2
    ids = np.arange(counts.sum()) * 7 % model.tokenizer.backend.get_vocab_size()
    ids[ids == model.tokenizer.special.pad] = model.tokenizer.special.unknown
    return DocumentPieces(ids=ids, counts=counts)
