from __future__ import annotations

import random
from io import StringIO

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from khabar.eval.analysis import analyse, show_interval
from khabar.eval.bootstrap import Interval
from khabar.eval.evaluate import evaluate_predictions
from khabar.eval.predictions import Predictions
from tests.eval.drawn import documents, shuffled
from tests.eval.news import GOLD, full_analysis, predictions


def test_every_score_and_breakdown_has_its_intervals(nested):
    analysis = full_analysis(nested)
    assert analysis.evaluation == evaluate_predictions(predictions(nested))
    scored = list(analysis.scored())
    assert [score.metric for score, _ in scored] == [i.metric for i in analysis.intervals]
    assert [score.metric for score, _ in scored][-6:] == [
        "entity strict, by nesting depth",
        "entity strict, by length",
        "entity strict, by mentions in training",
        "entity strict, seen in training",
        "entity strict, never seen in training",
        "relation strict, by words between",
    ]
    for score, intervals in scored:
        assert intervals.f1.low <= score.micro.f1 <= intervals.f1.high
        assert score.types.keys() == intervals.types.keys()


def test_without_training_data_a_log_or_scores_these_are_left_out(nested):
    bare = Predictions(schema=nested, gold=GOLD, predicted=GOLD)
    analysis = analyse(bare)
    assert analysis.entity_calibration is analysis.relation_calibration is None
    assert analysis.learning is None
    assert not any("training" in score.metric for score in analysis.breakdowns)
    assert list(analysis.examples()) == []


def test_json_holds_the_figures_and_examples_are_apart(nested):
    analysis = full_analysis(nested)
    plain = msgspec.json.decode(analysis.to_json())
    assert plain["entity_errors"]["examples"] == []
    assert plain["relation_errors"]["analysis"]["examples"] == []
    assert plain["intervals"][0]["f1"].keys() == {"low", "high"}
    kinds = {example.kind for example in analysis.examples()}
    assert {"missed", "spurious", "wrong type", "wrong layer", "wrong boundary"} <= kinds
    assert {"wrong argument", "missed with an argument"} <= kinds


def test_tables_give_the_intervals_after_the_scores(nested):
    console = Console(width=160, record=True, file=StringIO())
    tables = full_analysis(nested).to_tables()
    console.print(*tables[:2])
    assert "relation strict, given gold entities" in console.export_text()
    assert tables[1].row_count == tables[0].row_count == 9


def test_an_interval_is_shown_in_percent():
    assert show_interval(Interval(0.1234, 1.0)) == "12.3 to 100.0"


@given(documents(), documents(), st.randoms())
@settings(max_examples=8)
def test_the_order_of_overlapping_entities_and_relations_changes_nothing(
    nested, gold, found, rng: random.Random
):
    """Nor do the same entities and relations a second time: figures, errors and examples."""
    plain = Predictions(schema=nested, gold=[gold], predicted=[found])
    again = Predictions(schema=nested, gold=[shuffled(gold, rng)], predicted=[shuffled(found, rng)])
    first, second = analyse(plain, train=[gold]), analyse(again, train=[gold])
    # How many entities a row of labels cannot show counts the entities themselves.
    assert strip_crowded(first) == strip_crowded(second)


def strip_crowded(analysis):
    evaluation = analysis.evaluation
    outermost = evaluation.outermost
    return msgspec.structs.replace(
        analysis,
        evaluation=msgspec.structs.replace(
            evaluation,
            outermost=msgspec.structs.replace(outermost, crowded_gold=0, crowded_predicted=0),
        ),
    )
