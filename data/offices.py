"""Offices: mentions of one office joined; a title that several persons bear is none.

``رئيس الاتحاد`` and ``رئيسا للاتحاد`` are one office where ``الاتحاد`` is one body. Enters: the
mentions of a document and their groups so far, those of bodies and places being complete.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from khabar.data.groups import Groups
from khabar.data.mentions import Mention, without_article
from khabar.data.nouns import FILLERS, GENERAL, HONORIFICS
from khabar.data.persons import PERSON
from khabar.data.records import Document
from khabar.data.resumption import last_named
from khabar.data.spelling import folded_words

OFFICE = "OCC"
OCCUPATION = "has_occupation"
"""The last part of the relation from a person to an office."""

_ACCUSATIVE = re.compile(r"(?<=...)ا$")
_FEMININE = re.compile(r"(?<=..)ه$")
_Key = tuple[str, ...]


class _Named(msgspec.Struct, frozen=True):
    """What tells offices apart, by the numbers of their mentions."""

    keys: dict[int, _Key]
    words: dict[int, str]
    """The first word, folded, with its article."""
    holders: dict[int, set[int]]


def join_offices(
    mentions: Sequence[Mention], numbers: dict[str, int], document: Document, groups: Groups
) -> None:
    """Join the mentions of each office.

    Args:
        mentions: all of the document.
        numbers: of the mentions, by the ids of their entities.
        document: for who holds which office.
        groups: those of the mentions.
    """
    offices = [number for number, mention in enumerate(mentions) if mention.family == OFFICE]
    named = _Named(
        keys={number: _key(number, mentions, document.text, groups) for number in offices},
        words={number: mentions[number].words[0] for number in offices},
        holders=_holders(mentions, numbers, document, groups),
    )
    by_head: defaultdict[str, list[int]] = defaultdict(list)
    for number in offices:
        key = named.keys[number]
        same = [
            other
            for other in by_head[key[0]]
            if _same_office(key, named.keys[other]) and _may_share(number, other, named)
        ]
        found = last_named(number, same, groups)
        if found is not None:
            groups.join(found, number)
        by_head[key[0]].append(number)


def _holders(
    mentions: Sequence[Mention], numbers: dict[str, int], document: Document, groups: Groups
) -> dict[int, set[int]]:
    """Return the groups of the persons who are said to hold an office, by its mention.

    Without a stated relation, the person who is named right after it.
    """
    holders: defaultdict[int, set[int]] = defaultdict(set)
    for relation in document.relations:
        if relation.type.endswith(OCCUPATION) and {relation.head, relation.tail} <= numbers.keys():
            holders[numbers[relation.tail]].add(groups.of(numbers[relation.head]))
    persons = {m.start: groups.of(n) for n, m in enumerate(mentions) if m.family == PERSON}
    for number, mention in enumerate(mentions):
        if mention.family == OFFICE and number not in holders:
            if mention.entity.end + 1 in persons:
                holders[number].add(persons[mention.entity.end + 1])
    return holders


def _key(number: int, mentions: Sequence[Mention], text: str, groups: Groups) -> _Key:
    """Return the words of an office, in which a name is the number of its group."""
    office = mentions[number]
    words: list[str] = []
    place = office.start
    for inner in range(number + 1, len(mentions)):
        entity = mentions[inner].entity
        if entity.start >= office.entity.end:
            break
        if entity.start >= place and entity.type != OFFICE:
            words += folded_words(text[place : entity.start])
            words.append(f"#{groups.of(inner)}")
            place = entity.end
    words += folded_words(text[place : office.entity.end])
    if not words[0].startswith("#"):
        words[0] = office.words[0]  # without its particle
    told = [_ungendered(word) for word in words if word not in FILLERS]
    return tuple(word for word in told if word not in GENERAL) or office.words


def _ungendered(word: str) -> str:
    return _FEMININE.sub("", _ACCUSATIVE.sub("", without_article(word)))


def _same_office(first: _Key, second: _Key) -> bool:
    short, long = sorted((first, second), key=len)
    return long[: len(short)] == short


def _may_share(first: int, second: int, named: _Named) -> bool:
    """Whether two mentions whose words agree may be of one office.

    Where both name no body or place, they are what a person is, not an office that persons share.
    """
    short = min(first, second, key=lambda number: len(named.keys[number]))
    if len(named.keys[short]) > 1:
        return True
    holders = named.holders.get(first, set()), named.holders.get(second, set())
    if named.words[short] in HONORIFICS:
        return bool(holders[0] & holders[1])
    longer = first if short == second else second
    resumes = named.words[short] != without_article(named.words[short])
    if len(named.keys[longer]) > 1 and not resumes:
        return False
    return not (holders[0] and holders[1]) or bool(holders[0] & holders[1])
