"""Saving and loading: a model is a folder, complete by itself, without pickle.

``config.json`` (what the model is), ``model.safetensors`` (weights), ``tokenizer.json`` and a
model card ``README.md``. A name that is no folder is taken from the hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from khabar.data.atomic import write_atomically, write_folder_atomically
from khabar.data.errors import ModelError
from khabar.model.config import ModelConfig, decode_config
from khabar.model.joint import Attention, JointModel, build_encoder
from khabar.model.tokenizer import WordTokenizer, read_backend

BUNDLED = "bundled"
"""The name of the model inside the package."""


def save_pretrained(
    model: JointModel,
    folder: Path,
    *,
    card: str,
    extra: Mapping[str, bytes] | None = None,
    dtype: torch.dtype = torch.float16,
) -> None:
    """Write a model folder atomically.

    Args:
        model: what to save.
        folder: replaced when it is there.
        card: the model card, Markdown.
        extra: further files of the folder, by their names.
        dtype: of the saved weights.
    """
    weights = {name: value.to(dtype).contiguous() for name, value in model.state_dict().items()}

    def write(partial: Path) -> None:
        save_file(weights, partial / "model.safetensors", metadata={"format": "pt"})
        save_description(model, partial)
        (partial / "README.md").write_text(card, encoding="utf-8")
        for name, content in (extra or {}).items():
            (partial / name).write_bytes(content)

    write_folder_atomically(folder, write)


def save_description(model: JointModel, folder: Path) -> None:
    """Write what a model is beside its weights: ``config.json`` and ``tokenizer.json``."""
    model.tokenizer.save(folder)
    save_config(folder, model.config)


def save_config(folder: Path, config: ModelConfig) -> None:
    """Write a model's configuration into its folder, atomically."""
    json = msgspec.json.format(msgspec.json.encode(config))
    write_atomically(folder / "config.json", lambda partial: partial.write_bytes(json))


def from_pretrained(
    name_or_path: str | Path | None = None, *, attention: Attention = "sdpa"
) -> JointModel:
    """Load a model, in fp32 and evaluation mode.

    Args:
        name_or_path: a folder, a name on the hub, or ``bundled`` (also None).
        attention: the encoder's attention implementation.

    Raises:
        ModelError: no such model, an incomplete or damaged folder, or another format.
    """
    folder = model_folder(name_or_path)
    config = decode_config(require(folder, "config.json").read_bytes(), origin=str(folder))
    backend = read_backend(require(folder, "tokenizer.json"))
    encoder = build_encoder(config.encoder, attention)
    model = JointModel(config, WordTokenizer(backend, config.special), encoder)
    _load_weights(model, folder)
    return model.eval()


def model_folder(name_or_path: str | Path | None, *, revision: str | None = None) -> Path:
    """Return the folder of a model, fetched from the hub when it is a name there.

    Args:
        name_or_path: a folder, a name on the hub, or ``bundled`` (also None).
        revision: branch, tag or commit on the hub; None: the main branch.

    Raises:
        ModelError: there is none.
    """
    if name_or_path is None or str(name_or_path) == BUNDLED:
        return Path(__file__).parent / "bundled"
    folder = Path(name_or_path)
    if folder.is_dir():
        return folder
    try:
        return Path(snapshot_download(str(name_or_path), revision=revision))
    except (OSError, HFValidationError, HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise ModelError(
            f"model {name_or_path}: no such folder, and the hub gave none of that name "
            f"({type(error).__name__}); give the folder that `khabar train` wrote, or leave the "
            f"name out for the bundled model"
        ) from error


def is_model_folder(folder: Path) -> bool:
    """Whether a folder holds a Khabar model, as against a bare encoder."""
    config = folder / "config.json"
    return config.is_file() and b'"khabar_format"' in config.read_bytes()


def _load_weights(model: JointModel, folder: Path) -> None:
    path = require(folder, "model.safetensors")
    try:
        weights = load_file(path)
    except SafetensorError as error:
        raise ModelError(
            f"{folder}: model.safetensors is damaged ({error}); copy it again"
        ) from error
    own = model.state_dict()
    differing = sorted(own.keys() ^ weights.keys()) or sorted(
        name for name in own if own[name].shape != weights[name].shape
    )
    if differing:
        raise ModelError(
            f"{folder}: the weights do not fit config.json: {len(differing)} tensors are missing, "
            f"unknown or of another shape, {differing[0]} first; both files must come from one save"
        )
    model.load_state_dict(weights)


def require(folder: Path, name: str) -> Path:
    """Return the path of a file of a model's folder. Raises: ModelError: it is missing."""
    path = folder / name
    if not path.is_file():
        raise ModelError(
            f"{folder}: {name} is missing; a model folder holds config.json, tokenizer.json and "
            f"model.safetensors, or the .onnx files and transitions.json in its place"
        )
    return path
