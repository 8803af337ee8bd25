"""The configuration of pretraining: one YAML file describes a run, as one does for training.

Typed, frozen and strict, with the same overrides (``--set a.b=c``); see ``config.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from khabar.model.joint import Attention
from khabar.train.config import load_config
from khabar.train.schedule import Trapezoid


class RawCorpusConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of raw articles; of annotated ones the text is read."""

    path: str
    """A file, or a pattern with ``*``, ``?``, ``[…]`` and ``**``."""
    format: str | None = None
    """As for ``khabar data``; None: by the file's name."""
    encoding: str = "utf-8"


class VocabularyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new WordPiece vocabulary, trained on the corpora.

    Raises:
        ValueError: a size that has no room for single characters.
    """

    size: int = 24_000
    """Pieces, special ones included."""

    def __post_init__(self) -> None:
        if self.size < 100:
            raise ValueError(f"`size` is {self.size}: single characters alone need 100 pieces")


class PretrainOptimizerConfig(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """AdamW with a warm-up, a stable part and a decay that ends at zero.

    Raises:
        ValueError: a value out of its range.
    """

    encoder_lr: float = 5e-4
    """Peak learning rate of the encoder; the new head has its own."""
    head_lr: float = 1e-3
    weight_decay: float = 0.01
    warmup_steps: int = 500
    """Steps in which the rates rise: a number and no share, so that a run can be prolonged."""
    decay_share: float = 0.2
    """Share of all steps, the last ones, in which the rates fall; 1 is a plain linear schedule."""
    clip_norm: float = 1.0

    def __post_init__(self) -> None:
        if min(self.encoder_lr, self.head_lr, self.weight_decay) < 0 or self.clip_norm <= 0:
            raise ValueError("learning rates and decay must not be negative, `clip_norm` above 0")
        if not 0 < self.decay_share <= 1 or self.warmup_steps < 0:
            raise ValueError(
                f"`decay_share` is a share above 0, got {self.decay_share}: 0.2 is 20 %; "
                f"`warmup_steps` must not be negative, got {self.warmup_steps}"
            )


class PretrainStepsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long, in what portions, and when what is kept.

    Raises:
        ValueError: a value out of its range.
    """

    steps: int
    """Optimizer steps. May be raised later: the run goes on from before the rates fell."""
    sequence_pieces: int = 256
    """Pieces of every sequence, special ones included; 256 cost less a piece than 512."""
    batch_sequences: int = 32
    """Sequences in a step, over all processes and micro-batches."""
    micro_sequences: int = 8
    """Sequences that one process computes at once; less needs less memory."""
    mask_rate: float = 0.2
    """Share of the pieces that are masked, as whole words. More masks are more to learn from in the
    same passes, at little cost, but leave less context: large models gain up to 0.4, small ones and
    masks of whole words, which are harder to guess than single pieces, less (Wettig et al., 2023).
    """
    precision: Literal["fp32", "bf16"] = "bf16"
    """``bf16``: weights in bf16 with fp32 masters in the optimizer."""
    attention: Attention = "eager"
    dropout: bool = False
    """Whether the encoder's own dropout is on. Within a few epochs a small model does not overfit;
    the saved encoder has its dropout again."""
    evaluate_every: int = 500
    """Steps between two evaluations on the held-out articles."""
    save_every: int = 200
    """Steps between two checkpoints to resume from."""
    snapshots: tuple[int, ...] = ()
    """Steps after which the encoder is saved as it is then, for a learning curve."""

    def __post_init__(self) -> None:
        counts = (self.steps, self.batch_sequences, self.micro_sequences, self.evaluate_every)
        if min(*counts, self.save_every, *self.snapshots) < 1:
            raise ValueError(
                "`steps`, `batch_sequences`, `micro_sequences`, `evaluate_every`, `save_every` and "
                "`snapshots` must be at least 1"
            )
        if self.sequence_pieces < 16:
            raise ValueError(f"`sequence_pieces` is {self.sequence_pieces}: at least 16 are needed")
        if not 0 < self.mask_rate < 1:
            raise ValueError(f"`mask_rate` is a share, got {self.mask_rate}: 0.2 is 20 %")


class SaveConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the encoder is written."""

    dtype: Literal["fp16", "bf16", "fp32"] = "fp16"
    max_shard_size: str = "5GB"
    """A larger encoder is written in several files."""


class PretrainConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole pretraining run.

    Raises:
        ValueError: no corpus, a held-out share that leaves nothing, or a warm-up without end.
    """

    name: str
    """The encoder's name, in its card."""
    output: str
    """The run's folder: checkpoints, log, snapshots, and the result under ``encoder``."""
    cache: str = "runs/pieces"
    """The folder for the corpora as pieces, which runs over the same corpora share."""
    init: str = "bundled"
    """What to start from, as ``encoder`` of a training run: ``bundled``, a folder, a name on the
    hub, or ``random:NAME``."""
    vocabulary: VocabularyConfig | None = None
    """A new vocabulary; None keeps the one of ``init``."""
    seed: int = 1
    held_out: float = 0.002
    """Share of the articles that is only measured on; which ones depends on their text alone."""
    corpora: tuple[RawCorpusConfig, ...]
    optimizer: PretrainOptimizerConfig = PretrainOptimizerConfig()
    train: PretrainStepsConfig
    save: SaveConfig = SaveConfig()

    def __post_init__(self) -> None:
        if not self.corpora:
            raise ValueError("`corpora` is empty: name at least one file of raw articles")
        if not 0 <= self.held_out < 1:
            raise ValueError(f"`held_out` is a share below 1, got {self.held_out}: 0.002 is 0.2 %")
        if self.optimizer.warmup_steps >= self.train.steps:
            raise ValueError(
                f"`optimizer.warmup_steps` is {self.optimizer.warmup_steps} of `train.steps` "
                f"{self.train.steps}: it must be less"
            )

    @property
    def schedule(self) -> Trapezoid:
        """The schedule of the rates."""
        steps, warmup = self.train.steps, self.optimizer.warmup_steps
        falling = max(1, round(self.optimizer.decay_share * steps))
        return Trapezoid(warmup=warmup, decays_from=max(warmup, steps - falling), steps=steps)


def load_pretrain_config(name_or_path: str, overrides: Sequence[str] = ()) -> PretrainConfig:
    """Read a pretraining configuration, from a path or a shipped one by its name.

    Args:
        name_or_path: ``my.yaml``, or the shipped ``pretrain``.
        overrides: ``a.b=c`` each; the value is YAML, a number in the path an item of a list.

    Raises:
        ConfigError: no such file, or a key or value that does not fit, with its path.
    """
    return load_config(name_or_path, overrides, PretrainConfig)
