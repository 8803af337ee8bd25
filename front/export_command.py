"""``khabar export``: a model as ONNX graphs.

Like ``cli.py``, whose part it is: what a command is given goes to one function, what comes back is
printed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    model: Annotated[str, typer.Argument(help="A model folder, a name on the hub, or bundled.")],
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Replaced when it is there.")],
) -> None:
    """Write a model as ONNX graphs, in fp32.

    The folder is a model like any other: --model takes it, and onnxruntime computes it on the CPU.
    """
    from khabar.model.extractor import Extractor
    from khabar.model.onnx import export_onnx

    export_onnx(Extractor.load(model, "cpu", "fp32"), folder)
    typer.echo(f"The graphs are in {folder}")
