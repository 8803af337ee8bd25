"""The record: a document with its entities and relations, checked when it is made.

Gold annotation and prediction are this one type. Offsets count Unicode code points of ``text``,
end exclusive. Knows no file, no schema and no model.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from khabar.data.errors import RecordError

if TYPE_CHECKING:
    from khabar.data.facts import Fact


class Entity(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A mention: ``document.text[start:end] == text``, always."""

    id: str
    type: str
    start: int
    """Code points before the mention."""
    end: int
    """Code points before and in the mention."""
    text: str
    score: float | None = None
    """The model's confidence, 0 to 1; None in gold."""
    cluster: str | None = None
    """Mentions of one real-world thing share it; None where nothing was grouped."""


class Relation(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A typed, directed link between two entities of the same document, by their ids."""

    id: str
    type: str
    head: str
    tail: str
    score: float | None = None
    """The model's confidence, 0 to 1; None in gold."""


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text with its entities and relations.

    Raises:
        RecordError: an entity lies outside the text or is not the text there, an id is used
            twice, or a relation names an entity that is not there.
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    meta: dict[str, str] = {}

    def __post_init__(self) -> None:
        for entity in self.entities:
            _check_extent(entity, self.text)
        _check_unique("entity", [entity.id for entity in self.entities])
        _check_unique("relation", [relation.id for relation in self.relations])
        _check_arguments(self.relations, {entity.id for entity in self.entities})

    def entity(self, id: str) -> Entity:
        """Return the entity of that id. Raises: KeyError."""
        for entity in self.entities:
            if entity.id == id:
                return entity
        raise KeyError(id)

    def outermost(self) -> Document:
        """Return the flat view: entities inside no other, and the relations between those.

        Of two entities with the same extent the first stays.
        """
        kept: list[Entity] = []
        reach = -1
        for entity in sorted(self.entities, key=lambda e: (e.start, -e.end)):
            if entity.end > reach:
                kept.append(entity)
                reach = entity.end
        ids = {entity.id for entity in kept}
        return msgspec.structs.replace(
            self,
            entities=tuple(kept),
            relations=tuple(r for r in self.relations if r.head in ids and r.tail in ids),
        )

    def facts(self) -> tuple[Fact, ...]:
        """Return what it says of things; see ``khabar.data.facts.document_facts``."""
        from khabar.data.facts import document_facts

        return document_facts(self)

    def to_html(self) -> str:
        """Return a complete HTML page for the eye, which asks no network for anything."""
        from khabar.data.page import build_page  # it imports this module

        return build_page([self])

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        from khabar.data.page import notebook_frame

        return notebook_frame(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain Python values, as it is written to JSON."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Document:
        """Return the record that ``to_dict`` gave. Raises: msgspec.ValidationError."""
        return msgspec.convert(plain, cls)


def _check_extent(entity: Entity, text: str) -> None:
    start, end = entity.start, entity.end
    inside = 0 <= start < end <= len(text)  # a slice forgives an end past the text
    if not inside or text[start:end] != entity.text:
        raise RecordError(
            f"entity {entity.id}: text[{start}:{end}] is not {entity.text!r}; "
            f"offsets count code points of the text, end exclusive"
        )


def _check_unique(kind: str, ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        twice = next(id for id, count in Counter(ids).items() if count > 1)
        raise RecordError(f"two {kind} ids are {twice!r}; give each its own")


def _check_arguments(relations: tuple[Relation, ...], ids: set[str]) -> None:
    for relation in relations:
        for role, id in (("head", relation.head), ("tail", relation.tail)):
            if id not in ids:
                raise RecordError(
                    f"relation {relation.id}: its {role} {id!r} is the id of no entity here; "
                    f"correct it or add the entity"
                )
