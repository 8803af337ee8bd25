"""Setting up pretraining: configuration to encoder, vocabulary, pieces and progress."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from khabar.data.atomic import recover_folder
from khabar.data.errors import ConfigError, ModelError
from khabar.model.joint import position_limit
from khabar.model.masked import MaskedModel
from khabar.model.tokenizer import WordTokenizer
from khabar.train.checkpoint import Progress, load_checkpoint
from khabar.train.masking import MaskedBatch, Masker, SeededPack
from khabar.train.optimizer import MasterAdamW
from khabar.train.pretrain_config import PretrainConfig
from khabar.train.processes import join_processes
from khabar.train.sampler import share_of
from khabar.train.schedule import Trapezoid
from khabar.train.setup import load_encoder
from khabar.train.stream import Articles, Packs, PieceCache, Pieces, piece_cache
from khabar.train.vocabulary import mask_piece, new_tokenizer, transfer_embeddings

CHECKPOINT, STABLE = "checkpoint", "stable"
"""Folders of the newest checkpoint, and of the one from before the rates fell."""
_FREE = {
    "": ("name", "output", "cache", "corpora", "save"),
    "train": ("steps", "evaluate_every", "save_every", "snapshots"),
    "optimizer": ("decay_share",),
}
"""What may change between two parts of a run: the rest shapes what it has learnt so far."""


class HeldOutScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well masked words of the held-out articles are guessed."""

    words: int
    """Words that were masked."""
    piece_loss: float
    """Cross-entropy of a masked piece, in nats."""
    word_loss: float
    """Of a masked word, its pieces summed; unlike the former comparable between vocabularies."""
    word_accuracy: float
    """Share of the masked words whose pieces are all guessed."""


class PretrainProgress(Progress, kw_only=True):
    """How far pretraining has come."""

    schedule: Trapezoid
    """By which the rates went so far."""
    seconds: float = 0.0
    """Spent in training steps, over all parts of the run."""
    score: HeldOutScore | None = None
    """The last evaluation."""


class MaskedStep(nn.Module):
    """The masked model with its loss, so that Accelerate's wrapper sees all in one ``forward``."""

    def __init__(self, model: MaskedModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: MaskedBatch) -> Tensor:
        """Return the cross-entropy summed over the masked pieces."""
        logits = self.model(batch.ids, batch.places)
        return F.cross_entropy(logits, batch.truth, reduction="sum")


@dataclass
class PretrainRun:
    """A run in progress. ``progress``, masters and random state are all that a checkpoint holds.

    Attributes:
        config: the run's configuration.
        accelerator: devices and processes.
        model: the bare model.
        forward: the model with its loss, as Accelerate prepared it.
        tokenizer: of the encoder.
        optimizer: over the model's weights.
        cache: the articles as pieces.
        masker: masks sequences.
        progress: how far it has come.
    """

    config: PretrainConfig
    accelerator: Accelerator
    model: MaskedModel
    forward: nn.Module
    tokenizer: WordTokenizer
    optimizer: MasterAdamW
    cache: PieceCache
    masker: Masker
    progress: PretrainProgress

    @property
    def folder(self) -> Path:
        """Where checkpoints, log, snapshots and the encoder go."""
        return Path(self.config.output)

    @property
    def notes(self) -> list[str]:
        """What was read, one sentence each."""
        contents = self.cache.contents
        parts = {"train on": contents.train, "hold out": contents.held_out}
        return [
            f"articles to {use}: {part.articles} ({part.words} words, {part.pieces} pieces)"
            for use, part in parts.items()
        ] + [f"articles that could not be read: {contents.unread}"]

    def batches(self) -> Iterator[list[MaskedBatch]]:
        """Yield this process's micro-batches of every step that is still to be done.

        The masks too are a function of seed, step and place in the step alone.
        """
        config = self.config
        packs = self._packs(self.cache.train)
        for step in range(self.progress.step, config.train.steps):
            dealt = packs.step(step, config.train.batch_sequences, config.seed)
            seeded = [(pack, (config.seed, step, place)) for place, pack in enumerate(dealt)]
            yield list(self._micro_batches(seeded))

    def held_out_batches(self) -> Iterator[MaskedBatch]:
        """Yield this process's share of the held-out sequences, masked alike in every run."""
        packs = self._packs(self.cache.held_out)
        return self._micro_batches([(packs.pack(i), (i,)) for i in range(len(packs))])

    def _packs(self, pieces: Pieces) -> Packs:
        return Packs(pieces, self.config.train.sequence_pieces - self.tokenizer.specials)

    def _micro_batches(self, packs: Sequence[SeededPack]) -> Iterator[MaskedBatch]:
        accelerator, size = self.accelerator, self.config.train.micro_sequences
        own = share_of(packs, accelerator.process_index, accelerator.num_processes)
        for start in range(0, len(own), size):
            yield self.masker.batch(own[start : start + size]).to(accelerator.device)


