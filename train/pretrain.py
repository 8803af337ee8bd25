"""Pretraining: masked words of raw articles, from a configuration to an encoder in a folder."""

from __future__ import annotations

import math
from time import perf_counter

import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from khabar.train.checkpoint import save_checkpoint
from khabar.train.log import log_values, start_log
from khabar.train.loop import TrainingError
from khabar.train.masking import MaskedBatch
from khabar.train.optimizer import set_learning_rates
from khabar.train.pretrain_config import PretrainConfig
from khabar.train.pretrain_setup import (
    CHECKPOINT,
    STABLE,
    HeldOutScore,
    PretrainRun,
    set_up_pretraining,
)
from khabar.train.pretrained import PretrainReport, pretrain_report, save_encoder
from khabar.train.processes import only_run_in, part_processes


def run_pretraining(config: PretrainConfig) -> PretrainReport:
    """Pretrain an encoder from a configuration, resuming where its folder holds a checkpoint.

    The encoder is written to ``encoder`` in the run's folder when all steps are done.

    Raises:
        KhabarError: whatever is wrong with the configuration, the corpora or the encoder, a loss
            that is no number, or another run in the same folder.
    """
    with only_run_in(config.output):
        run = set_up_pretraining(config)
        start_log(run)
        pretrain(run)
        if run.accelerator.is_main_process:
            save_encoder(run, run.folder / "encoder")
        run.accelerator.wait_for_everyone()
        run.forward = run.model
        part_processes(run.accelerator)
    return pretrain_report(run)


def pretrain(run: PretrainRun) -> None:
    """Pretrain from ``run.progress.step`` on. A checkpoint holds all that changes."""
    config, progress, optimizer = run.config, run.progress, run.optimizer
    step_pieces = config.train.batch_sequences * config.train.sequence_pieces
    bar = tqdm(
        total=config.train.steps,
        initial=progress.step,
        disable=not run.accelerator.is_main_process,
        unit="step",
    )
    started = perf_counter()
    for micro_batches in run.batches():
        factor = config.schedule.factor(progress.step)
        set_learning_rates(optimizer, factor)
        loss = backward(run, micro_batches)
        norm = run.accelerator.clip_grad_norm_(run.model.parameters(), config.optimizer.clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        progress.step += 1
        seconds = perf_counter() - started
        progress.seconds += seconds
        bar.update()
        bar.set_postfix(loss=f"{loss:.3f}")
        values = {"loss": loss, "gradient_norm": float(norm), "rate": factor}
        log_values(run, {**values, "pieces_per_second": round(step_pieces / seconds, 1)})
        keep(run)
        started = perf_counter()
    bar.close()


def backward(run: PretrainRun, micro_batches: list[MaskedBatch]) -> float:
    """Add the gradients of a step, and return its loss, the mean over all its masked pieces.

    Raises:
        TrainingError: the loss is no number.
    """
    accelerator = run.accelerator
    mine = sum(len(batch.truth) for batch in micro_batches)
    masked = accelerator.reduce(torch.tensor(mine, device=accelerator.device)).clamp(min=1)
    total = torch.zeros((), dtype=torch.float64, device=accelerator.device)
    for batch in micro_batches:
        loss = run.forward(batch) / masked
        accelerator.backward(loss * accelerator.num_processes)  # processes' gradients are averaged
        total += loss.detach()
    mean = float(accelerator.reduce(total))
    if not math.isfinite(mean):
        raise TrainingError(
            f"the loss of step {run.progress.step + 1} is no number ({mean}); lower "
            f"`optimizer.encoder_lr` and `optimizer.head_lr`, or set `train.precision: fp32`"
        )
    return mean


def keep(run: PretrainRun) -> None:
    """Measure and save what is due after the step that was just done."""
    config, step = run.config.train, run.progress.step
    last = step == config.steps
    if last or step % config.evaluate_every == 0:
        run.progress.score = score_held_out(run)
        if score := run.progress.score:
            figures = ("piece_loss", "word_loss", "word_accuracy")
            log_values(run, {f"held_out_{name}": getattr(score, name) for name in figures})
    if step in config.snapshots and run.accelerator.is_main_process:
        save_encoder(run, run.folder / "snapshots" / f"step-{step}")
    due = {STABLE: step == run.config.schedule.decays_from}
    due[CHECKPOINT] = last or step % config.save_every == 0
    for name in (name for name, is_due in due.items() if is_due):
        save_checkpoint(run.folder / name, run.accelerator, run.optimizer, run.progress)


@torch.no_grad()
def score_held_out(run: PretrainRun) -> HeldOutScore | None:
    """Guess masked words of the held-out articles; None where there are none."""
    sums = torch.zeros(4, dtype=torch.float64, device=run.accelerator.device)
    run.model.eval()
    for batch in run.held_out_batches():
        sums += _sums(run.model(batch.ids, batch.places), batch)
    run.model.train(run.config.train.dropout)
    pieces, words, loss, guessed = run.accelerator.reduce(sums).tolist()
    if not words:
        return None
    return HeldOutScore(
        words=round(words),
        piece_loss=loss / pieces,
        word_loss=loss / words,
        word_accuracy=guessed / words,
    )


def _sums(logits: Tensor, batch: MaskedBatch) -> Tensor:
    """Return masked pieces, masked words, their loss and the words guessed, ``(4,)``."""
    loss = F.cross_entropy(logits, batch.truth, reduction="sum")
    wrong = (logits.argmax(dim=-1) != batch.truth).double()
    wrong_in_word = torch.bincount(batch.words, weights=wrong)
    guessed = (wrong_in_word == 0).sum()
    counts = (len(batch.truth), len(wrong_in_word), float(loss), int(guessed))
    return torch.tensor(counts, dtype=torch.float64, device=batch.truth.device)
