"""How fast a model reads, beside a plain pipeline on its weights and the bound of the device.

Enters: an extractor and articles. Leaves: a ``Speed``. All systems read the same articles with the
same weights in one run, in turn, and of each one's times the best counts. Runs as
``python -m khabar.eval.speed MODEL FILE --articles 200``.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import get_args

import msgspec
import torch
from rich.console import Console
from torch import Tensor, nn
from transformers import PreTrainedModel

from khabar.data.errors import ConfigError, ModelError
from khabar.data.files import write_chunks
from khabar.data.formats import read_documents
from khabar.data.words import split_words
from khabar.eval.bound import encoder_cost, product_rate
from khabar.eval.speed_record import Speed, SystemSpeed, Work
from khabar.eval.speed_systems import System, systems_of
from khabar.model.extractor import Extractor, Precision
from khabar.model.joint import JointModel


def measure_speed(
    extractor: Extractor,
    texts: Sequence[str],
    *,
    batch_tokens: int | None = None,
    batch_sizes: Sequence[int] = (1, 8),
    repeats: int = 3,
) -> Speed:
    """Measure the systems of an extractor on the same texts.

    Every system reads all texts once to warm up and to have its work counted, then all take turns.

    Args:
        extractor: on its device, in its precision.
        texts: at least one.
        batch_tokens: most pieces in a batch of Khabar's; None: what suits the device.
        batch_sizes: windows in a batch of the pipeline's, for one system each.
        repeats: times that every system reads the texts.

    Raises:
        ModelError: a model of ONNX graphs.
    """
    model = _torch_model(extractor)
    systems = systems_of(model, batch_tokens=batch_tokens, batch_sizes=batch_sizes)
    encoder = model.encoder
    works = [count_work(system, texts, encoder) for system in systems]
    rates, times = [], []
    for _ in range(repeats):
        rates.append(product_rate(encoder, max(work.largest_batch for work in works)))
        times.append([_seconds(system, texts) for system in systems])
    measured = zip(systems, works, zip(*times, strict=True), strict=True)
    return Speed(
        model=extractor.identity(),
        device=device_name(extractor.model.device),
        threads=torch.get_num_threads(),
        articles=len(texts),
        words=sum(len(split_words(text)) for text in texts),
        batch_tokens=batch_tokens,
        operations_per_second=max(rates),
        cost=encoder_cost(encoder),
        systems=tuple(
            _system_speed(system.name, system.words_read(texts), work, seconds, max(rates))
            for system, work, seconds in measured
        ),
    )


def _torch_model(extractor: Extractor) -> JointModel:
    if not isinstance(extractor.model, JointModel):
        raise ModelError(
            "a model of ONNX graphs cannot be compared with a pipeline on its weights; give the "
            "folder that it was exported from"
        )
    return extractor.model


def count_work(system: System, texts: Sequence[str], encoder: PreTrainedModel) -> Work:
    """Let a system read texts and count what its encoder is given."""
    masks: list[Tensor] = []

    def watch(_: nn.Module, __: object, given: dict[str, Tensor]) -> None:
        masks.append(given["attention_mask"].cpu())

    hook = encoder.register_forward_pre_hook(watch, with_kwargs=True)
    try:
        articles = system.read(texts)
    finally:
        hook.remove()
    lengths = [pieces for mask in masks for pieces in mask.sum(dim=-1).tolist()]
    computed = sum(mask.numel() for mask in masks)
    return Work(
        articles=articles,
        batches=len(masks),
        pieces=sum(lengths),
        padding=computed - sum(lengths),
        largest_batch=max((mask.numel() for mask in masks), default=0),
        operations=encoder_cost(encoder).operations(lengths),
    )


def device_name(device: torch.device) -> str:
    """Return what a device is called, as far as it tells."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} ({platform.machine()})"


def _seconds(system: System, texts: Sequence[str]) -> float:
    start = time.perf_counter()
    system.read(texts)
    return time.perf_counter() - start


def _system_speed(
    name: str, words: int, work: Work, seconds: tuple[float, ...], rate: float
) -> SystemSpeed:
    best = min(seconds)
    return SystemSpeed(
        name=name,
        words=words,
        work=work,
        seconds=seconds,
        articles_per_second=work.articles / best,
        words_per_second=words / best,
        pieces_per_second=work.pieces / best,
        share_of_bound=work.operations / rate / best,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table and write the record."""
    given = _parser().parse_args(arguments)
    texts = [document.text for document in islice(read_documents(given.file), given.articles)]
    if not any(split_words(text) for text in texts):
        raise ConfigError(f"{given.file}: holds no word to read; give a file of articles")
    speed = measure_speed(
        Extractor.load(given.model, given.device, given.precision),
        texts,
        batch_tokens=given.batch_tokens,
        batch_sizes=given.batch_sizes,
        repeats=given.repeats,
    )
    Console().print(speed.to_table())
    if given.output:
        write_chunks(given.output, [msgspec.json.format(msgspec.json.encode(speed))])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m khabar.eval.speed")
    parser.add_argument("model", help="a model folder, a name on the hub, or bundled")
    parser.add_argument("file", type=Path, help="articles, in any format that Khabar reads")
    parser.add_argument("--articles", type=_count, default=200, help="how many, from the first on")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    parser.add_argument("--precision", choices=get_args(Precision), default="auto")
    parser.add_argument("--batch-tokens", type=_count, help="most pieces in a batch of Khabar's")
    parser.add_argument(
        "--batch-sizes",
        type=_count,
        nargs="+",
        default=[1, 8],
        help="windows in a batch of the pipeline's, one system for each",
    )
    parser.add_argument("--repeats", type=_count, default=3, help="the best of so many counts")
    parser.add_argument("--output", type=Path, help="write all figures to this file, as JSON")
    return parser


def _count(given: str) -> int:
    """Return a number of at least 1. Raises: ArgumentTypeError: it is none."""
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is no number of at least 1")
    return int(given)


if __name__ == "__main__":
    main()
