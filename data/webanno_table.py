"""WebAnno TSV, line by line: from a table to its text, its spans and its arcs; and the escapes.

Enters: the lines of a file of version 3.0 to 3.3; ``webanno.py`` shows one. Leaves: text, mentions
and arcs of the layers that ``inception.is_read`` names, offsets in code points. Knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

import msgspec

from khabar.data.errors import FormatError, LineError
from khabar.data.inception import Arc, Mention, is_read
from khabar.data.offsets import Utf16

NO_ANNOTATION = "_"
NO_VALUE = "*"

_FORMAT = re.compile(r"#FORMAT=WebAnno TSV 3\.([0-3])")
_LAYER = re.compile(r"#T_(SP|RL|CH)=([^|]+)(?:\|(.*))?")
_BASE = "BT_"
_UNIT = re.compile(r"([0-9]+-[0-9]+(?:\.[0-9]+)?)")
_EXTENT = re.compile(r"([0-9]+)-([0-9]+)")
_NUMBERED = re.compile(r"((?:\\.|[^\\\[])*)\[([0-9]+)(?:_([0-9]+))?\]", re.DOTALL)
_STACKED = re.compile(r"\\.|\|", re.DOTALL)

_LETTERS = {"\t": "t", "\n": "n", "\f": "f", "\r": "r", "\b": "b"}
_MEANINGS = {letter: sign for sign, letter in _LETTERS.items()}
_VALUE_SIGN = re.compile(r"->|[\\\[\]|_;\t\n*]")
_VALUE_ESCAPE = re.compile(r"\\(->|[\\\[\]|_;tn*])")
_TEXT_SIGN = re.compile(r"[\\\x00-\x0a\x0c-\x1f]")
_TEXT_ESCAPE = re.compile(r"\\([\\tnfrb\x00-\x07\x0e-\x1f])")
_JAVA_ESCAPE = re.compile(r"\\(?:u+([0-9a-fA-F]{4})|(.))")
_JAVA_UNTIL = 1
"""The last minor version that escapes text as Java's sources do, Arabic letters included."""


class Table(msgspec.Struct):
    """A document as a table has it."""

    text: str
    mentions: list[Mention]
    arcs: list[Arc]


class _Layer(msgspec.Struct):
    name: str
    features: list[str]
    first: int
    """Columns before its own."""
    base: str | None = None
    """The layer that a relation joins; None for spans."""


class _PendingArc(msgspec.Struct):
    line: int
    base: str
    governor: tuple[str, int]
    """Its first unit, and its number or 0."""
    dependent: tuple[str, int]
    features: dict[str, str]


def escape_value(value: str) -> str:
    """Return a feature's value as it stands in a cell."""
    return _VALUE_SIGN.sub(lambda match: "\\" + _LETTERS.get(match[0], match[0]), value)


def unescape_value(cell: str) -> str:
    """Undo ``escape_value``."""
    return _VALUE_ESCAPE.sub(lambda match: _MEANINGS.get(match[1], match[1]), cell)


def escape_text(text: str) -> str:
    """Return a line of text as it stands in a sentence's head."""
    return _TEXT_SIGN.sub(lambda match: "\\" + _LETTERS.get(match[0], match[0]), text)


def unescape_text(escaped: str, minor: int) -> str:
    """Undo ``escape_text``, or what version 3.``minor`` had in its place."""
    if minor > _JAVA_UNTIL:
        return _TEXT_ESCAPE.sub(lambda match: _MEANINGS.get(match[1], match[1]), escaped)
    half = _JAVA_ESCAPE.sub(
        lambda match: chr(int(match[1], 16)) if match[1] else _MEANINGS.get(match[2], match[2]),
        escaped,
    )
    return half.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def parse_table(lines: Iterable[tuple[int, str]]) -> Table:
    """Return what a table holds; lines come numbered, without their ends.

    Raises:
        LineError: a line is not as it should be.
    """
    remaining = iter(lines)
    minor = _parse_format(next(remaining, (1, "")))
    reader = _Reader(minor)
    for number, line in remaining:
        if reader.in_header and (match := _LAYER.fullmatch(line)):
            reader.add_layer(match)
        elif line.startswith("#") and not reader.in_sentence:
            reader.add_head(line)
        elif line:
            reader.add_row(line, number)
        else:
            reader.in_sentence = False
    return reader.finish()


def _parse_format(first: tuple[int, str]) -> int:
    number, line = first
    match = _FORMAT.fullmatch(line)
    if match is None:
        raise LineError(
            f"{line[:40]!r} is not `#FORMAT=WebAnno TSV 3.x`, with which such a file starts", number
        )
    return int(match[1])


