"""Extras: a record's ``meta`` as fields of another tool's record, and such fields as ``meta``.

Enters: a mapping, and the names that mean something else there. Knows no file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

_NESTED = "meta"


def meta_to_fields(meta: Mapping[str, str], taken: Collection[str]) -> dict[str, object]:
    """Return ``meta`` as fields; those whose names are taken stand inside a field ``meta``."""
    reserved = {*taken, _NESTED}
    fields: dict[str, object] = {
        name: value for name, value in meta.items() if name not in reserved
    }
    nested = {name: value for name, value in meta.items() if name in reserved}
    return {**fields, _NESTED: nested} if nested else fields


def fields_to_meta(fields: Mapping[str, object], taken: Collection[str]) -> dict[str, str]:
    """Return the fields whose names are not taken as ``meta``, and what a field ``meta`` holds.

    A value that is not text becomes JSON; null and what is empty but for text counts as absent.
    """
    nested = fields.get(_NESTED)
    if not isinstance(nested, dict):
        return _texts({name: value for name, value in fields.items() if name not in taken})
    reserved = {*taken, _NESTED}
    flat = {name: value for name, value in fields.items() if name not in reserved}
    return {**_texts(nested), **_texts(flat)}


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in fields.items()
        if value is not None and value != [] and value != {}
    }
