"""Clusters: the mentions of one thing inside an article, found by rules.

Enters: a document. Leaves: the same document, in which every entity that names a thing has a
``cluster``; values (numbers, dates, amounts) have none. Knows no model. What is certain comes
first (stated aliases, equal names); then what must stay apart is fixed (a name and another inside
it, the two ends of a relation); then come the rules that choose, in the order of the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

import msgspec
import regex

from khabar.data.groups import Groups
from khabar.data.mentions import OFFICE, Mention, nation_stem, read_mentions
from khabar.data.nouns import CAPITALS
from khabar.data.offices import join_offices
from khabar.data.persons import PERSON, join_persons
from khabar.data.records import Document
from khabar.data.resumption import join_short_forms
from khabar.data.spelling import fold, same_sound, skeleton

ALTERNATE = "has_alternate_name"
"""The last part of the relation that says that two mentions name one thing."""

_NAMES_AGAIN = regex.compile(
    r"[\"»”]?(\s*[(\[]\s*"
    r"|،?\s*(المعروفة?|والمعروفة?|المسماة?|الملقبة?|الشهيرة?|المشهورة?|سابقا|اختصارا)"
    r"(\s+(ب|باسم|بلقب|بـ|اختصارا|اختصارا باسم|أيضا باسم))?\s*)[\"«“]?$"
)
"""Between a name and another of the same thing: an opening bracket, or words that say so."""
_BRACKET = regex.compile(r"[(\[]")
_CLOSES = regex.compile(r"[\"»”]?\s*(سابقا|اختصارا)?\s*[)\]،,]")
_REACH = 40
"""Characters between a name and its alias, at most: ``المعروفة اختصارا باسم`` and signs."""
_QUOTE_OPENS = regex.compile(r"[\"«“„‘(\[]\s*$")
_LONGEST = 300
"""Characters of a mention; around a longer one nothing is looked for."""
_UNBRACKETED = frozenset({"GPE", "CURR", "LANGUAGE", "NORP", OFFICE})
"""Families in which a bracket says something else: ``نيروبي (كينيا)``."""
_OWN = frozenset({PERSON, OFFICE, "NORP", "LANGUAGE"})
"""Families with rules of their own, or whose names have no short forms."""
_CAPITAL_NOUN = fold("العاصمة")


def with_clusters(document: Document) -> Document:
    """Return the document with the cluster of every entity that names a thing.

    Clusters are named ``c1``, ``c2``, … in the order of the text; those that were there are
    replaced. A thing that is mentioned once is a cluster of one. The order of the entities changes
    nothing.
    """
    mentions = read_mentions(document)
    groups = _group(mentions, document)
    names: dict[int, str] = {}
    clusters = {
        mention.entity.id: names.setdefault(groups.of(number), f"c{len(names) + 1}")
        for number, mention in enumerate(mentions)
    }
    entities = tuple(
        msgspec.structs.replace(entity, cluster=clusters.get(entity.id))
        for entity in document.entities
    )
    return msgspec.structs.replace(document, entities=entities)


def _group(mentions: Sequence[Mention], document: Document) -> Groups:
    groups = Groups(len(mentions))
    numbers = {mention.entity.id: number for number, mention in enumerate(mentions)}
    _join_stated(mentions, numbers, document, groups)
    _join_equal(mentions, groups)
    _keep_apart(mentions, numbers, document, groups)
    _join_bare(mentions, groups)
    _join_rivals(mentions, groups)
    _join_capitals(mentions, groups)
    join_persons(mentions, groups)
    join_short_forms([n for n, m in enumerate(mentions) if m.family not in _OWN], mentions, groups)
    join_offices(mentions, numbers, document, groups)
    return groups


# What the text states


def _join_stated(
    mentions: Sequence[Mention], numbers: dict[str, int], document: Document, groups: Groups
) -> None:
    for relation in document.relations:
        if relation.type.endswith(ALTERNATE) and {relation.head, relation.tail} <= numbers.keys():
            groups.join(numbers[relation.head], numbers[relation.tail])
    ending: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for number, mention in enumerate(mentions):
        ending[mention.family, mention.entity.end].append(number)
    for number, mention in enumerate(mentions):
        named = _named_before(mention, ending, document.text)
        if named is not None:
            groups.join(named, number)
        around = _quoted_in(number, mentions, document.text)
        if around is not None:
            groups.join(around, number)


def _named_before(
    mention: Mention, ending: dict[tuple[str, int], list[int]], text: str
) -> int | None:
    """Return the longest mention before this one of which the text calls it another name."""
    if mention.family in _UNBRACKETED:
        return None
    between = _NAMES_AGAIN.search(text, max(0, mention.start - _REACH), mention.start)
    if between and _BRACKET.search(between[0]) and not _CLOSES.match(text, mention.entity.end):
        return None  # نور (سهل 2-1)
    found = ending.get((mention.family, between.start())) if between else None
    return found[0] if found else None


def _quoted_in(number: int, mentions: Sequence[Mention], text: str) -> int | None:
    """Return the smallest mention around one in quotation marks at its end: ``شركة «نبضات``."""
    inner = mentions[number]
    if not _QUOTE_OPENS.search(text[max(0, inner.start - 2) : inner.start]):
        return None
    for around in range(number - 1, -1, -1):
        outer = mentions[around]
        if outer.entity.end >= inner.entity.end and outer.family == inner.family:
            return around if outer.entity.end == inner.entity.end else None
        if outer.entity.end <= inner.start and inner.start - outer.start > _LONGEST:
            break
    return None


def _join_equal(mentions: Sequence[Mention], groups: Groups) -> None:
    first: dict[tuple[str, tuple[str, ...]], int] = {}
    for number, mention in enumerate(mentions):
        if mention.names_one_thing:
            group = mention.entity.type if mention.resumes else mention.family
            groups.join(first.setdefault((group, mention.words), number), number)


# What must stay apart


def _keep_apart(
    mentions: Sequence[Mention], numbers: dict[str, int], document: Document, groups: Groups
) -> None:
    for relation in document.relations:
        if {relation.head, relation.tail} <= numbers.keys():
            groups.keep_apart(numbers[relation.head], numbers[relation.tail])
    around: list[int] = []
    for number, mention in enumerate(mentions):
        around = [n for n in around if mentions[n].entity.end > mention.start]
        for outer in around:
            groups.keep_apart(outer, number)
        around.append(number)


# What chooses


def _join_bare(mentions: Sequence[Mention], groups: Groups) -> None:
    """Join names with and without their class nouns, unless the nouns differ in kind.

    ``محافظة البصرة`` and ``مدينة البصرة`` are two; ``البصرة`` is the one that comes first.
    """
    kinds: defaultdict[int, set[str]] = defaultdict(set)
    for number, mention in enumerate(mentions):
        kinds[groups.of(number)] |= {mention.kind} if mention.kind else set()
    named: defaultdict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for number, mention in enumerate(mentions):
        if not mention.names_one_thing:
            continue
        others = named[mention.entity.type, mention.bare]
        for other in others:
            both = kinds[groups.of(other)] | kinds[groups.of(number)]
            if len(both) <= 1 and groups.join(other, number):
                kinds[groups.of(number)] = both
        if groups.of(number) not in {groups.of(other) for other in others}:
            others.append(number)


def _join_rivals(mentions: Sequence[Mention], groups: Groups) -> None:
    """Join rival transliterations: ``غوغل`` and ``جوجل``."""
    alike: defaultdict[tuple[str, tuple[str, ...]], dict[tuple[str, ...], int]] = defaultdict(dict)
    for number, mention in enumerate(mentions):
        if mention.names_one_thing:
            alike[mention.family, skeleton(mention.bare)].setdefault(mention.bare, number)
    for (family, _), names in alike.items():
        for (first, a), (second, b) in combinations(names.items(), 2):
            if same_sound(first, second, vowels=family != PERSON):
                groups.join(a, b)


def _join_capitals(mentions: Sequence[Mention], groups: Groups) -> None:
    """Join ``العاصمة السويدية`` with ``ستوكهولم``."""
    cities = {m.words: n for n, m in enumerate(mentions) if m.entity.type == "GPE"}
    for number, mention in enumerate(mentions):
        if mention.family == "GPE" and mention.words[0] == _CAPITAL_NOUN:
            capital = CAPITALS.get(tuple(nation_stem(word) for word in mention.words[1:]))
            if capital in cities:
                groups.join(number, cities[capital])
