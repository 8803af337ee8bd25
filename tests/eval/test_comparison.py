from __future__ import annotations

from io import StringIO

import msgspec
import pytest
from rich.console import Console

from khabar.eval.comparison import compare_predictions
from khabar.eval.pairs import ScoreError
from khabar.eval.predictions import Predictions
from tests.eval.news import GOLD, predictions


def test_metrics_of_both_are_compared_and_who_finds_what_is_counted(nested):
    """The first finds زيد, the bank, ليبيا and one relation of two; the second everything."""
    perfect = Predictions(schema=nested, gold=GOLD, predicted=GOLD)
    comparison = compare_predictions(predictions(nested), perfect, names=("one", "two"))
    metrics = [difference.metric for difference in comparison.differences]
    assert metrics[0] == "entity strict, all layers"
    assert "relation strict" in metrics
    assert "relation strict, given gold entities" not in metrics  # the second has none
    assert comparison.differences[0].micro.first == pytest.approx(3 / 7)
    assert comparison.differences[0].micro.second == 1.0
    found = [
        (a.metric, a.both, a.only_first, a.only_second, a.neither) for a in comparison.agreements
    ]
    assert found == [("entity strict, all layers", 3, 0, 4, 0), ("relation strict", 1, 0, 1, 0)]
    turned = compare_predictions(perfect, predictions(nested))
    assert [(a.only_first, a.only_second) for a in turned.agreements] == [(4, 0), (1, 0)]


def test_what_neither_finds_is_counted(nested):
    nothing = [msgspec.structs.replace(d, entities=(), relations=()) for d in GOLD]
    empty = Predictions(schema=nested, gold=GOLD, predicted=nothing)
    assert [a.neither for a in compare_predictions(empty, empty).agreements] == [7, 2]


def test_a_flat_schema_without_relations_is_compared_too(flat, make):
    gold = [make("زار زيد دمشق", [("PERS", "زيد"), ("LOC", "دمشق")])]
    one = Predictions(schema=flat, gold=gold, predicted=gold)
    comparison = compare_predictions(one, one)
    assert [a.metric for a in comparison.agreements] == ["entity strict"]
    assert len(comparison.to_tables()) == 3


def test_tables_and_json_tell_differences_and_p(nested):
    perfect = Predictions(schema=nested, gold=GOLD, predicted=GOLD)
    comparison = compare_predictions(predictions(nested), perfect, names=("one", "two"))
    console = Console(width=120, record=True, file=StringIO())
    console.print(*comparison.to_tables())
    text = console.export_text()
    assert "42.86" in text
    assert "100.00" in text
    assert "+57.14" in text
    assert "only two" in text
    plain = msgspec.json.decode(comparison.to_json())
    assert plain["differences"][0]["micro"]["p"] <= 1


def test_systems_of_two_schemas_are_not_compared(nested, flat):
    other = msgspec.structs.replace(nested, name="other")
    one, two = (Predictions(schema=s, gold=GOLD, predicted=GOLD) for s in (nested, other))
    with pytest.raises(ScoreError, match="the systems have the schemas nested and other"):
        compare_predictions(one, two)
