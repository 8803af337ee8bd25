"""Label schemas: the entity and relation types of a task, and what a document may hold of them.

A schema is a YAML file, found by its path or, when shipped, by its name (``wojood``). Whoever reads
a document for a schema checks it here. Knows no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import msgspec

from khabar.data.errors import SchemaError
from khabar.data.records import Document, Entity, Relation
from khabar.data.words import Span, spans_touched, split_words


class RelationRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which entity types a relation may join.

    Raises:
        ValueError: an empty head or tail.
    """

    head: tuple[str, ...]
    tail: tuple[str, ...]
    symmetric: bool = False
    """Holds either way round; annotated once, in either order."""

    def __post_init__(self) -> None:
        if not self.head or not self.tail:
            raise ValueError("`head` and `tail` must each name at least one entity type")


class LabelSchema(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The types of a task.

    Raises:
        SchemaError: a relation names an entity type that is not there, or there is no type at all.
    """

    name: str
    nested: bool
    """Whether entities may lie inside others; a flat schema gives every word one label."""
    entities: dict[str, str]
    """Type to description, in the order in which the model numbers them."""
    relations: dict[str, RelationRule] = {}

    def __post_init__(self) -> None:
        if not self.entities:
            raise SchemaError(f"schema {self.name}: `entities` is empty; name at least one type")
        for name, rule in self.relations.items():
            for type in (*rule.head, *rule.tail):
                if type not in self.entities:
                    raise SchemaError(
                        f"schema {self.name}: relation {name} names the entity type {type}, which "
                        f"`entities` does not list; add it there or correct the relation"
                    )

    @property
    def entity_types(self) -> tuple[str, ...]:
        """The entity types, in the model's order."""
        return tuple(self.entities)

    @property
    def relation_types(self) -> tuple[str, ...]:
        """The relation types, in the model's order."""
        return tuple(self.relations)

    def allows(self, relation: str, head: str, tail: str) -> bool:
        """Whether a relation may run from an entity type to another; symmetric ones either way."""
        rule = self.relations[relation]
        forward = head in rule.head and tail in rule.tail
        return forward or (rule.symmetric and head in rule.tail and tail in rule.head)


def load_schema(name_or_path: str | Path) -> LabelSchema:
    """Read a schema from a YAML file, or a shipped one by its name.

    Raises:
        SchemaError: no such schema, or a malformed one.
    """
    path = Path(name_or_path)
    if path.suffix in {".yaml", ".yml"}:
        if not path.is_file():
            raise SchemaError(f"{path}: no such schema file")
        return decode_schema(path.read_bytes(), origin=str(path))
    shipped = files("khabar.configs") / "schema"
    source = shipped / f"{name_or_path}.yaml"
    if not source.is_file():
        names = sorted(Path(f.name).stem for f in shipped.iterdir() if f.name.endswith(".yaml"))
        raise SchemaError(
            f"no schema is named {str(name_or_path)!r}: give one of {', '.join(names)}, "
            f"or the path of a .yaml file"
        )
    return decode_schema(source.read_bytes(), origin=f"schema {name_or_path}")


def decode_schema(yaml: bytes, *, origin: str) -> LabelSchema:
    """Decode a schema; ``origin`` names it in errors. Raises: SchemaError."""
    try:
        return msgspec.yaml.decode(yaml, type=LabelSchema)
    except msgspec.MsgspecError as error:
        raise SchemaError(f"{origin}: {error}") from error


def check_document(document: Document, schema: LabelSchema) -> Iterator[str]:
    """Yield one sentence for every way in which a document breaks the schema or the word rule."""
    known = [entity for entity in document.entities if entity.type in schema.entities]
    for entity in document.entities:
        if entity.type not in schema.entities:
            yield (
                f"{_named(entity)} has the type {entity.type}, which schema {schema.name} lacks; "
                f"correct it or add it to the schema"
            )
    yield from _check_words(document)
    yield from _check_overlaps(known, schema)
    by_id = {entity.id: entity for entity in known}
    stated: set[tuple[str, frozenset[str] | tuple[str, str]]] = set()
    for relation in document.relations:
        rule = schema.relations.get(relation.type)
        pair = (relation.head, relation.tail)
        key = (relation.type, frozenset(pair) if rule and rule.symmetric else pair)
        if key in stated:
            yield f"relation {relation.id} states {relation.type} a second time; drop it"
        stated.add(key)
        if relation.head in by_id and relation.tail in by_id:
            yield from _check_relation(relation, by_id, schema)


def cut_words(document: Document) -> dict[str, Span]:
    """Return the extent, widened to whole words, of each entity that cuts a word, by its id.

    An entity without any word (only invisible characters) has no widened extent and is left out.
    """
    words = split_words(document.text)
    widened: dict[str, Span] = {}
    for entity in document.entities:
        touched = spans_touched(words, entity.start, entity.end)
        if touched:
            start, end = words[touched[0]][0], words[touched[-1]][1]
            if start < entity.start or end > entity.end:
                widened[entity.id] = (min(start, entity.start), max(end, entity.end))
    return widened


def _named(entity: Entity) -> str:
    return f"entity {entity.id} {entity.text!r}"


def _check_words(document: Document) -> Iterator[str]:
    named = {entity.id: _named(entity) for entity in document.entities}
    for id, (start, end) in cut_words(document).items():
        yield f"{named[id]} cuts a word; annotate {document.text[start:end]!r} whole"


def _check_overlaps(entities: list[Entity], schema: LabelSchema) -> Iterator[str]:
    ordered = sorted(entities, key=lambda e: (e.start, -e.end))
    for index, first in enumerate(ordered):
        for second in ordered[index + 1 :]:
            if second.start >= first.end:
                break
            pair = f"{_named(first)} and {_named(second)}"
            same = (first.start, first.end) == (second.start, second.end)
            if same and first.type == second.type:
                yield f"{pair} are the same {first.type} twice; drop one"
            elif second.end > first.end:
                yield f"{pair} cross; one of two overlapping entities must lie inside the other"
            elif not schema.nested:
                yield f"{pair} are nested, but schema {schema.name} is flat; keep one"


def _check_relation(
    relation: Relation, entities: dict[str, Entity], schema: LabelSchema
) -> Iterator[str]:
    name = f"relation {relation.id}"
    if relation.type not in schema.relations:
        yield (
            f"{name} has the type {relation.type}, which schema {schema.name} lacks; "
            f"correct it or add it to the schema"
        )
        return
    if relation.head == relation.tail:
        yield f"{name} joins {_named(entities[relation.head])} to itself; drop it"
        return
    head, tail = entities[relation.head], entities[relation.tail]
    if not schema.allows(relation.type, head.type, tail.type):
        rule = schema.relations[relation.type]
        yield (
            f"{name} is {relation.type} from {head.text!r} ({head.type}) to {tail.text!r} "
            f"({tail.type}); it runs from {' or '.join(rule.head)} to {' or '.join(rule.tail)}: "
            f"correct an entity's type, the direction or the relation"
        )
