"""The model card of a trained model, written from its configuration and its dev scores.

Enters: a run's configuration, its evaluation. Leaves: Markdown under a head of YAML that the hub
reads, in which every figure carries the name of its metric. Tells no folder of whoever trained.
"""

from __future__ import annotations

from collections.abc import Iterator

from huggingface_hub import EvalResult, ModelCardData

from khabar.eval.report import Evaluation
from khabar.train.config import CorpusConfig, RunConfig
from khabar.train.origin import named_run

_TAGS = ["arabic", "news", "named-entity-recognition", "nested-entities", "relation-extraction"]
_ENTITIES = ("token-classification", "Nested named entity recognition")
_RELATIONS = ("relation-extraction", "Relation extraction")
"""A hub's task and its name."""
_FIGURES = ("precision", "recall", "f1")


def model_card(config: RunConfig, evaluation: Evaluation | None) -> str:
    """Return the card: a head for the hub, encoder, corpora, settings, scores with their names."""
    config = named_run(config)
    lines = [
        "---",
        _head(config, evaluation),
        "---",
        "",
        f"# {config.name}",
        "",
        "A [Khabar](https://pypi.org/project/khabar/) model: nested named entities and relations "
        "of Arabic news.",
        "",
        f"- Schema: `{config.label_schema}`",
        f"- Encoder it started from: `{config.encoder}`",
        f"- Seed: {config.seed}; epochs: {config.train.epochs}",
        "",
        "## Corpora it has seen",
        "",
        *(_corpus(corpus) for corpus in config.corpora),
        "",
        "## Scores on the dev part, by which it was chosen",
        "",
        *_scores(evaluation),
        "",
        "The whole configuration, and the SHA-256 of every corpus, is in `training.json`.",
        "",
    ]
    return "\n".join(lines)


def _head(config: RunConfig, evaluation: Evaluation | None) -> str:
    """Return the metadata that a hub reads; the licence is for whoever publishes to choose."""
    results = list(_results(config, evaluation)) if evaluation else None
    data = ModelCardData(
        language="ar",
        library_name="khabar",
        pipeline_tag="token-classification",
        tags=_TAGS,
        metrics=list(_FIGURES) if results else None,
        model_name=config.name,
        eval_results=results,
    )
    return data.to_yaml()


def _results(config: RunConfig, evaluation: Evaluation) -> Iterator[EvalResult]:
    names = ", ".join(dict.fromkeys(corpus.path for corpus in config.dev))
    dev = f"{names}, {evaluation.documents} documents of schema {evaluation.schema}"
    for score in evaluation.scores():
        task, name = _RELATIONS if score.metric.startswith("relation") else _ENTITIES
        micro = score.micro
        for figure, value in zip(_FIGURES, (micro.precision, micro.recall, micro.f1), strict=True):
            yield EvalResult(
                task_type=task,
                task_name=name,
                dataset_type="khabar-dev",
                dataset_name=dev,
                dataset_split="dev",
                metric_type=figure,
                metric_name=f"{score.metric}, micro {figure}",
                metric_value=round(value, 4),
            )


def _corpus(corpus: CorpusConfig) -> str:
    start, end = corpus.share
    joined = f", {corpus.join} documents joined to one" if corpus.join > 1 else ""
    return (
        f"- `{corpus.path}`, weight {corpus.weight:g}, documents {start:.0%} to {end:.0%}{joined}"
    )


def _scores(evaluation: Evaluation | None) -> list[str]:
    if evaluation is None:
        return ["There was no dev part: this is the last model of the run."]
    rows = [
        f"| {score.metric} | {score.micro.precision:.1%} | {score.micro.recall:.1%} "
        f"| {score.micro.f1:.1%} |"
        for score in evaluation.scores()
    ]
    return ["| metric | precision | recall | F1 |", "|---|---|---|---|", *rows]
