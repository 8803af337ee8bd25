"""Plots are looked at by people; what can be told of them is told from the text of an SVG."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from khabar.data.errors import ConfigError
from khabar.data.records import Document
from khabar.data.statistics import Statistics, corpus_statistics
from khabar.eval.plots import plot_statistics
from tests.marked import marked


@pytest.fixture
def statistics() -> Statistics:
    text = "⟨1:PERS|سامي⟩ و⟨2:PERS|ليلى⟩ في ⟨3:GPE|تونس⟩"
    documents = [marked(text, "1 lives_in 3", "2 lives_in 3", "1 born_in 3")] * 37
    return corpus_statistics(documents)


@pytest.mark.parametrize(
    ("suffix", "start"), [(".png", b"\x89PNG\r\n"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_the_suffix_says_the_format(
    statistics: Statistics, suffix: str, start: bytes, tmp_path: Path
):
    path = tmp_path / f"counts{suffix}"
    plot_statistics(statistics, path, title="news")
    assert path.read_bytes().startswith(start)


def test_every_type_is_there_with_its_count_the_most_frequent_on_top(
    statistics: Statistics, tmp_path: Path
):
    path = tmp_path / "counts.svg"
    plot_statistics(statistics, path, title="news")
    # matplotlib writes each text as a comment before its outlines, from the axes' foot to its top.
    written = re.findall("<!-- (.*?) -->", path.read_text(encoding="utf-8"))
    types = [text for text in written if text in {"PERS", "GPE", "lives_in", "born_in"}]
    assert types == ["GPE", "PERS", "born_in", "lives_in"]
    assert {"37", "74"} <= set(written)
    assert "news: 37 documents, 148 words, 111 entities, 111 relations" in written


@pytest.mark.parametrize("documents", [[], [Document(id="1", text="خبر")]])
def test_a_corpus_without_annotation_is_drawn_too(documents: list[Document], tmp_path: Path):
    plot_statistics(corpus_statistics(documents), tmp_path / "counts.png", title="bare")
    assert (tmp_path / "counts.png").stat().st_size > 1000


@pytest.mark.parametrize("name", ["counts.gif", "counts", "png"])
def test_another_format_is_refused(statistics: Statistics, name: str, tmp_path: Path):
    path = tmp_path / name
    message = f"{re.escape(str(path))}: name the plot as a \\.png, \\.svg, \\.pdf file"
    with pytest.raises(ConfigError, match=message):
        plot_statistics(statistics, path, title="news")
    assert not path.exists()


def test_without_matplotlib_the_error_says_what_to_install(
    statistics: Statistics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it were not there
    with pytest.raises(ConfigError, match=r"plots need matplotlib: pip install 'khabar\[plots\]'"):
        plot_statistics(statistics, tmp_path / "counts.png", title="news")
