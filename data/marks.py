r"""Marked text: a text with its entities as nested marks, ``⟨id:TYPE|words⟩``, and the escapes.

Enters and leaves: one text with its entities, as one string. What an entity has beyond the guide's
form follows its type: ``⟨3:ORG score=0.98 cluster=c1 place=2|words⟩``, where ``place`` is its
number in the document if the entities are not in the order of the marks. A backslash takes their
meaning from ``\ ⟨ ⟩ | : = # -`` and writes a line feed as ``\n``, a carriage return ``\r``, a tab
``\t``, a space ``\s``; an empty id or name is ``\0``. Knows no file; ``inline.py`` has the format.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from khabar.data.errors import FormatError
from khabar.data.records import Entity

_LETTERS = {"\n": "n", "\r": "r", "\t": "t", " ": "s"}
_MEANING = (
    {letter: char for char, letter in _LETTERS.items()} | {c: c for c in r"\⟨⟩|:=#-"} | {"0": ""}
)
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
# An escape, the head of a mark, or a bracket that belongs to none.
_SIGN = re.compile(r"\\.?|⟨((?:\\.|[^\\|⟨⟩\n])*)\||[⟨⟩]", re.DOTALL)
_ID_AND_TYPE = re.compile(r"((?:\\.|[^\\:])*):((?:\\.|[^\\:])*)", re.DOTALL)


class MarkError(FormatError):
    """A mark or an escape that is not as it should be."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.position = position
        """Code points of the marked text before it."""


def escape(text: str, characters: str) -> str:
    """Return ``text`` with those characters, and the backslash, escaped."""
    escapes = {character: "\\" + _LETTERS.get(character, character) for character in characters}
    return "".join(escapes.get(character, character) for character in text.replace("\\", "\\\\"))


def unescape(text: str) -> str:
    """Undo ``escape``. Raises: FormatError."""
    return _ESCAPE.sub(lambda match: _meaning(match[1]), text)


def escape_field(text: str) -> str:
    """Escape an id, a type, a cluster or a header's name, which end at a space or sign."""
    return escape(text, "⟨⟩|:= \t\r\n") or r"\0"


def parse_attributes(fields: Sequence[str]) -> dict[str, str]:
    """Return the values of ``name=value`` fields. Raises: FormatError."""
    attributes: dict[str, str] = {}
    for field in fields:
        name, sign, value = field.partition("=")
        if not sign or name in attributes:
            raise FormatError(f"{field!r} is no attribute; write name=value, each name once")
        attributes[name] = unescape(value)
    return attributes


def take_score(attributes: dict[str, str]) -> float | None:
    """Remove and return the score. Raises: FormatError."""
    text = attributes.pop("score", None)
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise FormatError(f"score={text} is no number; write one from 0 to 1") from error


def refuse_others(attributes: dict[str, str]) -> None:
    """Say which attribute nothing has taken. Raises: FormatError."""
    for name in attributes:
        raise FormatError(f"the attribute {name!r} has no meaning here; drop it")


def mark_text(text: str, entities: Sequence[Entity]) -> str:
    """Return ``text`` with the marks of its entities; ``parse_marked`` gives both back, exactly.

    Of entities with the same extent, the first is outside.

    Raises:
        FormatError: two entities cross.
    """
    ordered = sorted(entities, key=lambda e: (e.start, -e.end))
    _check_nesting(ordered)
    in_order = ordered == list(entities)
    places = {entity.id: number for number, entity in enumerate(entities, start=1)}
    opening: dict[int, str] = {}
    for entity in ordered:
        head = _head(entity, None if in_order else places[entity.id])
        opening[entity.start] = f"{opening.get(entity.start, '')}⟨{head}|"
    closing = Counter(entity.end for entity in entities)
    edges = sorted({0, len(text), *opening, *closing})
    pieces = [
        "⟩" * closing[start] + opening.get(start, "") + _plain(text[start:end])
        for start, end in zip(edges, [*edges[1:], None], strict=True)
    ]
    return "".join(pieces)


