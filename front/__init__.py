"""Khabar: nested named entities and relations from Arabic news, with exact offsets.

The public names are found on first use, so that importing this loads neither torch nor
transformers.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from khabar.data.errors import KhabarError
    from khabar.data.records import Document, Entity, Relation
    from khabar.data.schema import LabelSchema, load_schema
    from khabar.model.extractor import Extractor

    __version__: str

__all__ = [
    "Document",
    "Entity",
    "Extractor",
    "KhabarError",
    "LabelSchema",
    "Relation",
    "__version__",
    "load_schema",
]

_HOMES = {
    "Document": "khabar.data.records",
    "Entity": "khabar.data.records",
    "Extractor": "khabar.model.extractor",
    "KhabarError": "khabar.data.errors",
    "LabelSchema": "khabar.data.schema",
    "Relation": "khabar.data.records",
    "load_schema": "khabar.data.schema",
}

if not TYPE_CHECKING:  # else mypy would take any name for one of ours

    def __getattr__(name: str) -> object:
        if name == "__version__":
            return version("khabar")
        if name in _HOMES:
            return getattr(import_module(_HOMES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
