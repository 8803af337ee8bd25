"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from khabar.data.errors import ConfigError

if TYPE_CHECKING:
    from khabar.model.extractor import Extractor, Precision

ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        help="A model folder, a name on the hub, or the bundled model; several with commas between "
        "them, trained alike with different seeds, are read as one.",
    ),
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]
PrecisionOption = Annotated[
    Literal["auto", "fp32", "bf16", "fp16"], typer.Option(help="Of the model's arithmetic.")
]
ThresholdOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[TYPE=]SCORE",
        help="Least score of what is written, 0 to 1: one for everything, or by type (several "
        "times), of entities and relations. Left out, the model's own.",
    ),
]
TypesOption = Annotated[
    str | None,
    typer.Option(
        metavar="TYPE,…",
        help="The types wanted. Of entity types alone: all relations between them; of relation "
        "types alone: all entities.",
    ),
]


def read_threshold(values: list[str] | None) -> float | dict[str, float] | None:
    """Return what ``--threshold`` says, as an ``Extractor`` takes it. Raises: ConfigError."""
    pairs = [value.rpartition("=") for value in values or ()]
    scores = {name: _score(number) for name, _, number in pairs}
    if len(scores) < len(pairs) or ("" in scores and len(scores) > 1):
        raise ConfigError(
            f"--threshold {' --threshold '.join(values or ())}: give one score, or one for each of "
            f"some types, such as --threshold ORG=0.8 --threshold GPE=0.6"
        )
    return scores[""] if "" in scores else scores or None


def _score(number: str) -> float:
    try:
        score = float(number)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise ConfigError(f"--threshold {number}: a score is a number from 0 to 1")
    return score


def read_types(value: str | None) -> tuple[str, ...] | None:
    """Return the types that ``--types`` names."""
    return None if value is None else tuple(name.strip() for name in value.split(","))


def load_extractor(model: str, device: str, precision: Precision) -> Extractor:
    """Return the extractor of ``--model``: one model, or an ensemble of several.

    Raises as ``Extractor.load``.
    """
    from khabar.model.extractor import Extractor

    names = model.split(",")
    return Extractor.load(names[0] if len(names) == 1 else names, device, precision)