class _Reader:
    """Takes lines; keeps offsets as they are read, in UTF-16 units, until the text is whole."""

    def __init__(self, minor: int) -> None:
        self.in_header = True
        self.in_sentence = False
        self._minor = minor
        self._layers: list[_Layer] = []
        self._columns = 0
        self._pieces: list[str] = []
        self._units = 0
        """UTF-16 units of the pieces."""
        self._head: list[str] = []
        """Lines of the sentence whose first token is to come."""
        self._tokens: list[tuple[int, Mention, str]] = []
        """Line, place and text of every token and sub-token."""
        self._mentions: list[Mention] = []
        self._numbered: dict[int, int] = {}
        self._first: dict[tuple[str, str, int], int] = {}
        """By layer, unit and place in the stack."""
        self._arcs: list[_PendingArc] = []

    def add_layer(self, match: re.Match[str]) -> None:
        kind, name, rest = match.groups()
        features = [feature for feature in (rest or "").split("|") if feature] or [""]
        base = features[-1].removeprefix(_BASE) if kind == "RL" else None
        if kind != "CH" and is_read(name, features):
            self._layers.append(_Layer(name, features, self._columns, base))
        self._columns += len(features)

    def add_head(self, line: str) -> None:
        self.in_header = False
        name, _, value = line.partition("=")
        if name == "#Text":
            self._head.append(unescape_text(value, self._minor))

    def add_row(self, line: str, number: int) -> None:
        fields = line.split("\t")
        if len(fields) < 3 + self._columns or not _UNIT.fullmatch(fields[0]):
            raise LineError(
                f"{line[:40]!r} is no token with {self._columns} columns, as the head has them",
                number,
            )
        extent = _EXTENT.fullmatch(fields[1])
        if extent is None:
            raise LineError(f"{fields[1]!r} is no place; write start-end", number)
        start, end = int(extent[1]), int(extent[2])
        if not self.in_sentence:
            self._start_sentence(start, number)
        unit = Mention(start, end)
        self._tokens.append((number, unit, fields[2]))
        for layer in self._layers:
            cells = fields[3 + layer.first : 3 + layer.first + len(layer.features)]
            if cells[0] != NO_ANNOTATION:
                self._add_cells(layer, cells, (fields[0], number), unit)

    def finish(self) -> Table:
        text = "".join(self._pieces).removesuffix("\n")
        units = Utf16(text)
        for line, token, said in self._tokens:
            _move(token, units, line)
            found = text[token.start : token.end]
            if said != found and self._minor > _JAVA_UNTIL:
                raise LineError(
                    f"says {said!r} of {token.start} to {token.end}, where the text has {found!r}; "
                    f"offsets count UTF-16 units",
                    line,
                )
        for mention in self._mentions:
            mention.start = units.code_points(mention.start)
            mention.end = units.code_points(mention.end)
        return Table(text, self._mentions, [self._arc(pending) for pending in self._arcs])

    def _start_sentence(self, start: int, number: int) -> None:
        if not self._head:
            raise LineError("a token without a line #Text= before it", number)
        if self._units == start + 1 and self._pieces:  # no line feed between the sentences
            self._pieces.append(self._pieces.pop().removesuffix("\n"))
        elif self._units > start:
            raise LineError(
                f"the sentence starts at {start}, and the one before ends after that; "
                f"offsets count UTF-16 units",
                number,
            )
        else:
            self._pieces.append(" " * (start - self._units))
        sentence = "".join(f"{line}\n" for line in self._head)
        self._pieces.append(sentence)
        self._units = start + Utf16(sentence).units(len(sentence))
        self._head = []
        self.in_sentence = True

    def _add_cells(
        self, layer: _Layer, cells: list[str], place: tuple[str, int], unit: Mention
    ) -> None:
        stacks = [_split_stacked(cell) for cell in cells]
        if any(len(stack) != len(stacks[0]) for stack in stacks):
            raise LineError(f"the columns of {layer.name} hold unequal numbers", place[1])
        for position, values in enumerate(zip(*stacks, strict=True)):
            if layer.base is None:
                self._add_mention(layer, values, (place[0], position), unit)
            else:
                self._add_arc(layer, layer.base, values, place)

    def _add_mention(
        self, layer: _Layer, values: tuple[str, ...], place: tuple[str, int], unit: Mention
    ) -> None:
        parted = [_number(value) for value in values]
        number = max(number for _, number, _ in parted)
        index = self._numbered.get(number) if number else None
        if index is None:
            index = len(self._mentions)
            features = _features(layer, [value for value, _, _ in parted])
            self._mentions.append(Mention(unit.start, unit.end, features))
        else:
            self._mentions[index].end = max(self._mentions[index].end, unit.end)
        if number:
            self._numbered[number] = index
        self._first.setdefault((layer.name, *place), index)

    def _add_arc(
        self, layer: _Layer, base: str, values: tuple[str, ...], place: tuple[str, int]
    ) -> None:
        unit, line = place
        governor, source, target = _number(values[-1])
        features = _features(layer, [_number(value)[0] for value in values[:-1]])
        self._arcs.append(_PendingArc(line, base, (governor, source), (unit, target), features))

    def _arc(self, pending: _PendingArc) -> Arc:
        governor, dependent = (
            self._end(pending, *end) for end in (pending.governor, pending.dependent)
        )
        return Arc(governor, dependent, pending.features)

    def _end(self, pending: _PendingArc, unit: str, number: int) -> int:
        end = self._numbered.get(number) if number else None
        if end is None:
            end = self._first.get((pending.base, unit, 0))
        if end is None:
            raise LineError(f"the relation's end {unit} is no entity of ours", pending.line)
        return end


def _split_stacked(cell: str) -> list[str]:
    bars = [match.start() for match in _STACKED.finditer(cell) if match[0] == "|"]
    return [cell[before + 1 : bar] for before, bar in pairwise([-1, *bars, len(cell)])]


def _number(value: str) -> tuple[str, int, int]:
    """Return a value, still escaped, with the numbers that follow it, 0 for none."""
    match = _NUMBERED.fullmatch(value)
    return (match[1], int(match[2]), int(match[3] or 0)) if match else (value, 0, 0)


def _features(layer: _Layer, values: Iterable[str]) -> dict[str, str]:
    named = zip(layer.features, values, strict=False)  # the last of an arc's is no feature
    return {name: unescape_value(value) for name, value in named if value != NO_VALUE}


def _move(token: Mention, units: Utf16, line: int) -> None:
    try:
        token.start, token.end = units.code_points(token.start), units.code_points(token.end)
    except FormatError as error:
        raise LineError(str(error), line) from error
