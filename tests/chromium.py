"""Pages in a real browser: Debian's chromium without a window, and what it made of a page."""

from __future__ import annotations

import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest

_VOID = {"meta", "input", "br", "img", "link"}


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str]
    texts: list[str]
    """The pieces of text inside, those of its elements included."""

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()


class Dom(HTMLParser):
    """The elements of a page in their order, with what is inside each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    def of(self, tag: str, name: str = "") -> list[Element]:
        """Return the elements of a tag that have that class."""
        return [e for e in self.elements if e.tag == tag and (not name or name in e.classes)]


def rendered(html: str, folder: Path, fragment: str = "", *, pixels: int = 1200) -> Dom:
    """Return what a page is after its script ran; skips the test where no chromium is."""
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("no chromium on this machine: apt-get install chromium (CI has it)")
    page = folder / "page.html"
    page.write_text(html, encoding="utf-8")
    switches = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000"]
    switches += [f"--window-size={pixels},900", f"--user-data-dir={folder / 'profile'}"]
    ran = subprocess.run(
        [browser, *switches, "--dump-dom", f"{page.as_uri()}{fragment}"],
        capture_output=True,
        check=True,
        timeout=120,
    )
    return Dom(ran.stdout.decode())
