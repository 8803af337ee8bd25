"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

ModelOption = Annotated[
    str, typer.Option("--model", help="A model folder, a name on the hub, or the bundled model.")
]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]
PrecisionOption = Annotated[
    Literal["auto", "fp32", "bf16", "fp16"], typer.Option(help="Of the model's arithmetic.")
]
