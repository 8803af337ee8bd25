"""Facts: what a document says of things, not of mentions.

Enters: a document with clusters, or without: then the rules of ``clusters.py`` make them. Leaves:
its things, each with a name without particles, and its facts, each relation once for a pair of
things however often the text states it. Values (dates, numbers, amounts) are things of one mention.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec
import regex

from khabar.data.clusters import with_clusters
from khabar.data.mentions import Mention, read_mentions
from khabar.data.nouns import CLASS_NOUNS, CURRENCY_FORMS, HEADS, SHED_KINDS
from khabar.data.records import Document, Entity, Relation
from khabar.data.schema import LabelSchema, load_schema
from khabar.data.spelling import fold, plain, without_quotes

_ARABIC = regex.compile(r"\p{Arabic}")

_NEED_TWO_WORDS = frozenset({"PERS", "OCC", "EVENT", "LAW", "FAC"})
"""Types of which one word, a first name or ``المباراة``, may be anyone's."""


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a document names, or a value that it gives."""

    type: str
    """The entity type of most of its mentions."""
    name: str
    """The fullest of its names, without particles."""
    names: tuple[str, ...]
    """All its names without particles, ``name`` first; nouns that only resume it are none."""
    words: tuple[str, ...]
    """``name`` as folded words: equal for other spellings of it, and with or without ``مدينة``."""
    proper: bool
    """Whether the name tells which thing it is beyond this document, as far as names do."""
    mentions: tuple[Entity, ...]
    """In the order of the text."""
    cluster: str | None
    """What its mentions share; None for a mention in no cluster, as values are."""

    @property
    def id(self) -> str:
        """The cluster, or the id of the only mention; clusters and entities may share ids."""
        return self.mentions[0].id if self.cluster is None else self.cluster


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A relation between two things."""

    type: str
    head: Thing
    tail: Thing
    relations: tuple[Relation, ...]
    """The document's relations that state it."""
    score: float | None
    """The highest of theirs; None in gold."""


def document_things(document: Document) -> tuple[Thing, ...]:
    """Return the things of a document in the order of their first mentions."""
    clustered = _clustered(document)
    read = {mention.entity.id: mention for mention in read_mentions(clustered)}
    grouped: defaultdict[tuple[bool, str], list[Entity]] = defaultdict(list)
    for entity in sorted(clustered.entities, key=lambda e: (e.start, -e.end, e.type, e.id)):
        alone = entity.cluster is None
        grouped[alone, entity.id if entity.cluster is None else entity.cluster].append(entity)
    return tuple(_thing(mentions, read) for mentions in grouped.values())


def document_facts(document: Document, schema: LabelSchema | None = None) -> tuple[Fact, ...]:
    """Return the facts of a document, in the order in which it states them.

    A relation between mentions of one thing, as of a name and its alias, is no fact.

    Args:
        document: with entities, relations and, where it has them, clusters.
        schema: says which relations are symmetric and so hold once for a pair, in the direction
            stated first; None: the shipped ``wojood``.
    """
    return facts_between(document_things(document), document.relations, schema)


def facts_between(
    things: Sequence[Thing], relations: Iterable[Relation], schema: LabelSchema | None = None
) -> tuple[Fact, ...]:
    """Return the facts that relations state of things; see ``document_facts``."""
    known = (schema or _wojood()).relations
    symmetric = {name for name, rule in known.items() if rule.symmetric}
    number_of = {m.id: number for number, thing in enumerate(things) for m in thing.mentions}
    stated: defaultdict[tuple[str, int, int], list[Relation]] = defaultdict(list)
    for relation in relations:
        head, tail = number_of[relation.head], number_of[relation.tail]
        if relation.type in symmetric and (relation.type, tail, head) in stated:
            head, tail = tail, head
        if head != tail:
            stated[relation.type, head, tail].append(relation)
    return tuple(
        Fact(
            type=type,
            head=things[head],
            tail=things[tail],
            relations=tuple(stating),
            score=max((r.score for r in stating if r.score is not None), default=None),
        )
        for (type, head, tail), stating in stated.items()
    )


@cache
def _wojood() -> LabelSchema:
    return load_schema("wojood")


def _clustered(document: Document) -> Document:
    has_clusters = any(entity.cluster is not None for entity in document.entities)
    return document if has_clusters else with_clusters(document)


def _thing(entities: Sequence[Entity], read: dict[str, Mention]) -> Thing:
    types = [entity.type for entity in entities]
    named = _ranked(read[entity.id] for entity in entities if entity.id in read)
    value = without_quotes(plain(entities[0].text)) or entities[0].text
    names = [mention.display for mention in named] or [value]
    return Thing(
        type=Counter(types).most_common(1)[0][0],
        name=names[0],
        names=tuple(dict.fromkeys(names)),
        words=_lasting_words(named[0]) if named else tuple(value.split()),
        proper=bool(named) and _is_proper(named[0]),
        mentions=tuple(entities),
        cluster=entities[0].cluster,
    )


# Names


def _ranked(mentions: Iterable[Mention]) -> list[Mention]:
    """Return the mentions that name a thing, the one that names it best first."""
    given = list(mentions)
    naming = [mention for mention in given if not _is_class_noun(mention)] or given
    bare = {mention.words for mention in naming}
    return sorted(
        naming,
        key=lambda m: (
            not _ARABIC.search(m.display),
            m.entity.type == "GPE" and m.kind is not None and m.bare == m.words,  # العاصمة العمانية
            m.kind in SHED_KINDS and m.bare != m.words and m.bare in bare,
            fold(m.display) in CURRENCY_FORMS,  # درهما
            -len(m.words),
            m.start,
        ),
    )


def _is_class_noun(mention: Mention) -> bool:
    """Whether a mention is a noun that names nothing by itself: ``الوزارة``."""
    if len(mention.words) > 1:
        return False
    nouns = CLASS_NOUNS.get(mention.entity.type, {})
    return mention.head in nouns or mention.head in HEADS


def _is_proper(mention: Mention) -> bool:
    return len(mention.words) > 1 or not (
        mention.entity.type in _NEED_TWO_WORDS or _is_class_noun(mention)
    )


def _lasting_words(mention: Mention) -> tuple[str, ...]:
    return mention.bare if mention.kind in SHED_KINDS else mention.words
