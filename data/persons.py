"""Persons: parts of a name joined with the whole, ``تيلرسون`` with ``ريكس تيلرسون``.

Enters: the mentions of a document and their groups so far. A first or last name that several
persons bear goes to the one who is mentioned most before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from khabar.data.groups import Groups
from khabar.data.mentions import Mention, without_article
from khabar.data.spelling import fold, same_sound, skeleton

PERSON = "PERS"
_SON = frozenset(fold(word) for word in ("بن", "ابن", "بنت", "آل"))


def join_persons(mentions: Sequence[Mention], groups: Groups) -> None:
    """Join the mentions of each person; those of equal words are joined."""
    persons = [n for n, m in enumerate(mentions) if m.family == PERSON and _names(m)]
    by_sound: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    looked_at: dict[tuple[str, ...], int] = {}  # how many names were, by a mention's words
    for number in sorted(persons, key=lambda n: (-len(mentions[n].words), n)):
        mention = mentions[number]
        sounds = dict.fromkeys(map(_sound, _names(mention)))
        longer = min((by_sound[sound] for sound in sounds), key=len)
        if looked_at.get(mention.words) != len(longer):
            wholes = [whole for whole in longer if _is_part(mention, mentions[whole])]
            whole = _likeliest(number, wholes, groups)
            if whole is not None:
                groups.join(whole, number)
        if mention.words not in looked_at:
            for sound in sounds:
                by_sound[sound].append(number)
        looked_at[mention.words] = len(longer)


def _likeliest(number: int, wholes: Iterable[int], groups: Groups) -> int | None:
    """Return a mention of the person whom a part of a name most likely means; None for nobody.

    Among the persons mentioned before: who is so most often, then who came first.
    """

    def rank(whole: int) -> tuple[bool, int, int]:
        group = groups.of(whole)
        members, before = groups.members(group), groups.before(group, number)
        return before == 0, -(before or len(members)), members[0]

    one_each = {groups.of(whole): whole for whole in wholes}
    if groups.of(number) in one_each:
        return None
    free = [whole for whole in one_each.values() if not groups.apart(whole, number)]
    return min(free, key=rank, default=None)


def _is_part(part: Mention, whole: Mention) -> bool:
    """Whether the words of a name are some of a longer one's, in order, an end among them."""
    short, long = _names(part), _names(whole)
    if len(short) >= len(long):
        return False
    place = 0
    for word in long:
        if place < len(short) and _same(short[place], word):
            place += 1
    first, last = _same(short[0], long[0]), _same(short[-1], long[-1])
    return place == len(short) and (first or (last and not _is_father(whole)))


def _names(mention: Mention) -> tuple[str, ...]:
    return tuple(word for word in mention.words if word not in _SON)


def _is_father(mention: Mention) -> bool:
    """Whether the last name is the father's: ``سلطان بن زايد`` is not ``زايد``."""
    return len(mention.words) > 1 and mention.words[-2] in _SON


def _same(first: str, second: str) -> bool:
    one, other = (without_article(first),), (without_article(second),)
    return one == other or (
        _sound(first) == _sound(second) and same_sound(one, other, vowels=False)
    )


def _sound(word: str) -> tuple[str, ...]:
    return skeleton((without_article(word),))
