"""Setting up a run: configuration to model, data, optimizer and progress, new or resumed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from transformers import AutoConfig, PreTrainedModel

from khabar.data.errors import ModelError
from khabar.data.records import Document
from khabar.data.schema import load_schema
from khabar.model.config import ModelConfig
from khabar.model.joint import (
    Attention,
    JointModel,
    encoder_of,
    position_limit,
    pretrained_encoder,
    set_attention_dropout,
)
from khabar.model.storage import BUNDLED, from_pretrained, is_model_folder, model_folder
from khabar.model.tokenizer import WordTokenizer, encoder_tokenizer
from khabar.train.checkpoint import Progress, load_checkpoint
from khabar.train.config import RANDOM, RunConfig
from khabar.train.corpora import dev_documents, fingerprint, training_corpora
from khabar.train.optimizer import MasterAdamW
from khabar.train.origin import origin_digests
from khabar.train.prior import begin_with_shares
from khabar.train.processes import join_processes
from khabar.train.sampler import StepSampler, share_of
from khabar.train.step import TrainStep
from khabar.train.targets import Example, TrainBatch, blank_example, collate_examples


@dataclass
class Run:
    """A run in progress. ``progress``, masters and random state are all that a checkpoint holds.

    Attributes:
        config: the run's configuration.
        accelerator: devices and processes.
        model: the bare model.
        forward: the model with its losses, as Accelerate prepared it.
        optimizer: over the model's weights.
        examples: the training windows.
        sampler: which of them make up each step.
        steps: optimizer steps in the whole run.
        dev: what the best model is chosen by.
        progress: how far it has come.
        notes: what was mended or left out of the corpora.
        digests: of what the configuration's paths led to, see ``origin_digests``.
    """

    config: RunConfig
    accelerator: Accelerator
    model: JointModel
    forward: torch.nn.Module
    optimizer: MasterAdamW
    examples: list[Example]
    sampler: StepSampler
    steps: int
    dev: list[Document]
    progress: Progress
    notes: list[str]
    digests: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where checkpoints, log and the best model go."""
        return Path(self.config.output)

    def batches(self) -> Iterator[list[TrainBatch]]:
        """Yield this process's micro-batches of every step that is still to be done.

        Every process gets as many windows, blank ones in a short last step.
        """
        processes, rank = self.accelerator.num_processes, self.accelerator.process_index
        for windows in self.sampler.steps(self.progress.step, self.steps):
            examples = [self.examples[i] for i in windows]
            missing = -len(examples) % processes
            blanks = [blank_example(examples[-1]) for _ in range(missing)]
            own = share_of(examples + blanks, rank, processes)
            size = self.config.train.micro_windows
            yield [self._collate(own[i : i + size]) for i in range(0, len(own), size)]

    def _collate(self, examples: list[Example]) -> TrainBatch:
        batch = collate_examples(
            examples, self.model.tokenizer.special.pad, len(self.model.schema.entity_types)
        )
        return batch.to(self.accelerator.device)


def set_up(config: RunConfig) -> Run:
    """Build a run, and bring it to where its checkpoint left off.

    Raises:
        KhabarError: whatever is wrong with the configuration, the corpora or the encoder.
    """
    accelerator = join_processes()
    # The same weights in every process, then random numbers of its own for dropout.
    set_seed(config.seed)
    model = build_model(config)
    set_seed(config.seed + 1000 * accelerator.process_index)
    corpora = training_corpora(model, config.corpora, config.seed)
    dev = dev_documents(config.dev)
    if model.schema.nested and not config.keep_heads:
        begin_with_shares(model, corpora.examples)
    model.to(torch.bfloat16 if config.train.precision == "bf16" else torch.float32)
    model.to(accelerator.device)
    model.train()  # encoders are loaded in evaluation mode, without dropout
    optimizer = MasterAdamW(model, config.optimizer, layer_decay=config.optimizer.layer_decay)
    progress = load_checkpoint(
        Path(config.output) / "checkpoint", accelerator, optimizer, fingerprint(config)
    )
    sampler = StepSampler(
        lengths=[len(example.pieces.ids) for example in corpora.examples],
        corpora=corpora.counts,
        weights=corpora.weights,
        batch_windows=config.train.batch_windows,
        seed=config.seed,
    )
    step = TrainStep(
        model,
        mistakes=config.train.relation_mistakes,
        word_masking=config.train.word_masking,
    )
    steps = config.train.epochs * sampler.steps_per_epoch
    return Run(
        config=config,
        accelerator=accelerator,
        model=model,
        forward=accelerator.prepare(step),
        optimizer=optimizer,
        examples=corpora.examples,
        sampler=sampler,
        steps=min(steps, config.train.max_steps or steps),
        dev=dev,
        progress=progress,
        notes=corpora.notes,
        digests=origin_digests(config),
    )


