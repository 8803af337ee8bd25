"""The run configuration: one YAML file describes a training run.

Typed, frozen and strict: an unknown key or a value of the wrong kind is an error that names its
path. Overrides (``--set a.b=c``) go through the same types.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from khabar.data.augment import AugmentConfig
from khabar.data.errors import ConfigError
from khabar.model.config import HeadsConfig, WindowConfig
from khabar.model.joint import Attention
from khabar.train.targets import AnnotationPolicy

Config = TypeVar("Config", bound=msgspec.Struct)

RANDOM = "random:"
"""Before an encoder's name: its shape and tokenizer, with random weights."""


class CorpusConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A corpus to train on or to measure with.

    Raises:
        ValueError: a weight or a `join` that is not positive, a share that is no part, or documents
            that ask something and are to be joined or varied.
    """

    path: str
    """A file, a folder of files or in a format of folders (as for ``khabar data``), or a part of
    the embedded corpus: ``bundled:train``, ``bundled:dev``."""
    format: str | None = None
    """As for ``khabar data``; None: by the file's name."""
    encoding: str = "utf-8"
    weight: float = 1.0
    """How often an epoch sees each window, on average; a fraction is drawn anew every epoch."""
    share: tuple[float, float] = (0.0, 1.0)
    """Which part of the documents, as shares of their number: ``[0.9, 1]`` is the last tenth."""
    join: int = 1
    """Documents that are joined to one before they are cut into windows: windows then hold ends and
    beginnings of articles, as those of long texts do."""
    cuts: int = 1
    """In how many ways a document that is longer than a window is cut into windows. An epoch is no
    longer for them: it draws as many windows, from all ways, so that a word does not always stand
    at the same place of the same window."""
    augment: AugmentConfig | None = None
    """Variants of the documents to train on besides them; None: none."""
    policy: AnnotationPolicy = AnnotationPolicy()

    def __post_init__(self) -> None:
        if self.join < 1:
            raise ValueError(f"`join` is how many documents make one, got {self.join}: 1 or more")
        if self.cuts < 1:
            raise ValueError(f"`cuts` is in how many ways to cut, got {self.cuts}: 1 or more")
        if self.weight <= 0:
            raise ValueError(
                f"`weight` must be above 0, got {self.weight}; or leave the corpus out"
            )
        if self.policy.relations == "asked" and (self.join > 1 or self.augment):
            raise ValueError("with `relations: asked` leave out `join` and `augment`")
        start, end = self.share
        if not 0 <= start < end <= 1:
            raise ValueError(f"`share` is {[start, end]}: write two shares of 1, the lower first")


class OptimizerConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """AdamW with a linear warm-up and a schedule that ends at zero.

    Raises:
        ValueError: a value out of its range.
    """

    encoder_lr: float = 5e-5
    """Peak learning rate of the encoder; the heads have their own."""
    head_lr: float = 1e-3
    weight_decay: float = 0.01
    warmup: float = 0.1
    """Share of all steps in which the rates rise."""
    schedule: Literal["linear", "cosine"] = "linear"
    clip_norm: float = 1.0
    layer_decay: float = 1.0
    """Factor on the encoder's rate for every layer below the last; 1: all layers alike."""

    def __post_init__(self) -> None:
        if not 0 <= self.warmup < 1:
            raise ValueError(f"`warmup` is a share of all steps, got {self.warmup}: 0.1 is 10 %")
        if min(self.encoder_lr, self.head_lr, self.weight_decay) < 0 or self.clip_norm <= 0:
            raise ValueError("learning rates and decay must not be negative, `clip_norm` above 0")
        if not 0 < self.layer_decay <= 1:
            raise ValueError(f"`layer_decay` is a factor of at most 1, got {self.layer_decay}")


class TrainConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long, in what portions, and what is kept.

    Raises:
        ValueError: a value out of its range.
    """

    epochs: int = 6
    batch_windows: int = 16
    """Windows in a step, over all processes and micro-batches."""
    micro_windows: int = 8
    """Windows that one process computes at once; less needs less memory."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """``bf16``: weights in bf16 with fp32 masters in the optimizer."""
    attention: Attention = "eager"
    attention_dropout: float = 0.0
    """In the encoder's attention. Its masks are windows squared in size, and a CPU draws them one
    number after another: at BERT's usual 0.1 they take half of a step (torch 2.13)."""
    word_masking: float = 0.0
    """Share of the words that are hidden behind mask pieces, drawn anew at every step, so that
    entities are also told from what stands around them."""
    evaluate_every: int = 1
    """Epochs between two evaluations on the dev part."""
    patience: int | None = None
    """Evaluations without a better score after which the run stops; None: never."""
    save_every: int = 200
    """Steps between two checkpoints to resume from."""
    relation_weight: float = 1.0
    relation_mistakes: bool = True
    """Whether the tagger's own wrong spans are further negatives for the relation head."""
    max_steps: int | None = None
    """Stop early, for a trial; the schedule ends there. None: after all epochs."""

    def __post_init__(self) -> None:
        counts = (self.epochs, self.batch_windows, self.micro_windows, self.evaluate_every)
        if min(*counts, self.save_every) < 1:
            raise ValueError(
                "`epochs`, `batch_windows`, `micro_windows`, `evaluate_every` and `save_every` "
                "must be at least 1"
            )
        if not 0 <= self.attention_dropout < 1:
            raise ValueError(
                f"`attention_dropout` is a share below 1, got {self.attention_dropout}"
            )
        if not 0 <= self.word_masking < 1:
            raise ValueError(f"`word_masking` is a share below 1, got {self.word_masking}")
        for name, value in (("patience", self.patience), ("max_steps", self.max_steps)):
            if value is not None and value < 1:
                raise ValueError(f"`{name}` must be at least 1, or null for none, got {value}")
        if self.relation_weight < 0:
            raise ValueError(f"`relation_weight` must not be negative, got {self.relation_weight}")


class RunConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole run.

    Raises:
        ValueError: no corpus.
    """

    name: str
    """The model's name, in its card and in the meta of what it predicts."""
    output: str
    """The run's folder: checkpoints, log, and the best model under ``best``."""
    label_schema: str = "wojood"
    """A shipped schema's name, or the path of a YAML file."""
    encoder: str = "bundled"
    """``bundled``, a folder (an encoder, or a Khabar model whose encoder is taken), or a name on
    the hub such as ``aubmindlab/bert-base-arabertv02``; ``random:NAME`` is one of that shape with
    random weights."""
    keep_heads: bool = False
    """Start the heads, too, from the Khabar model that ``encoder`` names; its schema and ``heads``
    must be the same."""
    seed: int = 1
    corpora: tuple[CorpusConfig, ...]
    dev: tuple[CorpusConfig, ...] = ()
    """What the best model is chosen by; without it the last one is kept."""
    heads: HeadsConfig = HeadsConfig()
    window: WindowConfig = WindowConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    train: TrainConfig = TrainConfig()

    def __post_init__(self) -> None:
        if not self.corpora:
            raise ValueError("`corpora` is empty: name at least one corpus to train on")


def load_run_config(name_or_path: str, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a run configuration, from a path or a shipped one by its name.

    Args:
        name_or_path: ``my.yaml``, or a name such as ``anercorp``.
        overrides: ``a.b=c`` each; the value is YAML, a number in the path an item of a list.

    Raises:
        ConfigError: no such file, or a key or value that does not fit, with its path.
    """
    return load_config(name_or_path, overrides, RunConfig)


def load_config(name_or_path: str, overrides: Sequence[str], kind: type[Config]) -> Config:
    """Read a configuration of some kind, as ``load_run_config`` does. Raises: ConfigError."""
    source = _source(name_or_path, kind)
    try:
        plain = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise ConfigError(f"{name_or_path}: not YAML: {error}") from error
    for override in overrides:
        _apply(plain, override)
    try:
        # Not strict: YAML reads 5e-5 as text.
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{name_or_path}: {error}") from error


def _source(name_or_path: str, kind: type[msgspec.Struct]) -> str:
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise ConfigError(f"{path}: no such file")
        return path.read_text(encoding="utf-8")
    shipped = files("khabar.configs") / f"{name_or_path}.yaml"
    if not shipped.is_file():
        raise ConfigError(
            f"no run is named {name_or_path!r}: give one of {', '.join(shipped_configs(kind))}, "
            f"or the path of a .yaml file"
        )
    return shipped.read_text(encoding="utf-8")


def shipped_configs(kind: type[msgspec.Struct]) -> list[str]:
    """Return the names of the shipped configurations of a kind, sorted."""

    def fits(source: str) -> bool:
        try:
            msgspec.convert(yaml.safe_load(source), kind, strict=False)
        except msgspec.ValidationError:
            return False
        return True

    folder = [file for file in files("khabar.configs").iterdir() if file.name.endswith(".yaml")]
    return sorted(Path(f.name).stem for f in folder if fits(f.read_text(encoding="utf-8")))


def _apply(plain: Any, override: str) -> None:  # noqa: ANN401 - whatever YAML holds
    path, sign, value = override.partition("=")
    if not sign or not path:
        raise ConfigError(f"--set {override}: write it as key=value, such as train.epochs=3")
    *parents, last = path.split(".")
    place = plain
    try:
        for key in parents:
            if isinstance(place, list):
                place = place[int(key)]
            else:
                place = place.setdefault(key, {})
        place[int(last) if isinstance(place, list) else last] = yaml.safe_load(value)
    except (ValueError, IndexError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise ConfigError(f"--set {override}: the configuration has no place {path}") from error
