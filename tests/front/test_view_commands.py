"""``khabar view`` as a user gives it: which articles, from whom, onto which page."""

from __future__ import annotations

import os
import re
import webbrowser
from pathlib import Path

import pytest

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from tests.chromium import Dom
from tests.front.conftest import Khabar
from tests.marked import marked

GOLD = marked("زار ⟨1:PERS|سامي الحداد⟩ ⟨2:GPE|تونس⟩", "1 Location.lives_in 2", id="visit")
MODEL = re.compile("model: <bdi>tiny")


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "gold.jsonl", [GOLD, Document(id="plain", text="قال")])
    return tmp_path / "gold.jsonl"


def titles(page: Path) -> list[str]:
    """Return the ids in the page's list of articles."""
    links = [e for e in Dom(page.read_text()).of("a") if "data-article" in e.attributes]
    return [e.text.split(" · ")[0] for e in links]


def test_view_writes_a_page_beside_the_file_with_its_annotation(khabar: Khabar, gold: Path):
    ran = khabar("view", gold)
    page = gold.with_name("gold.khabar.html")
    assert (ran.code, ran.err, ran.text) == (0, "", f"The page is {page}\n")
    assert titles(page) == ["زار سامي الحداد تونسvisit", "قالplain"]
    assert "يعيش في" in page.read_text()
    assert not MODEL.search(page.read_text())


def test_view_reads_any_format_and_writes_where_it_is_told(khabar: Khabar, tmp_path: Path):
    source, page = tmp_path / "news.txt", tmp_path / "pages" / "news.html"
    source.write_text("سامي B-PERS\nقال O\n")
    assert khabar("view", source, "--output", page).code == 0
    assert [e.text for e in Dom(page.read_text()).of("span", "run")] == ["سامي"]


@pytest.mark.parametrize("name", ["article.txt", "article", "article.text"])
def test_view_has_plain_text_read_by_a_model(
    khabar: Khabar, tiny_khabar: Path, tmp_path: Path, name: str
):
    (tmp_path / name).write_text("زار سامي تونس")
    assert khabar("view", tmp_path / name, "--model", tiny_khabar).code == 0
    assert MODEL.search((tmp_path / "article.khabar.html").read_text())


def test_view_has_an_annotated_file_read_by_a_model_when_told(
    khabar: Khabar, tiny_khabar: Path, gold: Path
):
    assert khabar("view", gold, "--model", tiny_khabar).code == 0
    assert MODEL.search(gold.with_name("gold.khabar.html").read_text())


def test_view_takes_a_text_itself(
    khabar: Khabar, tiny_khabar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    ran = khabar("view", "--text", "زار سامي تونس", "--model", tiny_khabar)
    assert (ran.code, ran.text) == (0, "The page is text.khabar.html\n")
    page = (tmp_path / "text.khabar.html").read_text()
    assert [e.text for e in Dom(page).of("p")][0] == "زار سامي تونس"
    assert MODEL.search(page)


def test_view_says_when_it_leaves_articles_out(khabar: Khabar, gold: Path):
    ran = khabar("view", gold, "--articles", "1")
    assert ran.err == "note: the first 1 articles; --articles shows more\n"
    assert titles(gold.with_name("gold.khabar.html")) == []
    assert khabar("view", gold, "--articles", "2").err == ""


@pytest.mark.skipif(os.name != "posix", reason="the browser is a shell script")
def test_view_opens_the_page_in_the_browser(
    khabar: Khabar, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setattr(webbrowser, "_tryorder", None)  # BROWSER is read once in a process
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    assert khabar("view", gold, "--open").code == 0
    assert opened.read_text() == f"{gold.with_name('gold.khabar.html').as_uri()}\n"


def test_view_wants_a_file_or_a_text(khabar: Khabar, gold: Path):
    for arguments in ([], [gold, "--text", "قال"]):
        ran = khabar("view", *arguments)
        assert (ran.code, ran.err) == (1, "khabar: give either a FILE or --text, and not both\n")


def test_view_complains_of_a_file_without_articles(khabar: Khabar, tmp_path: Path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    ran = khabar("view", empty)
    assert (ran.code, ran.err) == (1, f"khabar: {empty}: holds no article\n")
    assert not (tmp_path / "empty.khabar.html").exists()
