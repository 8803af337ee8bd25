from __future__ import annotations

from html.parser import HTMLParser

import pytest

from khabar.eval.errors import Example, Marked
from khabar.eval.page import mark_example, report_page
from khabar.eval.sections import Provenance

PROVENANCE = Provenance(system="news <1>", data="dev & test", train="train.jsonl")
VOID = {"meta", "path", "use", "rect", "circle", "line"}


class Reader(HTMLParser):
    """Checks that elements are closed in order, and gathers what one would see and load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_startendtag(self, tag, attributes):
        self.attributes += [(tag, name, value or "") for name, value in attributes]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page(analysis, drawn) -> str:
    return report_page(analysis, PROVENANCE, drawn)


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_the_page_loads_nothing(page: str, read: Reader):
    loading = {"src", "href", "xlink:href", "action", "data"}
    targets = [value for _, name, value in read.attributes if name in loading]
    assert targets
    assert all(value.startswith(("#", "data:image/png;")) for value in targets)
    assert "<script" not in page
    assert "@import" not in page
    anchors = {value for tag, name, value in read.attributes if (tag, name) == ("section", "id")}
    links = {value[1:] for tag, name, value in read.attributes if (tag, name) == ("a", "href")}
    assert links == anchors


def test_everything_is_escaped(page: str, read: Reader):
    assert "news &lt;1&gt; on dev &amp; test" in page
    assert "<b> & أمس" in read.text
    assert "&lt;b&gt; &amp; أمس" in page


def test_articles_run_from_right_to_left(read: Reader):
    assert ("html", "dir", "ltr") in read.attributes
    assert read.attributes.count(("p", "dir", "rtl")) == read.attributes.count(("p", "lang", "ar"))
    assert read.attributes.count(("p", "dir", "rtl")) > 5


def test_figures_and_tables_are_there(page: str, read: Reader):
    assert page.count("<svg") == page.count("<figure>") == 13
    for text in ("entity strict, all layers", "wrong layer", "Mentions in training", "train.jsonl"):
        assert text in read.text


def marked(text: str, *marks: tuple[str, int, int]) -> Example:
    return Example(
        kind="x",
        document="1",
        text=text,
        marked=tuple(Marked(role=role, type="T", start=a, end=b) for role, a, b in marks),
    )


@pytest.mark.parametrize(
    ("marks", "html"),
    [
        ([], "أ ب ت"),
        ([("gold", 0, 3)], '<mark class="gold">أ ب</mark> ت'),
        ([("gold", 2, 3), ("predicted", 2, 3)], 'أ <mark class="gold predicted">ب</mark> ت'),
        (
            [("gold", 0, 3), ("predicted", 2, 5)],
            '<mark class="gold">أ </mark><mark class="gold predicted">ب</mark>'
            '<mark class="predicted"> ت</mark>',
        ),
    ],
)
def test_marks_are_cut_where_others_begin(marks, html):
    assert mark_example(marked("أ ب ت", *marks)) == html