def set_up_pretraining(config: PretrainConfig) -> PretrainRun:
    """Build a run, and bring it to where its checkpoint left off.

    Raises:
        KhabarError: whatever is wrong with the configuration, the corpora or the encoder.
    """
    accelerator = join_processes()
    # The same weights in every process, then random numbers of its own for dropout.
    set_seed(config.seed)
    encoder, tokenizer = load_encoder(config.init, config.train.attention)
    check_fits(config, encoder, accelerator.num_processes)
    articles = Articles(corpora=config.corpora, held_out=config.held_out)
    with accelerator.main_process_first():  # the others find what it wrote
        if config.vocabulary:
            old = tokenizer
            folders = Path(config.output), Path(config.cache)
            tokenizer = new_tokenizer(config.vocabulary, articles, old, *folders)
            transfer_embeddings(encoder, old, tokenizer)
        cache = piece_cache(Path(config.cache), articles, tokenizer)
    if not cache.contents.train.pieces:
        raise ConfigError("the corpora hold no word to train on; name others under `corpora`")
    model = MaskedModel(encoder)
    set_seed(config.seed + 1000 * accelerator.process_index)
    model.to(torch.bfloat16 if config.train.precision == "bf16" else torch.float32)
    model.to(accelerator.device).train(config.train.dropout)
    optimizer = MasterAdamW(model, config.optimizer)
    return PretrainRun(
        config=config,
        accelerator=accelerator,
        model=model,
        forward=accelerator.prepare(MaskedStep(model)),
        tokenizer=tokenizer,
        optimizer=optimizer,
        cache=cache,
        masker=Masker(tokenizer.special, mask_piece(tokenizer), config.train.mask_rate),
        progress=_resume(config, accelerator, optimizer, _fingerprint(config, cache)),
    )


def check_fits(config: PretrainConfig, encoder: PreTrainedModel, processes: int) -> None:
    """Check a configuration against the encoder and the number of processes.

    Raises:
        ConfigError: processes that cannot share a step evenly.
        ModelError: sequences longer than the encoder reads.
    """
    limit = position_limit(encoder) or config.train.sequence_pieces
    if config.train.sequence_pieces > limit:
        raise ModelError(
            f"`train.sequence_pieces` is {config.train.sequence_pieces}, but encoder {config.init} "
            f"reads at most {limit}; set it to {limit} or less"
        )
    if config.train.batch_sequences % processes:
        raise ConfigError(
            f"`train.batch_sequences` is {config.train.batch_sequences}, which {processes} "
            f"processes cannot share evenly; make it a multiple of {processes}"
        )


def _resume(
    config: PretrainConfig, accelerator: Accelerator, optimizer: MasterAdamW, fingerprint: str
) -> PretrainProgress:
    """Bring back the latest state that the schedule has led to, or return a fresh one.

    After the rates of a shorter run have fallen, that is the state from before they did.
    """
    folders = [Path(config.output) / name for name in (CHECKPOINT, STABLE)]
    if accelerator.is_main_process:
        for folder in folders:
            recover_folder(folder)
    accelerator.wait_for_everyone()
    saved = {folder: _saved_progress(folder) for folder in folders if folder.is_dir()}
    fitting = {
        folder: progress
        for folder, progress in saved.items()
        if progress.schedule.agrees(config.schedule, progress.step)
    }
    if saved and not fitting:
        progress = next(iter(saved.values()))
        raise ConfigError(
            f"{config.output}: the run there, of {progress.schedule.steps} steps, came to step "
            f"{progress.step} with other rates than `train.steps` {config.train.steps} gives; "
            f"leave `train.steps` and `optimizer.decay_share` as they were, or give another "
            f"`output`"
        )
    folder = max(fitting, key=lambda folder: fitting[folder].step, default=folders[0])
    load_checkpoint(folder, accelerator, optimizer, fingerprint)
    fresh = PretrainProgress(schedule=config.schedule, fingerprint=fingerprint)
    return msgspec.structs.replace(fitting.get(folder, fresh), schedule=config.schedule)


def _saved_progress(folder: Path) -> PretrainProgress:
    return msgspec.json.decode((folder / "state.json").read_bytes(), type=PretrainProgress)


def _fingerprint(config: PretrainConfig, cache: PieceCache) -> str:
    plain = msgspec.to_builtins(config)
    for section, names in _FREE.items():
        for name in names:
            del (plain[section] if section else plain)[name]
    return hashlib.sha256(msgspec.json.encode([plain, cache.name])).hexdigest()
