"""What the plain recipe came to: records and a table, our scores beside the example's own.

Enters: a part of a corpus, and predicted label rows for it. Leaves: ``PartScores``, and the report
of several runs. Knows no tokenizer and no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec
from rich.table import Table

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.counts import count_by_type
from khabar.eval.evaluate import evaluate_predictions
from khabar.eval.plain_corpus import Part
from khabar.eval.predictions import Predictions
from khabar.eval.report import Evaluation, Score
from khabar.eval.rows import flat_rows, read_rows
from khabar.eval.tokens import Labels, count_orphans, tokenize

Precision: TypeAlias = Literal["fp32", "bf16"]
"""``bf16``: the Trainer's own, autocast with weights in fp32."""


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is given; the defaults are those of the example, that is of the Trainer."""

    learning_rate: float = 5e-5
    epochs: float = 3.0
    seed: int = 42
    precision: Precision = "fp32"


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a part a tokenizer lets the model read."""

    sentences: int
    words: int
    cut_words: int
    """Words behind the end of what the model reads at once: no loss, and predicted O."""
    empty_words: int
    """Words that the tokenizer's normalizer leaves no piece of: likewise."""


class ExampleScores(msgspec.Struct, frozen=True, kw_only=True):
    """What ``run_ner.py`` prints: seqeval's default over the words that the model has read."""

    precision: float
    recall: float
    f1: float
    accuracy: float
    """Of labels."""

    @classmethod
    def of(cls, gold: Sequence[Labels], predicted: Sequence[Labels]) -> ExampleScores:
        """Return the scores of rows of labels, those of unread words left out."""
        # Here and not above: it brings scikit-learn along, which takes more than a second.
        from seqeval.metrics import accuracy_score, f1_score, precision_score, recall_score

        rows = [list(row) for row in gold], [list(row) for row in predicted]
        return cls(
            precision=float(precision_score(*rows, zero_division=0)),
            recall=float(recall_score(*rows, zero_division=0)),
            f1=float(f1_score(*rows, zero_division=0)),
            accuracy=float(accuracy_score(*rows)),
        )


class PartScores(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction of a part, scored three ways."""

    reading: Reading
    khabar: Evaluation
    """As ``khabar evaluate --tokens corpus``: unread words count as O, an orphan starts an
    entity."""
    orphans: int
    """Predicted I- labels without their B-."""
    orphans_dropped: Score
    """Strict over the rows as predicted: an orphan is no entity."""
    example: ExampleScores


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """Predicted labels of a part, and the documents that they make."""

    rows: list[Labels]
    """A label for every word, O for those unread."""
    documents: list[Document]
    reading: Reading
    example: ExampleScores


def score_prediction(part: Part, prediction: Prediction, schema: LabelSchema) -> PartScores:
    """Score a prediction with our evaluation, in the corpus's own tokens."""
    predictions = Predictions(
        schema=schema,
        gold=part.documents,
        predicted=prediction.documents,
        tokens="corpus",
        gold_labels=part.labels,
    )
    sides = [(document, tokenize(document.text, "corpus")) for document in part.documents]
    rows = flat_rows(sides, schema)[0], prediction.rows
    counts = count_by_type(*(read_rows(side, "strict") for side in rows))
    return PartScores(
        reading=prediction.reading,
        khabar=evaluate_predictions(predictions),
        orphans=count_orphans(prediction.rows),
        orphans_dropped=Score.typed("entity strict, orphans dropped", counts, schema.entity_types),
        example=prediction.example,
    )


class PlainRun(msgspec.Struct, frozen=True, kw_only=True):
    """One training and what it came to. The weights of the last step are scored, none chosen."""

    recipe: Recipe
    steps: int
    seconds: float
    """Wall time of training alone."""
    train: Reading
    dev: PartScores
    test: PartScores | None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Mean micro F1 of some runs, from 0 to 1."""

    strict: float
    conlleval: float

    @classmethod
    def of(cls, scores: Sequence[PartScores]) -> Figure:
        """Return the mean of at least one."""
        entities = [score.khabar.entities for score in scores]
        return cls(
            strict=sum(e.strict.micro.f1 for e in entities) / len(entities),
            conlleval=sum(e.conlleval.micro.f1 for e in entities) / len(entities),
        )


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """All runs that differ in their seed alone."""

    learning_rate: float
    epochs: float
    seeds: tuple[int, ...]
    seconds: float
    """Of training, mean."""
    dev: Figure
    test: Figure | None

    @classmethod
    def of(cls, runs: Sequence[PlainRun]) -> Setting:
        """Return the means of at least one run, all of one setting."""
        tests = [run.test for run in runs if run.test]
        return cls(
            learning_rate=runs[0].recipe.learning_rate,
            epochs=runs[0].recipe.epochs,
            seeds=tuple(run.recipe.seed for run in runs),
            seconds=sum(run.seconds for run in runs) / len(runs),
            dev=Figure.of([run.dev for run in runs]),
            test=Figure.of(tests) if tests else None,
        )


class PlainReport(msgspec.Struct, frozen=True, kw_only=True):
    """All runs, and what they ran on."""

    encoder: str
    train: str
    test: str | None
    device: str
    threads: int
    """Of torch, on a CPU."""
    versions: dict[str, str]
    settings: list[Setting]
    runs: list[PlainRun]

    def to_json(self) -> str:
        """Return the record as indented JSON, shares from 0 to 1."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def to_table(self) -> Table:
        """Return a table with a row for each setting: mean micro F1 over its seeds, in percent."""
        table = Table(title=f"plain recipe, {self.encoder}, micro F1: strict, conlleval")
        for name in ("learning rate", "epochs", "seeds", "seconds", "dev", "test"):
            table.add_column(name, justify="right")
        for setting in self.settings:
            cells = (f"{setting.learning_rate:g}", f"{setting.epochs:g}")
            seeds = " ".join(map(str, setting.seeds))
            figures = (_cell(setting.dev), _cell(setting.test))
            table.add_row(*cells, seeds, f"{setting.seconds:.0f}", *figures)
        table.caption = self._unread() or None
        return table

    def _unread(self) -> str:
        first = self.runs[0]
        parts = {"train": first.train, "dev": first.dev.reading}
        if first.test:
            parts["test"] = first.test.reading
        return "\n".join(
            f"{name}: {reading.cut_words} of {reading.words} words cut off, "
            f"{reading.empty_words} without a piece"
            for name, reading in parts.items()
            if reading.cut_words or reading.empty_words
        )


def settings_of(runs: Sequence[PlainRun]) -> list[Setting]:
    """Return the settings of runs, in the order of their first."""
    groups: dict[tuple[float, float], list[PlainRun]] = {}
    for run in runs:
        groups.setdefault((run.recipe.learning_rate, run.recipe.epochs), []).append(run)
    return [Setting.of(group) for group in groups.values()]


def _cell(figure: Figure | None) -> str:
    return f"{100 * figure.strict:.2f}, {100 * figure.conlleval:.2f}" if figure else ""
