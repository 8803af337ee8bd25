"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

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


def load_extractor(model: str, device: str, precision: Precision) -> Extractor:
    """Return the extractor of ``--model``: one model, or an ensemble of several.

    Raises as ``Extractor.load``.
    """
    from khabar.model.extractor import Extractor

    names = model.split(",")
    return Extractor.load(names[0] if len(names) == 1 else names, device, precision)
