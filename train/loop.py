"""The training loop, and what is kept of a run: its log, its best model, its checkpoint."""

from __future__ import annotations

import math

import msgspec
import torch
from tqdm.auto import tqdm

from khabar.data.errors import KhabarError
from khabar.eval.report import Evaluation
from khabar.model.storage import save_pretrained
from khabar.train.card import model_card
from khabar.train.checkpoint import agree, save_checkpoint
from khabar.train.config import RunConfig
from khabar.train.dev import DevScore, score_dev
from khabar.train.log import log_values, start_log
from khabar.train.optimizer import learning_rate_factor, set_learning_rates
from khabar.train.origin import named_run
from khabar.train.processes import only_run_in, part_processes
from khabar.train.setup import Run, set_up
from khabar.train.targets import TrainBatch


class TrainingError(KhabarError):
    """A run that cannot go on."""


def run_training(config: RunConfig) -> Evaluation | None:
    """Train a model from a configuration, resuming where its folder holds a checkpoint.

    Returns:
        The best model's scores on the dev part; None without one, and in processes other than
        the main one.

    Raises:
        KhabarError: whatever is wrong with the configuration, the corpora or the encoder, a loss
            that is no number, or another run in the same folder.
    """
    with only_run_in(config.output):
        run = set_up(config)
        start_log(run)
        train(run)
        run.forward = run.model
        part_processes(run.accelerator)
    report = run.folder / "best" / "dev.json"
    if not run.accelerator.is_main_process or not report.is_file():
        return None
    return msgspec.json.decode(report.read_bytes(), type=Evaluation)


def train(run: Run) -> None:
    """Train from ``run.progress.step`` to ``run.steps``. A checkpoint holds all that changes."""
    config, progress = run.config, run.progress
    bar = tqdm(
        total=run.steps,
        initial=progress.step,
        disable=not run.accelerator.is_main_process,
        unit="step",
    )
    evaluate_every = config.train.evaluate_every * run.sampler.steps_per_epoch
    for micro_batches in run.batches():
        if progress.stopped:
            break
        factor = learning_rate_factor(progress.step, run.steps, config.optimizer)
        set_learning_rates(run.optimizer, factor)
        tags, relations = backward(run, micro_batches)
        norm = run.accelerator.clip_grad_norm_(run.model.parameters(), config.optimizer.clip_norm)
        run.optimizer.step()
        run.optimizer.zero_grad()
        progress.step += 1
        bar.update()
        bar.set_postfix(tags=f"{tags:.3f}", relations=f"{relations:.3f}")
        values = {"tag_loss": tags, "relation_loss": relations, "gradient_norm": float(norm)}
        log_values(run, {**values, "rate": factor})
        last = progress.step == run.steps
        evaluates = last or progress.step % evaluate_every == 0
        if evaluates:
            keep_best(run)
        if evaluates or progress.step % config.train.save_every == 0:
            save_checkpoint(run.folder / "checkpoint", run.accelerator, run.optimizer, progress)
    bar.close()


def backward(run: Run, micro_batches: list[TrainBatch]) -> tuple[float, float]:
    """Add the gradients of a step, and return its tag and relation loss.

    Both are means over the targets of the whole step, counted over all processes and
    micro-batches: a mean of means would weigh targets unequally.

    Raises:
        TrainingError: the loss is no number.
    """
    accelerator = run.accelerator
    mine = torch.tensor([batch.counts() for batch in micro_batches], dtype=torch.float64)
    targets = accelerator.reduce(mine.sum(dim=0).to(accelerator.device)).clamp(min=1)
    total = torch.zeros(2, dtype=torch.float64, device=accelerator.device)
    for batch in micro_batches:
        losses = torch.stack(run.forward(batch)).double() / targets
        loss = losses[0] + run.config.train.relation_weight * losses[1]
        accelerator.backward(loss * accelerator.num_processes)  # processes' gradients are averaged
        total += losses.detach()
    tags, relations = accelerator.reduce(total).tolist()
    if not math.isfinite(tags + relations):
        raise TrainingError(
            f"the loss of step {run.progress.step + 1} is no number (tags {tags}, relations "
            f"{relations}); lower `optimizer.encoder_lr` and `optimizer.head_lr`, or set "
            f"`train.precision: fp32`"
        )
    return tags, relations


def keep_best(run: Run) -> None:
    """Score the model on the dev part and save it when it is the best so far.

    Without a dev part every model is.
    """
    scored = score_dev(run.model, run.dev) if run.accelerator.is_main_process else None
    score = agree(scored.value if scored else 0.0)
    run.accelerator.wait_for_everyone()
    progress = run.progress
    if scored and scored.evaluation:
        log_values(run, {"dev_score": score, **scored.figures()})
    if score <= progress.best and run.dev:
        progress.stale += 1
        patience = run.config.train.patience
        progress.stopped = patience is not None and progress.stale >= patience
        return
    progress.best, progress.stale = score, 0
    if scored:
        _save_best(run, scored)


def _save_best(run: Run, scored: DevScore) -> None:
    run.model.config = scored.configure(run.model.config)
    origin = msgspec.json.encode({"config": named_run(run.config), "sha256": run.digests})
    extra = {"training.json": msgspec.json.format(origin)}
    if scored.evaluation:
        extra["dev.json"] = scored.evaluation.to_json().encode()
    card = model_card(run.config, scored.evaluation)
    save_pretrained(run.model, run.folder / "best", card=card, extra=extra)
