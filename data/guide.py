"""The annotation guide's rules that a program can check: see ``docs/annotation.md``.

Enters: a document in the schema ``wojood``. Leaves: one sentence for every mention or relation that
breaks a rule. What only a reader can judge is not here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import regex

from khabar.data.records import Document, Entity

SCHEMA = "wojood"
"""The schema whose guide this is."""
LEADERSHIP = (
    "Administration.president_of",
    "Administration.manager_of",
    "Administration.leader_of",
    "Affiliation.employee_of",
    "Affiliation.member_of",
)
"""Relations of which a pair has one, the most specific, which comes first here."""
_PARTS = {"QUANTITY": "UNIT"}
"""Types whose mentions have one of another type inside, if they are written in digits."""
_NUMBERS = frozenset({"CARDINAL", "DATE", "MONEY", "PERCENT", "QUANTITY", "TIME"})
_ROUNDING = regex.compile(
    r"[وف]?[بلك]?(نحو|حوالي|قرابة|زهاء|[أا]كثر من|[أا]قل من|ما يقرب من|ما يزيد على)\s"
)
# Marks of a letter belong to it; %, @ and signs of currencies are part of what they stand with.
_EDGE = regex.compile(r"^[^\p{L}\p{N}\p{M}\p{Sc}@#%٪]|[^\p{L}\p{N}\p{M}\p{Sc}%٪]$")


def check_guide(document: Document) -> Iterator[str]:
    """Yield one sentence for every way in which a document breaks a rule of the guide."""
    for entity in document.entities:
        yield from _check_extent(entity)
        yield from _check_parts(entity, document.entities)
    yield from _check_leadership(document)


def _check_extent(entity: Entity) -> Iterator[str]:
    named = f"entity {entity.id} {entity.text!r}"
    if _EDGE.search(entity.text):
        yield f"{named} begins or ends with punctuation; leave it outside"
    if entity.type in _NUMBERS and (rounding := _ROUNDING.match(entity.text)):
        yield f"{named} begins with {rounding[1]!r}, which only bounds the number; leave it outside"


def _check_parts(entity: Entity, entities: tuple[Entity, ...]) -> Iterator[str]:
    part = _PARTS.get(entity.type)
    if part is None or not regex.search(r"\p{Nd}", entity.text):
        return
    inside = (e for e in entities if entity.start <= e.start and e.end <= entity.end)
    if not any(other.type == part for other in inside):
        yield f"entity {entity.id} {entity.text!r} is a {entity.type} without {part} in it; mark it"


def _check_leadership(document: Document) -> Iterator[str]:
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for relation in document.relations:
        if relation.type in LEADERSHIP:
            found[relation.head, relation.tail].add(relation.type)
    for (head, tail), types in found.items():
        if len(types) > 1:
            kept, *others = sorted(types, key=LEADERSHIP.index)
            yield (
                f"relations {', '.join([kept, *others])} all run from entity {head} to {tail}; "
                f"keep the most specific, {kept}"
            )