def parse_marked(marked: str) -> tuple[str, tuple[Entity, ...]]:
    """Return the text and the entities of a marked text. Raises: MarkError."""
    reader = _Reader()
    position = 0
    for sign in _SIGN.finditer(marked):
        reader.add_text(marked[position : sign.start()])
        try:
            reader.add_sign(sign)
        except FormatError as error:
            raise MarkError(str(error), sign.start()) from error
        position = sign.end()
    reader.add_text(marked[position:])
    if reader.open:
        opened = reader.open[-1]
        raise MarkError(f"the mark {opened.id} is not closed; put ⟩ after it", opened.position)
    return reader.text, reader.entities()


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A mark whose end has not been read."""

    id: str
    type: str
    start: int
    order: int
    place: int
    score: float | None
    cluster: str | None
    position: int


class _Reader:
    """The text and entities read so far."""

    def __init__(self) -> None:
        self.open: list[_Opened] = []
        self._pieces: list[str] = []
        self._length = 0
        self._closed: list[tuple[_Opened, int]] = []

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def add_text(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)

    def add_sign(self, sign: re.Match[str]) -> None:
        if sign[0].startswith("\\"):
            self.add_text(_meaning(sign[0][1:]))
        elif sign[1] is not None:
            order = len(self.open) + len(self._closed) + 1
            self.open.append(_parse_head(sign, start=self._length, order=order))
        elif sign[0] == "⟩" and self.open:
            self._closed.append((self.open.pop(), self._length))
        else:
            raise FormatError(
                f"{sign[0]} belongs to no mark ⟨id:TYPE|words⟩; one of the text is written "
                f"\\{sign[0]}"
            )

    def entities(self) -> tuple[Entity, ...]:
        text = self.text
        return tuple(
            Entity(
                id=mark.id,
                type=mark.type,
                start=mark.start,
                end=end,
                text=text[mark.start : end],
                score=mark.score,
                cluster=mark.cluster,
            )
            for mark, end in sorted(self._closed, key=lambda c: (c[0].place, c[0].order))
        )


def _meaning(letter: str) -> str:
    if letter not in _MEANING:
        raise FormatError(f"\\{letter} is no escape; a backslash of the text is written \\\\")
    return _MEANING[letter]


def _plain(text: str) -> str:
    return escape(text, "⟨⟩\r")


def _check_nesting(ordered: Sequence[Entity]) -> None:
    around: list[Entity] = []
    for entity in ordered:
        while around and around[-1].end <= entity.start:
            around.pop()
        if around and around[-1].end < entity.end:
            outer = around[-1]
            raise FormatError(
                f"the entities {outer.id} {outer.text!r} and {entity.id} {entity.text!r} cross; "
                f"marks can only nest: shorten one"
            )
        around.append(entity)


def _head(entity: Entity, place: int | None) -> str:
    fields = [f"{escape_field(entity.id)}:{escape_field(entity.type)}"]
    if entity.score is not None:
        fields.append(f"score={entity.score!r}")
    if entity.cluster is not None:
        fields.append(f"cluster={escape_field(entity.cluster)}")
    if place is not None:
        fields.append(f"place={place}")
    return " ".join(fields)


def _parse_head(sign: re.Match[str], *, start: int, order: int) -> _Opened:
    name, *fields = sign[1].split(" ")
    names = _ID_AND_TYPE.fullmatch(name)
    if names is None:
        raise FormatError(f"{sign[0]} is no mark; write ⟨id:TYPE|words⟩")
    attributes = parse_attributes(fields)
    score, cluster = take_score(attributes), attributes.pop("cluster", None)
    place = attributes.pop("place", str(order))
    refuse_others(attributes)
    if not place.isdecimal():
        raise FormatError(f"place={place} is no number; count the entities from 1")
    return _Opened(
        id=unescape(names[1]),
        type=unescape(names[2]),
        start=start,
        order=order,
        place=int(place),
        score=score,
        cluster=cluster,
        position=sign.start(),
    )
