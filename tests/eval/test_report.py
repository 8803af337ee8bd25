from __future__ import annotations

import json

import msgspec
import pytest
from rich.console import Console
from rich.table import Table

from khabar.eval.counts import Counts
from khabar.eval.report import AsWritten, EntityScores, Evaluation, Figures, Score


def printed(table: Table) -> str:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def row(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if name in line)
    return [cell.strip() for cell in line.strip("│").split("│")]


STRICT = Score.typed(
    "entity strict", {"ORG": Counts(40, 50, 30), "LOC": Counts(10, 0, 0)}, ("LOC", "ORG", "PERS")
)


@pytest.fixture
def evaluation() -> Evaluation:
    boundary = Score.untyped("entity boundary", Counts(50, 50, 40))
    lenient = msgspec.structs.replace(STRICT, metric="entity conlleval")
    entities = EntityScores(
        strict=STRICT, conlleval=lenient, boundary=boundary, crowded_gold=0, crowded_predicted=2
    )
    return Evaluation(schema="flat", documents=3, tokens="corpus", entities=entities)


def test_figures_worked_by_hand():
    figures = Figures.from_counts(Counts(gold=40, predicted=50, correct=30))
    assert (figures.precision, figures.recall) == (0.6, 0.75)
    assert figures.f1 == pytest.approx(2 / 3)
    assert not figures.few


@pytest.mark.parametrize(("gold", "few"), [(0, True), (19, True), (20, False)])
def test_a_type_of_fewer_than_twenty_gold_cases_is_marked(gold, few):
    assert Figures.from_counts(Counts(gold, gold, gold)).few is few


def test_micro_pools_the_cases_and_macro_means_the_types():
    assert (STRICT.micro.gold, STRICT.micro.predicted, STRICT.micro.correct) == (50, 50, 30)
    assert STRICT.micro.f1 == pytest.approx(0.6)
    assert STRICT.macro.precision == pytest.approx(0.3)
    assert STRICT.macro.f1 == pytest.approx(1 / 3)
    assert [*STRICT.types] == ["LOC", "ORG"]


def test_a_table_names_its_metric_and_marks_small_types():
    text = printed(STRICT.to_table())
    assert "entity strict" in text
    assert row(text, "ORG") == ["ORG", "60.00", "75.00", "66.67", "40", "50", "30"]
    assert row(text, "LOC") == ["LOC *", "0.00", "0.00", "0.00", "10", "0", "0"]
    assert row(text, "micro")[:4] == ["micro", "60.00", "60.00", "60.00"]
    assert row(text, "macro")[:4] == ["macro", "30.00", "37.50", "33.33"]
    assert "* fewer than 20 gold cases" in text


def test_the_table_of_an_evaluation_has_a_row_for_each_metric(evaluation):
    text = printed(evaluation.to_table())
    assert row(text, "entity strict")[1:4] == ["60.00", "60.00", "60.00"]
    assert row(text, "entity boundary")[1:8] == ["80.00", "80.00", "80.00", "50", "50", "40", ""]
    assert "0 gold and 2 predicted entities share a token with another" in text
    assert [table.title for table in evaluation.to_tables()][1:] == ["entity strict"]


def test_orphans_of_the_gold_are_told_beside_both_figures(evaluation):
    written = AsWritten(
        orphans=74,
        conlleval=Score.typed("entity conlleval, as written", {}, ()),
        strict=Score.typed("entity strict, as written", {}, ()),
    )
    text = printed(msgspec.structs.replace(evaluation, as_written=written).to_table())
    assert "74 gold labels are an I- without its B-" in text
    assert row(text, "conlleval, as written")
    assert row(text, "strict, as written")


def test_json_is_the_record(evaluation):
    text = evaluation.to_json()
    assert msgspec.json.decode(text, type=Evaluation) == evaluation
    strict = json.loads(text)["entities"]["strict"]
    assert strict["metric"] == "entity strict"
    assert strict["types"]["LOC"]["few"] is True
