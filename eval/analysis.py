"""Analysis: everything there is to say about a system's predictions, in one record.

Enters: ``Predictions``, and where given training documents and a training log. Leaves: an
``Analysis``, from which the report's pages are written. Knows no file and no page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from rich.table import Table

from khabar.data.records import Document
from khabar.eval.alignment import align
from khabar.eval.bootstrap import Interval, ScoreIntervals, bootstrap
from khabar.eval.breakdown import break_down_entities, break_down_relations
from khabar.eval.by_document import count_by_document
from khabar.eval.calibration import Calibration, calibrate, entity_outcomes, relation_outcomes
from khabar.eval.confusion import Confusion, confuse
from khabar.eval.errors import ErrorAnalysis, Example, analyse_entities
from khabar.eval.evaluate import evaluate_predictions
from khabar.eval.familiarity import Familiarity
from khabar.eval.learning import LearningCurves
from khabar.eval.predictions import Predictions
from khabar.eval.relation_errors import RelationErrors, analyse_relations
from khabar.eval.report import Evaluation, Score


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """All scores of one system on one corpus, how sure they are, and where it errs."""

    evaluation: Evaluation
    intervals: tuple[ScoreIntervals, ...]
    """Of the scores of ``evaluation``, in their order, then of ``breakdowns``."""
    breakdowns: tuple[Score, ...]
    """Strict scores by depth, length, familiarity and distance, the groups as ``types``."""
    confusion: Confusion
    entity_calibration: Calibration | None
    """None where predictions have no scores."""
    relation_calibration: Calibration | None
    entity_errors: ErrorAnalysis
    relation_errors: RelationErrors | None
    """None where the schema has no relations."""
    learning: LearningCurves | None
    """None where no training log is known."""

    def scored(self) -> Iterator[tuple[Score, ScoreIntervals]]:
        """Yield every score and breakdown with its intervals."""
        scores = (*self.evaluation.scores(), *self.breakdowns)
        yield from zip(scores, self.intervals, strict=True)

    def to_tables(self) -> list[Table]:
        """Return the tables of the evaluation, and one of the 95 % intervals."""
        overview, *others = self.evaluation.to_tables()
        return [overview, self._interval_table(), *others]

    def to_json(self) -> str:
        """Return the record as indented JSON without the examples, shares from 0 to 1."""
        bare = msgspec.structs.replace(
            self,
            entity_errors=self.entity_errors.without_examples(),
            relation_errors=self.relation_errors and self.relation_errors.without_examples(),
        )
        return msgspec.json.format(msgspec.json.encode(bare), indent=2).decode()

    def examples(self) -> Iterator[Example]:
        """Yield every error in its context, those in entities first."""
        yield from self.entity_errors.examples
        if self.relation_errors:
            yield from self.relation_errors.analysis.examples

    def _interval_table(self) -> Table:
        table = Table("metric", "F1", "95 % interval", "macro F1", "95 % interval")
        table.title = "95 % intervals, documents drawn anew"
        for column in table.columns[1:]:
            column.justify = "right"
        for score, intervals in zip(self.evaluation.scores(), self.intervals, strict=False):
            macro = ["", ""]
            if score.macro and intervals.macro_f1:
                macro = [_percent(score.macro.f1), show_interval(intervals.macro_f1)]
            table.add_row(
                score.metric, _percent(score.micro.f1), show_interval(intervals.f1), *macro
            )
        return table


def analyse(
    predictions: Predictions,
    *,
    train: Sequence[Document] | None = None,
    learning: LearningCurves | None = None,
) -> Analysis:
    """Score predictions, bootstrap the scores, and take the errors apart.

    Args:
        predictions: of one system.
        train: what the system was trained on, to tell names it has seen from others.
        learning: curves of its training.

    Raises:
        ScoreError: no document, or gold and prediction do not fit each other.
        SchemaError: a document has a type that the schema lacks.
    """
    pairs, schema = predictions.pairs(), predictions.schema
    familiarity = None if train is None else Familiarity(train)
    breakdowns = [
        *break_down_entities(pairs, schema, familiarity),
        *break_down_relations(pairs, schema),
    ]
    matches = [match for pair in pairs for match in align(pair)]
    counts = count_by_document(predictions)
    return Analysis(
        evaluation=evaluate_predictions(predictions, counts),
        intervals=tuple(bootstrap([*counts.tables(), *breakdowns])),
        breakdowns=tuple(table.score() for table in breakdowns),
        confusion=confuse(matches, schema.entity_types),
        entity_calibration=calibrate("entity strict", entity_outcomes(pairs)),
        relation_calibration=calibrate("relation strict", relation_outcomes(pairs, schema)),
        entity_errors=analyse_entities(pairs),
        relation_errors=analyse_relations(pairs, schema) if schema.relations else None,
        learning=learning,
    )


def show_interval(interval: Interval) -> str:
    """Return an interval in percent."""
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"
