"""Articles: one document from the named fields of a JSON line or of a Parquet row.

Enters: a mapping of plain Python values. With ``entities`` or ``relations`` among them it is an
annotated document, and its offsets count in ``text`` as it stands; without, it is a raw article:
``text``, and where given ``id``, ``title``, ``date``. Any field that a document does not have goes
to ``meta``, as it is when it is text, as JSON otherwise; null counts as absent. Knows no file.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from khabar.data.errors import FormatError
from khabar.data.records import Document

_DOCUMENT_FIELDS = frozenset(Document.__struct_fields__)


def document_from_fields(fields: Mapping[str, object], *, default_id: str) -> Document:
    """Return the document of an annotated or a raw article.

    The title of a raw article becomes the first paragraph of its text. An annotated article is
    text already: there a title is one more field.

    Raises:
        FormatError: no text, or a field that ``meta`` gives another value.
        msgspec.ValidationError: a field of a wrong type, or an annotation that breaks the record.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    if "text" not in given:
        raise FormatError("has no `text`; every article needs one")
    own = {name: value for name, value in given.items() if name in _DOCUMENT_FIELDS}
    others = {name: _as_text(value) for name, value in given.items() if name not in own}
    if "entities" not in own and "relations" not in own:
        title = others.pop("title", "")
        if title.strip() and isinstance(own["text"], str):
            own["text"] = f"{title}\n{own['text']}"
        own["id"] = _as_text(own.get("id", "")) or default_id
    document = msgspec.convert({"id": default_id, **own}, Document)
    for name, value in others.items():
        if document.meta.setdefault(name, value) != value:
            raise FormatError(f"`{name}` and `meta.{name}` differ; keep one")
    return document


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    encoded = msgspec.json.encode(value).decode()
    return str(msgspec.json.decode(encoded)) if encoded.startswith('"') else encoded
