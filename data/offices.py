"""Offices: mentions of one office joined; a title that several persons bear is none.

``رئيس الاتحاد`` and ``رئيسا للاتحاد`` are one office where ``الاتحاد`` is one body. Enters: the
mentions of a document and their groups so far, those of bodies and places being complete.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import msgspec

from khabar.data.groups import Groups
from khabar.data.mentions import OFFICE, Mention, without_article
from khabar.data.name_index import starts
from khabar.data.nouns import FILLERS, GENERAL, HONORIFICS
from khabar.data.persons import PERSON
from khabar.data.records import Document
from khabar.data.resumption import last_named
from khabar.data.spelling import folded_words

OCCUPATION = "has_occupation"
"""The last part of the relation from a person to an office."""

_ACCUSATIVE = re.compile(r"(?<=...)ا$")
_FEMININE = re.compile(r"(?<=..)ه$")
_Key = tuple[str, ...]


class _Office(msgspec.Struct, frozen=True):
    """What a mention tells of an office besides its key."""

    word: str
    """The first word, folded, with its article."""
    names_body: bool
    """Whether it says of what body or place."""
    holders: frozenset[int]
    """The groups of the persons who are said to hold it."""


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
    holders = _holders(mentions, numbers, document, groups)
    keys = {
        number: _key(number, mentions, document.text, groups)
        for number, mention in enumerate(mentions)
        if mention.family == OFFICE
    }
    earlier = _Earlier({len(key) for key in keys.values()})
    for number, key in keys.items():
        held = frozenset(holders.get(number, ()))
        office = _Office(mentions[number].words[0], names_body=len(key) > 1, holders=held)
        found = last_named(number, earlier.same(key, office, groups), groups)
        if found is not None:
            groups.join(found, number)
        earlier.add(number, key, office)


class _Earlier:
    """The offices mentioned so far: of each key, and of each beginning of keys."""

    def __init__(self, lengths: Collection[int]) -> None:
        """Begin with none; the keys that will come have these lengths."""
        self._lengths = lengths
        self._of_key: dict[_Key, dict[_Office, list[int]]] = {}
        self._of_start: dict[_Key, dict[_Office, list[int]]] = {}

    def add(self, number: int, key: _Key, office: _Office) -> None:
        """Let the mention of an office be known."""
        self._of_key.setdefault(key, {}).setdefault(office, []).append(number)
        for start in starts(key, self._lengths):
            self._of_start.setdefault(start, {}).setdefault(office, []).append(number)

    def same(self, key: _Key, office: _Office, groups: Groups) -> Iterator[int]:
        """Yield, of every group that may be of an office, a mention whose words agree with it.

        Words agree where those of one mention are the beginning of the other's.
        """
        shorter = [self._of_key.get(start, {}) for start in starts(key, self._lengths)]
        for offices in (*shorter, self._of_key.get(key, {}), self._of_start.get(key, {})):
            for other, numbers in offices.items():
                if _may_share(office, other):
                    numbers[:] = {groups.of(number): number for number in numbers}.values()
                    yield from numbers


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


def _may_share(office: _Office, other: _Office) -> bool:
    """Whether two mentions whose words agree may be of one office.

    Where both name no body or place, they are what a person is, not an office that persons share.
    """
    if office.names_body and other.names_body:
        return True
    short, long = (other, office) if office.names_body else (office, other)
    share_holders = bool(short.holders & long.holders)
    if short.word in HONORIFICS:
        return share_holders
    resumes = short.word != without_article(short.word)
    if long.names_body and not resumes:
        return False
    return share_holders or not (short.holders and long.holders)
