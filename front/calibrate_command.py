"""``khabar calibrate``: scores of a finished model that can be read as probabilities.

Like ``cli.py``, whose part it is: what a command is given goes to one function, what comes back is
printed.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from khabar.data.errors import ConfigError
from khabar.data_commands import EncodingOption, FormatOption, print_tables
from khabar.options import DeviceOption, PrecisionOption
from khabar.score_commands import DataArgument, ShareOption, corpus_config, tell

if TYPE_CHECKING:
    from khabar.model.config import ModelConfig


def calibrate(  # noqa: PLR0913 - an option each
    model: Annotated[Path, typer.Argument(help="A model folder; its config.json is replaced.")],
    data: DataArgument,
    share: ShareOption = (0.0, 1.0),
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> None:
    """Fit a model's temperatures to annotated articles, and choose its thresholds there.

    The articles must be others than it was trained on. Its dev part has served in training already.
    """
    if not model.is_dir():
        raise ConfigError(
            f"{model}: no such folder; calibrate the folder of a model, of the bundled one or one "
            f"of a hub a copy: Extractor.load(NAME).save_pretrained(FOLDER)"
        )
    from khabar.eval.temperatures import crossed_table
    from khabar.model.extractor import Extractor
    from khabar.model.storage import save_config
    from khabar.train.calibration import calibrate_model
    from khabar.train.corpora import corpus_documents

    documents, notes = corpus_documents(corpus_config(data, format, encoding, share))
    tell(notes)
    network = Extractor.load(model, device, precision).model
    found = calibrate_model(network, documents)
    save_config(model, found.config)
    print_tables([crossed_table(found.crossed)])
    _print_changes(network.config, found.config)
    typer.echo(f"They are in {model / 'config.json'}")


def _print_changes(old: ModelConfig, new: ModelConfig) -> None:
    kinds: dict[str, tuple[str, ...]] = {"entity": ("temperature", "threshold")}
    if new.label_schema.relations:
        kinds["relation"] = ("temperature", "shift", "threshold")
    for kind, names in kinds.items():
        for name in names:
            was, now = (getattr(config, f"{kind}_{name}") for config in (old, new))
            typer.echo(f"{kind} {name}: {now:g} (was {was:g})")
