"""What a saved model says about itself: its schema, its heads, its windows, its encoder.

Written to ``config.json`` beside the weights; a folder is complete by itself. Knows no tensor.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from khabar.data.errors import ModelError
from khabar.data.schema import LabelSchema
from khabar.model.tokenizer import SpecialPieces

FORMAT = 1
"""Raised whenever older code could not read what newer code saves."""

MODEL_TYPE = "khabar"


class HeadsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The two heads on the encoder.

    Raises:
        ValueError: a size or a share out of its range.
    """

    pooling: Literal["first", "mean"] = "mean"
    """How a word is represented: by its first piece, or by the mean of all."""
    inner_types: tuple[str, ...] = ()
    """Types with a second row, for a mention inside another of its own type."""
    crf: bool = False
    """Learned transitions between tags, trained with the forward algorithm; flat schemas."""
    dropout: float = 0.1
    relation_size: int = 384
    """Width of the relation head."""
    relation_reach: int = 100
    """Most words between two entities that are still scored; 99.5 % of relations need 76."""

    def __post_init__(self) -> None:
        if not 0 <= self.dropout < 1:
            raise ValueError(f"`dropout` is a share below 1, got {self.dropout}")
        if self.relation_size < 1 or self.relation_reach < 0:
            raise ValueError("`relation_size` must be at least 1, `relation_reach` at least 0")


class WindowConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How articles longer than the encoder's limit are cut.

    Raises:
        ValueError: a window too short for anything, or an overlap of half a window or more.
    """

    pieces: int = 512
    """Most pieces in a window, special ones included."""
    overlap: int = 128
    """Pieces that neighbouring windows share, at most."""

    def __post_init__(self) -> None:
        if self.pieces < 8:
            raise ValueError(f"`pieces` is {self.pieces}: a window needs at least 8")
        if not 0 <= self.overlap < self.pieces / 2:
            raise ValueError(
                f"`overlap` is {self.overlap} of `pieces` {self.pieces}: it must be below half"
            )


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but weights and vocabulary.

    Raises:
        ValueError: a temperature of 0 or less.
    """

    khabar_format: int = FORMAT
    model_type: str = MODEL_TYPE
    """By which transformers finds the class that reads the folder, see ``pipeline.py``."""
    name: str
    version: str
    label_schema: LabelSchema
    heads: HeadsConfig
    window: WindowConfig
    special: SpecialPieces
    encoder: dict[str, Any]
    """The encoder's own configuration, as transformers writes it."""
    entity_threshold: float = 0.0
    """Least score of an entity that is returned; chosen on a dev part."""
    relation_threshold: float = 0.5
    """Least score of a relation that is returned; chosen on a dev part."""
    entity_temperature: float = 1.0
    """By what the log-odds of an entity are divided for its score; fitted on a dev part."""
    relation_temperature: float = 1.0
    """By what the relation head's logits are divided for a score; fitted on a dev part."""
    relation_shift: float = 0.0
    """What is then added to them; fitted on a dev part."""

    def __post_init__(self) -> None:
        if not (self.entity_temperature > 0 and self.relation_temperature > 0):
            raise ValueError(
                f"`entity_temperature` and `relation_temperature` must be above 0, got "
                f"{self.entity_temperature} and {self.relation_temperature}; 1 changes nothing"
            )


class _Head(msgspec.Struct):
    khabar_format: int | None = None


def decode_config(json: bytes, *, origin: str) -> ModelConfig:
    """Decode ``config.json``; ``origin`` names the model in errors. Raises: ModelError."""
    try:
        found = msgspec.json.decode(json, type=_Head).khabar_format
    except msgspec.MsgspecError as error:
        raise ModelError(f"{origin}: config.json is damaged: {error}; copy it again") from error
    if found is None:
        raise ModelError(
            f"{origin}: config.json is not of a Khabar model; give a folder that `khabar train` "
            f"wrote, or name an encoder under `encoder` in a run configuration"
        )
    if found != FORMAT:
        raise ModelError(
            f"{origin}: saved in format {found}, this version of Khabar reads format {FORMAT}; "
            f"{'upgrade Khabar' if found > FORMAT else 'train or convert the model again'}"
        )
    try:
        return msgspec.json.decode(json, type=ModelConfig)
    except msgspec.MsgspecError as error:
        raise ModelError(
            f"{origin}: config.json: {error}; take the file that was saved with the weights"
        ) from error
