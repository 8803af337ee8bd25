"""JSON objects: a file that is an array of them, or has one on each line, read one at a time.

Enters: a path, and what an object means. Leaves: documents, or the text of each object with the
line on which it starts, so that a bad one costs one. In memory is at most one object, or one line
where lines are longer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec

from khabar.data.errors import FormatError, KhabarError
from khabar.data.files import file_stem, read_lines, write_chunks
from khabar.data.jsonl import Fields, decode_fields
from khabar.data.records import Document
from khabar.data.rejected import Rejected

Parse: TypeAlias = Callable[[Fields, str], Document]
"""Makes a document of an object's fields and of the id that it has unless they say another.

Raises KhabarError or msgspec.MsgspecError for what is no document."""

# A whole string, so that no bracket in one counts, or a sign of structure.
_SIGN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},]')


class Element(msgspec.Struct):
    """The text of an object, or why it is none."""

    line: int
    text: str = ""
    fault: str | None = None


class _Splitter:
    """Cuts lines into the elements of the outermost array."""

    def __init__(self) -> None:
        self.depth = 0
        self.ended = False
        self._element = Element(line=1)
        self._pieces: list[str] = []

    def feed(self, text: str, line: int) -> Iterator[Element]:
        """Take a line; yield the elements that end in it."""
        start = 0
        for match in _SIGN.finditer(text):
            sign = match[0]
            ends = self.depth == 1 and sign in {",", "]"}
            if ends:
                yield from self._take(text[start : match.start()], line)
            self.depth += (sign in {"[", "{"}) - (sign in {"]", "}"})
            if ends or (self.depth == 1 and sign == "["):
                start = match.end()
            if self.depth <= 0:
                self.ended = True
                return
        if self.depth:
            self._add(text[start:], line)

    def _add(self, text: str, line: int) -> None:
        if not self._pieces:
            text = text.lstrip()
            self._element.line = line
        if text:
            self._pieces.append(text)

    def _take(self, text: str, line: int) -> Iterator[Element]:
        self._add(text, line)
        element, self._element = self._element, Element(line=line)
        element.text = "".join(self._pieces)
        self._pieces = []
        if element.text:
            yield element


def parse_objects(
    path: Path, rejected: Rejected, parse: Parse, *, encoding: str
) -> Iterator[Document]:
    """Every object becomes a document or an entry of ``rejected``, with the line it starts on.

    A document without an id is named by the file and its place, ``<stem>-<n>``, counted from 1.

    Raises:
        FormatError: the file cannot be read at all.
    """
    stem = file_stem(path)
    for number, element in enumerate(read_elements(path, encoding=encoding), start=1):
        try:
            document = parse(decode_fields(_whole(element)), f"{stem}-{number}")
        except (KhabarError, msgspec.MsgspecError) as error:
            rejected.add(path, element.line, str(error))
        else:
            yield document


def read_elements(path: Path, *, encoding: str = "utf-8") -> Iterator[Element]:
    """Yield the elements of an array or, of a file that starts with none, its lines; undecoded.

    Raises:
        FormatError: the file cannot be read at all.
    """
    splitter: _Splitter | None = None
    for line in read_lines(path, encoding):
        if not line.raw.strip():
            continue
        try:
            text = line.decode()
        except FormatError as error:
            yield Element(line=line.number, fault=str(error))
            if splitter is not None:
                return  # where the next element starts is unknown
            continue
        if splitter is None and not text.lstrip().startswith("["):
            yield Element(line=line.number, text=text)
            continue
        splitter = splitter or _Splitter()
        yield from splitter.feed(text, line.number)
        if splitter.ended:
            return
    if splitter is not None:
        yield Element(line=line.number, fault="is cut short: the array has no end")


def write_array(path: Path, elements: Iterable[bytes]) -> None:
    """Write an array, an element a line, atomically, compressed as the suffix says."""
    write_chunks(path, _chunks(elements))


def _whole(element: Element) -> str:
    if element.fault is not None:
        raise FormatError(element.fault)
    return element.text


def _chunks(elements: Iterable[bytes]) -> Iterator[bytes]:
    separator = b"[\n"
    for element in elements:
        yield separator + element
        separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"
