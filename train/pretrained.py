"""What pretraining leaves: a report, and the encoder as a plain ``transformers`` folder.

The folder holds weights in safetensors, ``config.json``, the tokenizer with our normalizer inside,
a card, and the run's configuration with the report. Any library that loads such folders takes it.
"""

from __future__ import annotations

import copy
from pathlib import Path

import msgspec
import torch
from rich.table import Table
from torch import nn
from transformers import PreTrainedTokenizerFast

from khabar.data.atomic import write_folder_atomically
from khabar.model.joint import position_limit
from khabar.train.optimizer import ENCODER
from khabar.train.origin import encoder_name, name_of, named_pretraining
from khabar.train.pretrain_config import PretrainConfig
from khabar.train.pretrain_setup import HeldOutScore, PretrainRun
from khabar.train.stream import PartCounts
from khabar.train.vocabulary import mask_piece

_DTYPES = {"fp16": torch.float16, "bf16": torch.bfloat16, "fp32": torch.float32}


class PretrainReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has read, seen and learnt."""

    name: str
    steps: int
    """Optimizer steps done."""
    pieces_seen: int
    """In all sequences of those steps, special ones included."""
    pieces_per_second: float
    """Mean over all parts of the run, of the time spent in steps; 0 before the first."""
    vocabulary: int
    """Pieces that the encoder knows."""
    train: PartCounts
    held_out: PartCounts
    unread: int
    """Articles that could not be read."""
    score: HeldOutScore | None
    """The last evaluation on the held-out articles; None without one."""
    encoder: str
    """The folder with the result."""

    def to_table(self) -> Table:
        """Return the report as a table of two columns."""
        table = Table("", "", title=self.name, show_header=False)
        table.columns[1].justify = "right"
        for name, value in self.rows():
            table.add_row(name, value)
        return table

    def rows(self) -> list[tuple[str, str]]:
        """Return names and values, in order."""
        rows = [
            ("steps", f"{self.steps:,}"),
            ("pieces seen", f"{self.pieces_seen:,}"),
            ("pieces a second", f"{self.pieces_per_second:,.0f}"),
            ("vocabulary", f"{self.vocabulary:,}"),
            ("articles to train on", f"{self.train.articles:,}"),
            ("  words", f"{self.train.words:,}"),
            ("  pieces", f"{self.train.pieces:,}"),
            ("articles held out", f"{self.held_out.articles:,}"),
            ("articles that could not be read", f"{self.unread:,}"),
        ]
        if self.score:
            rows += [
                ("held out: masked words", f"{self.score.words:,}"),
                ("held out: loss of a masked piece", f"{self.score.piece_loss:.4f}"),
                ("held out: loss of a masked word", f"{self.score.word_loss:.4f}"),
                ("held out: masked words guessed", f"{self.score.word_accuracy:.1%}"),
            ]
        return rows


def pretrain_report(run: PretrainRun) -> PretrainReport:
    """Return the report of a run as far as it has come."""
    config, progress, contents = run.config, run.progress, run.cache.contents
    seen = progress.step * config.train.batch_sequences * config.train.sequence_pieces
    return PretrainReport(
        name=config.name,
        steps=progress.step,
        pieces_seen=seen,
        pieces_per_second=seen / progress.seconds if progress.seconds else 0.0,
        vocabulary=run.model.bias.numel(),
        train=contents.train,
        held_out=contents.held_out,
        unread=contents.unread,
        score=progress.score,
        encoder=str(run.folder / "encoder"),
    )


def save_encoder(run: PretrainRun, folder: Path) -> None:
    """Write the encoder of a run atomically, as it is now."""
    report = pretrain_report(run)
    encoder = copy.deepcopy(run.model.encoder)
    # transformers wraps its own `to` in a way that mypy cannot call.
    nn.Module.to(encoder, dtype=_DTYPES[run.config.save.dtype])
    # From the masters: the weights themselves may be in bf16, which is coarser than fp16.
    masters = dict(zip(run.optimizer.names, run.optimizer.masters, strict=True))
    encoder.load_state_dict(
        {name.removeprefix(ENCODER): m for name, m in masters.items() if name.startswith(ENCODER)},
        strict=False,  # buffers are no weights
    )
    encoder.config.name_or_path = ""

    def write(partial: Path) -> None:
        encoder.save_pretrained(partial, max_shard_size=run.config.save.max_shard_size)
        _tokenizer_of(run).save_pretrained(partial)
        run.tokenizer.save(partial)  # to the letter, which transformers' own copy is not
        (partial / "README.md").write_text(encoder_card(run.config, report), encoding="utf-8")
        told = msgspec.structs.replace(report, encoder=name_of(report.encoder))
        plain = msgspec.json.encode({"config": named_pretraining(run.config), "report": told})
        (partial / "pretraining.json").write_bytes(msgspec.json.format(plain))

    write_folder_atomically(folder, write)


def encoder_card(config: PretrainConfig, report: PretrainReport) -> str:
    """Return the encoder's card as Markdown: origin, corpora, what it has seen, its scores."""
    kept = "its vocabulary" if config.vocabulary is None else "a new vocabulary"
    lines = [
        f"# {config.name}",
        "",
        "An encoder of Arabic news, pretrained with [Khabar](https://pypi.org/project/khabar/) on "
        "masked words. It names nothing by itself: fine-tune it, with `encoder: FOLDER` in a "
        "configuration of `khabar train`, or load it with `transformers`' `AutoModel`.",
        "",
        f"- Started from: `{encoder_name(config.init)}`, with {kept}",
        f"- Corpora: {', '.join(f'`{name_of(corpus.path)}`' for corpus in config.corpora)}",
        f"- Seed: {config.seed}; masked: {config.train.mask_rate:.0%} of the pieces, whole words; "
        f"sequences of {config.train.sequence_pieces} pieces, {config.train.batch_sequences} a "
        f"step",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name.strip()} | {value} |" for name, value in report.rows()),
        "",
        "The whole configuration is in `pretraining.json`.",
        "",
    ]
    return "\n".join(lines)


def _tokenizer_of(run: PretrainRun) -> PreTrainedTokenizerFast:
    backend, special = run.tokenizer.backend, run.tokenizer.special
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # theirs
        tokenizer_object=backend,
        model_max_length=position_limit(run.model.encoder),
        cls_token=backend.id_to_token(special.prefix[0]),
        sep_token=backend.id_to_token(special.suffix[-1]),
        pad_token=backend.id_to_token(special.pad),
        unk_token=backend.id_to_token(special.unknown),
        mask_token=backend.id_to_token(mask_piece(run.tokenizer)),
    )
