"""Documents as a person would write them down: marks in the text, relations by the marks' ids."""

from __future__ import annotations

from khabar.data.marks import parse_marked
from khabar.data.records import Document, Relation


def marked(text: str, *relations: str, id: str = "1") -> Document:
    """Read ``⟨1:PERS|سامي⟩ في ⟨2:GPE|تونس⟩`` and relations such as ``1 lives_in 2``."""
    plain, entities = parse_marked(text)
    fields = [relation.split() for relation in relations]
    return Document(
        id=id,
        text=plain,
        entities=entities,
        relations=tuple(
            Relation(id=f"r{number}", type=type, head=head, tail=tail)
            for number, (head, type, tail) in enumerate(fields, start=1)
        ),
    )
