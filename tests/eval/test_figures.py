"""What can be told of drawings is told from the text that their SVG keeps."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

import pytest

from khabar.data.errors import ConfigError
from khabar.eval.analysis import analyse
from khabar.eval.figures import draw_figures
from khabar.eval.predictions import Predictions
from khabar.eval.sections import report_sections
from tests.eval.news import GOLD
from tests.marked import marked


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_every_figure_of_the_report_is_drawn_and_no_other(analysis, drawn):
    sections = report_sections(analysis)
    assert {name for section in sections for name in section.figures} == set(drawn)
    assert {"metrics", "confusion", "losses", "dev", "familiarity"} <= set(drawn)


def test_figures_are_elements_of_a_page_whose_text_can_be_searched(drawn):
    for svg in drawn.values():
        assert svg.startswith("<svg")
        ElementTree.fromstring(svg)
        assert "<metadata" not in svg
    assert "relation strict, given gold entities" in texts(drawn["metrics"])
    assert {"PERS (2)", "ORG (1)", "GPE (4)"} <= set(
        texts(drawn["types: entity strict, all layers"])
    )
    assert {"wrong boundary", "missed", "spurious"} <= set(texts(drawn["confusion"]))
    assert "tag loss" in texts(drawn["losses"])
    assert "entities strict f1" in texts(drawn["dev"])
    assert not any("threshold" in text for text in texts(drawn["dev"]))


def test_ids_of_two_figures_do_not_meet(drawn):
    """In one page, a reference would reach the first figure's element."""
    referred = [set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg)) for svg in drawn.values()]
    assert len(set().union(*referred)) == sum(map(len, referred))


def test_the_same_analysis_gives_the_same_bytes(flat):
    gold = [marked("⟨1:LOC|مصر⟩")]
    drawn = [
        draw_figures(analyse(Predictions(schema=flat, gold=gold, predicted=gold))) for _ in "12"
    ]
    assert drawn[0] == drawn[1]


def test_a_corpus_without_annotation_is_drawn_too(flat):
    bare = analyse(Predictions(schema=flat, gold=[marked("مصر")], predicted=[marked("مصر")]))
    assert "confusion" in draw_figures(bare)


def test_without_matplotlib_the_error_says_what_to_install(nested, monkeypatch: pytest.MonkeyPatch):
    analysis = analyse(Predictions(schema=nested, gold=GOLD, predicted=GOLD))
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it were not there
    with pytest.raises(ConfigError, match=r"pip install 'khabar\[plots\]'"):
        draw_figures(analysis)
