"""The model card of a trained model, written from its configuration and its dev scores."""

from __future__ import annotations

from pathlib import Path

from khabar.eval.report import Evaluation
from khabar.train.config import RunConfig


def model_card(config: RunConfig, evaluation: Evaluation | None) -> str:
    """Return the card as Markdown: encoder, corpora, settings, scores with their names."""
    corpora = [
        f"- `{Path(corpus.path).name}`, weight {corpus.weight:g}, "
        f"documents {corpus.share[0]:.0%} to {corpus.share[1]:.0%}"
        for corpus in config.corpora
    ]
    lines = [
        f"# {config.name}",
        "",
        "A [Khabar](https://pypi.org/project/khabar/) model: nested named entities and relations "
        "of Arabic news.",
        "",
        f"- Schema: `{config.label_schema}`",
        f"- Encoder it started from: `{Path(config.encoder).name}`",
        f"- Seed: {config.seed}; epochs: {config.train.epochs}",
        "",
        "## Corpora it has seen",
        "",
        *corpora,
        "",
        "## Scores on the dev part, by which it was chosen",
        "",
        *_scores(evaluation),
        "",
        "The whole configuration is in `training.json`.",
        "",
    ]
    return "\n".join(lines)


def _scores(evaluation: Evaluation | None) -> list[str]:
    if evaluation is None:
        return ["There was no dev part: this is the last model of the run."]
    rows = [
        f"| {score.metric} | {score.micro.precision:.1%} | {score.micro.recall:.1%} "
        f"| {score.micro.f1:.1%} |"
        for score in evaluation.scores()
    ]
    return ["| metric | precision | recall | F1 |", "|---|---|---|---|", *rows]