def build_model(config: RunConfig) -> JointModel:
    """Return an untrained model on a pretrained encoder, or on a random one of its shape.

    Raises:
        ModelError: no such encoder, one that Khabar cannot use, or heads that do not fit.
        SchemaError: no such schema.
    """
    trained = _trained_model(config.encoder, config.train.attention) if config.keep_heads else None
    encoder, tokenizer = (
        (trained.encoder, trained.tokenizer)
        if trained
        else load_encoder(config.encoder, config.train.attention)
    )
    settings = ModelConfig(
        name=config.name,
        version=version("khabar"),
        label_schema=load_schema(config.label_schema),
        heads=config.heads,
        window=config.window,
        special=tokenizer.special,
        encoder=_settings(encoder),
    )
    limit = position_limit(encoder) or config.window.pieces
    if config.window.pieces > limit:
        raise ModelError(
            f"`window.pieces` is {config.window.pieces}, but encoder {config.encoder} reads at "
            f"most {limit}; set it to {limit} or less"
        )
    set_attention_dropout(encoder, config.train.attention_dropout)
    model = JointModel(settings, tokenizer, encoder)
    if trained:
        _take_heads(model, trained, config)
    return model


def _take_heads(model: JointModel, trained: JointModel, config: RunConfig) -> None:
    old, new = trained.config, model.config
    if (old.label_schema, old.heads) != (new.label_schema, new.heads):
        raise ModelError(
            f"`keep_heads`: model {config.encoder} has another schema or other `heads` than this "
            f"configuration; make them the same, or leave `keep_heads` out"
        )
    model.load_state_dict(trained.state_dict())


def _trained_model(name: str, attention: Attention) -> JointModel:
    return from_pretrained(model_folder(name), attention=attention)


def _settings(encoder: PreTrainedModel) -> dict[str, object]:
    """Return the encoder's configuration without the folder it was loaded from."""
    settings: dict[str, object] = encoder.config.to_dict()
    return {name: value for name, value in settings.items() if name != "_name_or_path"}


def load_encoder(name: str, attention: Attention) -> tuple[PreTrainedModel, WordTokenizer]:
    """Return an encoder and its tokenizer, by what a configuration calls it.

    Args:
        name: ``bundled``, a folder (an encoder, or a Khabar model whose encoder is taken), a name
            on the hub, or ``random:NAME`` for that shape with random weights.
        attention: the encoder's attention implementation.

    Raises:
        ModelError: no such encoder, or one that Khabar cannot use.
    """
    if name == BUNDLED or is_model_folder(Path(name)):
        trained = _trained_model(name, attention)
        return trained.encoder, trained.tokenizer
    bare = name.removeprefix(RANDOM)
    try:
        if bare != name:
            encoder = encoder_of(AutoConfig.from_pretrained(bare), attention)
        else:
            encoder = pretrained_encoder(name, attention)
    except (OSError, ValueError) as error:
        raise ModelError(
            f"encoder {bare}: no such folder, and the hub gave no encoder of that name "
            f"({type(error).__name__}); give `bundled`, a folder or a name of the hub"
        ) from error
    return encoder, encoder_tokenizer(bare, pad=encoder.config.pad_token_id or 0)
