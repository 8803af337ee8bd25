"""What the page calls the types, and how it colours them.

Leaves: an Arabic label, a family and two colours for each entity type, an Arabic label for each
relation type. They stand in ``page_assets/names.json``; a type that is not there keeps its own name
and takes a colour that depends on this name alone, so that it has the same one on every page.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal
from zlib import crc32

import msgspec

Family = Literal["people", "organizations", "places", "things", "times", "numbers"]
"""Types of one family are underlined in one pattern, so that nothing hangs on colour alone."""


class TypeStyle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an entity type is shown."""

    label: str
    family: Family
    light: str
    """Its colour on a white ground, ``#rrggbb``."""
    dark: str
    """Its colour on a black ground, ``#rrggbb``."""


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that ``page_assets/names.json`` holds."""

    entities: dict[str, TypeStyle]
    relations: dict[str, str]


def read_asset(name: str) -> str:
    """Return the text of a file of ``page_assets``."""
    return (files("khabar.data") / "page_assets" / name).read_text(encoding="utf-8")


@cache
def shipped_names() -> Names:
    """Return the shipped labels and colours."""
    return msgspec.json.decode(read_asset("names.json"), type=Names)


def type_style(type: str) -> TypeStyle:
    """Return how an entity type is shown."""
    known = shipped_names().entities
    if type in known:
        return known[type]
    borrowed = list(known.values())[crc32(type.encode("utf-8", "replace")) % len(known)]
    return msgspec.structs.replace(borrowed, label=type, family="things")


def relation_label(type: str) -> str:
    """Return what a relation type is called; one without a label keeps its name."""
    return shipped_names().relations.get(type, type)
