"""Resumption: shorter names joined with the longer ones that they resume.

``الوزارة`` is the ministry named last before its first mention, and the same one from there on:
of nine articles of the embedded corpus in which another thing of its class is named between, the
noun keeps its meaning in eight. ``سيروكو`` is ``شركة سيروكو موتورز``. Enters: the
mentions of a document and their groups so far, those of equal words being joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile

from khabar.data.groups import Groups
from khabar.data.mentions import Form, Mention, without_article
from khabar.data.name_index import NameIndex
from khabar.data.nouns import CLASS_NOUNS, HEADS, REALMS, RESUMED_KINDS, SYNONYMS

_LEAST_LETTERS = 3
"""Of a first word that stands for a whole name."""


def join_short_forms(numbers: Sequence[int], mentions: Sequence[Mention], groups: Groups) -> None:
    """Join each of the mentions with the one that it resumes.

    Args:
        numbers: the mentions to look at, in the order of the text.
        mentions: all of the document.
        groups: theirs.
    """
    resumption = _Resumption(mentions, groups)
    for number in numbers:
        resumption.join(number)


def last_named(number: int, candidates: Iterable[int], groups: Groups) -> int | None:
    """Return the candidate whose group was named last before a mention, else the next named.

    Groups that must stay apart from it are no candidates; None where none is left.
    """

    def distance(candidate: int) -> tuple[bool, int]:
        group = groups.of(candidate)
        members, before = groups.members(group), groups.before(group, number)
        return (False, number - members[before - 1]) if before else (True, members[0])

    one_each = {groups.of(candidate): candidate for candidate in candidates}
    free = [candidate for candidate in one_each.values() if not groups.apart(candidate, number)]
    return min(free, key=distance, default=None)


class _Resumption:
    """The mentions of a document and what is known of their forms so far."""

    def __init__(self, mentions: Sequence[Mention], groups: Groups) -> None:
        self._mentions = mentions
        self._groups = groups
        self._index = NameIndex(mentions)
        self._longer: dict[Form, list[int]] = {}
        self._joined: set[Form] = set()
        """Those that are in one group with a longer name: so are all mentions of the form."""

    def join(self, number: int) -> None:
        """Join a mention with the one that it resumes, if there is one."""
        mention, groups = self._mentions[number], self._groups
        if mention.form in self._joined:
            return
        longer = [n for n in self._longer_names(mention) if _in_reach(mention, self._mentions[n])]
        is_joined = any(groups.of(n) == groups.of(number) for n in longer)
        found = None if is_joined else last_named(number, longer, groups)
        if (is_joined or found is not None) and mention.names_one_thing:
            self._joined.add(mention.form)
        if not is_joined and found is None and len(mention.words) == 1:
            found = self._by_other_words(number)
        if found is not None:
            groups.join(found, number)

    def _longer_names(self, mention: Mention) -> list[int]:
        if mention.form not in self._longer:
            begun = self._index.begun_with(mention)
            longer = [n for n in begun if _abridges(mention, self._mentions[n])]
            self._longer[mention.form] = longer
        return self._longer[mention.form]

    # A name with other words

    def _by_other_words(self, number: int) -> int | None:
        """Return what a mention of one word resumes that does not begin with it."""
        rules = [self._last_word]
        if self._mentions[number].resumes:
            rules += [self._same_words, self._same_kind, self._unclassed]
        for fitting in rules:
            found = last_named(number, self._named_before(number, fitting(number)), self._groups)
            if found is not None:
                return found
        return None

    def _named_before(self, number: int, candidates: Iterable[int]) -> list[int]:
        """Return one candidate of each group that holds a mention of the family before one."""
        family = self._mentions[number].family
        one_each = {self._groups.of(candidate): candidate for candidate in candidates}
        named = []
        for group, candidate in one_each.items():
            before = takewhile(lambda member: member < number, self._groups.members(group))
            if any(self._mentions[member].family == family for member in before):
                named.append(candidate)
        return named

    def _last_word(self, number: int) -> Sequence[int]:
        """Return products that go by their last word: ``تويوتا هايلوكس``, ``الهايلوكس``."""
        mention = self._mentions[number]
        return self._index.of_last[mention.head] if mention.entity.type == "PRODUCT" else ()

    def _same_words(self, number: int) -> Sequence[int]:
        return self._index.of_words[self._mentions[number].words]

    def _same_kind(self, number: int) -> Sequence[int]:
        kind = SYNONYMS.get(self._mentions[number].head)
        return self._index.of_kind[kind] if kind is not None else ()

    def _unclassed(self, number: int) -> Sequence[int]:
        """Return names of which nothing says what they are, so that a mention's noun may."""
        mention = self._mentions[number]
        if mention.family == "GPE":
            realms = REALMS.get(mention.words[0], ())
            return [n for realm in realms for n in self._index.of_first[realm]]
        if mention.kind is None:
            return ()
        if mention.entity.type != "PRODUCT" and mention.kind not in RESUMED_KINDS:
            return ()  # الحرب is not any event named before
        classed = CLASS_NOUNS.get(mention.entity.type, {}).keys() | HEADS
        same_family = takewhile(lambda n: n < number, self._index.of_family[mention.family])
        return [
            candidate
            for candidate in self._named_before(number, same_family)
            if not any(self._mentions[n].head in classed for n in self._members(candidate))
        ]

    def _members(self, number: int) -> list[int]:
        return self._groups.members(self._groups.of(number))


# Names that begin with a shorter one


def _abridges(short: Mention, long: Mention) -> bool:
    """Whether a mention is the beginning of another's name, with or without its class noun.

    A definite noun is the beginning of any name of that class: ``الوزارة``, ``وزارة العمل``.
    """
    if len(short.words) == 1:
        indefinite_noun = not short.resumes and (short.kind or short.head in HEADS)
        if len(short.head) < _LEAST_LETTERS or indefinite_noun:
            return False
        if short.resumes and long.words == (short.head,):
            return True
    if short.family == "GPE" and short.words == long.words[:1]:
        return False  # غينيا is not غينيا بيساو, nor النيل the النيل الأزرق
    return any(_begins(short.words, words) for words in (long.words, long.bare))


def _in_reach(short: Mention, long: Mention) -> bool:
    """Whether a mention stands where it may resume another: a definite noun only after it."""
    noun = short.kind or short.head in HEADS or long.words == (short.head,)  # الحفل after حفل
    return not (short.resumes and noun and long.start > short.start)


def _begins(short: Sequence[str], long: Sequence[str]) -> bool:
    start = [without_article(word) for word in long[: len(short)]]
    return len(short) < len(long) and start == [without_article(word) for word in short]
