"""A document for the eye: its text with marked entities, then its entities and relations.

Enters: a ``Document`` and a rich console. Leaves: lines that read from right to left.

Terminals differ: some apply Unicode's bidirectional algorithm, most do not. Text is printed in its
logical order, never reordered by us: a terminal that does apply it would turn reordered text
round again, and what is copied from the screen would no longer be the article. Each line stands
in a right-to-left isolate (U+2067 … U+2069) and is moved to the right edge by spaces before it;
Latin type names are left-to-right isolates (U+2066) inside. So the direction of a line depends
neither on its first letter nor on what a terminal takes for its default, and no line disturbs
another. The brackets ``⟨ ⟩`` and the arrow's head ``›`` are characters that the algorithm mirrors:
they point the right way in both kinds of terminal, which ``→`` would not.

Control characters of the article are shown as pictures, as they could steer the terminal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from khabar.data.records import Document, Entity

_RIGHT_TO_LEFT, _LEFT_TO_RIGHT, _END = "\u2067", "\u2066", "\u2069"
# All controls but tab and line feed; a lone surrogate could not be printed at all.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_WIDEST_MENTION = 40
_COLOURS = {
    "PERS": "green",
    "OCC": "bright_green",
    "NORP": "yellow",
    "ORG": "blue",
    "GPE": "magenta",
    "LOC": "bright_magenta",
    "FAC": "bright_magenta",
    "EVENT": "red",
    "DATE": "cyan",
    "TIME": "cyan",
}
_OTHER_COLOUR = "bright_blue"


def print_document(document: Document, console: Console) -> None:
    """Print a document's id, marked text, entities and relations, from right to left."""
    _print_line(Text(printable(document.id), style="bold underline"), console)
    for paragraph in mark_entities(document).split("\n", allow_blank=True):
        _print_line(paragraph, console)
    console.print()
    _print_line(Text(f"الكيانات: {len(document.entities)}", style="bold"), console)
    for row in _entity_rows(document):
        _print_line(row, console)
    if document.relations:
        console.print()
        _print_line(Text(f"العلاقات: {len(document.relations)}", style="bold"), console)
    for row in _relation_rows(document):
        _print_line(row, console)


def mark_entities(document: Document) -> Text:
    """Return the text with each entity as ``⟨TYPE words⟩`` in its type's colour, as they nest.

    Where two cross, the brackets alone do not say which is which; predictions never do.
    """
    opened: defaultdict[int, list[Entity]] = defaultdict(list)
    closed: defaultdict[int, list[Entity]] = defaultdict(list)
    for entity in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        opened[entity.start].append(entity)
        closed[entity.end].insert(0, entity)
    around: list[Entity] = []
    marked, place = Text(), 0
    for cut in sorted({*opened, *closed, len(document.text)}):
        style = _style(around[-1].type) if around else ""
        marked.append(printable(document.text[place:cut]), style)
        for entity in closed[cut]:
            marked.append("⟩", _style(entity.type))
            around.remove(entity)
        for entity in opened[cut]:
            marked.append("⟨", _style(entity.type)).append_text(_type_name(entity.type))
            marked.append(" ")
            around.append(entity)
        place = cut
    return marked


def printable(text: str) -> str:
    """Return the text with a picture in place of each control character but tab and line feed."""
    return _UNPRINTABLE.sub(lambda found: _picture(ord(found[0])), text)


def _picture(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _entity_rows(document: Document) -> list[Text]:
    types = [entity.type for entity in document.entities]
    mentions = [_one_line(entity) for entity in document.entities]
    type_width = max(map(cell_len, types), default=0)
    mention_width = min(max(map(cell_len, mentions), default=0), _WIDEST_MENTION)
    holders = _holders(document.entities)
    rows: list[Text] = []
    for entity, mention in zip(document.entities, mentions, strict=True):
        row = Text().append_text(_type_name(entity.type))
        row.append(" " * (type_width - cell_len(entity.type) + 2)).append(mention)
        if holder := holders.get(entity.id):
            row.append(" " * max(mention_width - cell_len(mention), 0))
            row.append(f"  ‹ {_one_line(holder)}", "dim")
        rows.append(row)
    return rows


def _relation_rows(document: Document) -> list[Text]:
    entities = {entity.id: entity for entity in document.entities}
    rows: list[Text] = []
    for relation in document.relations:
        head, tail = entities[relation.head], entities[relation.tail]
        row = Text().append(_one_line(head), _style(head.type)).append(" ─ ", "dim")
        row.append(f"{_LEFT_TO_RIGHT}{printable(relation.type)}{_END}", "bold").append(
            " ─› ", "dim"
        )
        rows.append(row.append(_one_line(tail), _style(tail.type)))
    return rows


def _holders(entities: Sequence[Entity]) -> dict[str, Entity]:
    """Return, by an entity's id, the smallest other one around it."""
    holders: dict[str, Entity] = {}
    around: list[Entity] = []
    for entity in sorted(entities, key=lambda e: (e.start, -e.end)):
        while around and around[-1].end < entity.end:
            around.pop()
        if around and around[-1].end > entity.start:
            holders[entity.id] = around[-1]
        around.append(entity)
    return holders


def _print_line(line: Text, console: Console) -> None:
    for part in line.wrap(console, console.width, overflow="fold"):
        whole = Text(_RIGHT_TO_LEFT).append_text(part).append(_END)
        whole.pad_left(max(console.width - whole.cell_len, 0))
        console.print(whole, no_wrap=True, overflow="ignore", crop=False)


def _type_name(type: str) -> Text:
    return Text(f"{_LEFT_TO_RIGHT}{printable(type)}{_END}", f"bold {_style(type)}")


def _style(type: str) -> str:
    return _COLOURS.get(type, _OTHER_COLOUR)


def _one_line(entity: Entity) -> str:
    return printable(entity.text).replace("\n", " ")
