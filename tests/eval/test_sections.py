from __future__ import annotations

from khabar.eval.analysis import analyse
from khabar.eval.predictions import Predictions
from khabar.eval.sections import headline, percent, report_sections
from tests.eval.news import GOLD
from tests.marked import marked


def test_a_full_report_has_all_sections(analysis):
    assert [section.title for section in report_sections(analysis)] == [
        "Scores",
        "By type",
        "What makes it hard",
        "Confusion of entity types",
        "Calibration",
        "Learning curves",
        "Errors in entities",
        "Errors in relations",
    ]


def test_sections_without_anything_to_say_are_left_out(flat):
    gold = [marked("⟨1:LOC|مصر⟩")]
    analysis = analyse(Predictions(schema=flat, gold=gold, predicted=gold))
    titles = [section.title for section in report_sections(analysis)]
    assert not {"Calibration", "Learning curves", "Errors in relations"} & set(titles)
    assert [metric for metric, *_ in headline(analysis)] == ["entity strict", "entity boundary"]


def test_every_row_is_as_wide_as_its_columns(analysis):
    for section in report_sections(analysis):
        for grid in section.grids:
            assert {len(row) for row in grid.rows} <= {len(grid.columns)}, grid.caption


def test_scores_stand_under_their_names_with_their_intervals(analysis):
    scores, by_type, *_ = report_sections(analysis)
    (grid,) = scores.grids
    rows = {row[0]: row for row in grid.rows}
    assert len(rows) == 9
    row = dict(zip(grid.columns, rows["entity strict, all layers"], strict=True))
    # Right: زيد, the bank, ليبيا. Seven are gold, seven predicted.
    assert (row["gold"], row["predicted"], row["correct"], row["F1"]) == ("7", "7", "3", "42.9")
    assert [grid.caption for grid in by_type.grids] == [
        "entity strict, all layers",
        "relation strict",
    ]
    assert by_type.grids[0].rows[0][0] == "PERS *"  # fewer than 20 gold cases
    assert "too narrow" in " ".join(scores.text)  # two documents


def test_many_documents_need_no_warning(nested):
    gold = [marked("⟨1:GPE|مصر⟩", id=str(number)) for number in range(30)]
    scores, *_ = report_sections(analyse(Predictions(schema=nested, gold=gold, predicted=gold)))
    assert "too narrow" not in " ".join(scores.text)


def test_confusions_are_listed_the_frequent_ones_first(nested):
    gold = [marked("⟨1:GPE|مصر⟩ ⟨2:GPE|تونس⟩ ⟨3:PERS|زيد⟩")]
    found = [marked("⟨1:ORG|مصر⟩ ⟨2:ORG|تونس⟩ ⟨3:GPE|زيد⟩")]
    sections = report_sections(analyse(Predictions(schema=nested, gold=gold, predicted=found)))
    (confusion,) = [s for s in sections if s.title == "Confusion of entity types"]
    assert confusion.grids[0].rows == (("GPE", "ORG", "2"), ("PERS", "GPE", "1"))


def test_pairs_that_merely_stand_together_are_told(analysis):
    relations = report_sections(analysis)[-1]
    assert "of 0 pairs of right entities" in relations.text[0]
    assert "0 (0.0 %) were given one" in relations.text[0]
    assert set(relations.examples) == {"missed with an argument", "wrong argument"}


def test_the_headline_is_the_main_figures(analysis):
    figures = {metric: f1 for metric, f1, _ in headline(analysis)}
    assert figures == {
        "entity strict, all layers": "42.9",
        "entity boundary, all layers": "71.4",
        "relation strict": "50.0",
        "relation strict, given gold entities": "66.7",
    }
    assert percent(0.12345) == "12.3"


def test_gold_scored_against_itself_has_no_errors_to_show(nested):
    analysis = analyse(Predictions(schema=nested, gold=GOLD, predicted=GOLD))
    assert all(not section.examples for section in report_sections(analysis))
