"""Name index: the mentions that a shorter name may resume, found by their words.

Enters: the mentions of a document. Leaves: numbers of mentions in the order of the text, the first
alone for all of one form that name one thing, as these are one group. Knows no rule and no group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from khabar.data.mentions import Mention, without_article
from khabar.data.nouns import SYNONYMS

Words = tuple[str, ...]


class NameIndex:
    """Mentions by how their names begin and end, and by what their nouns mean."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        self.of_family: defaultdict[str, list[int]] = defaultdict(list)
        """By family."""
        self.of_words: defaultdict[Words, list[int]] = defaultdict(list)
        """By all their words."""
        self.of_first: defaultdict[str, list[int]] = defaultdict(list)
        """By their first word."""
        self.of_last: defaultdict[str, list[int]] = defaultdict(list)
        """Names of several words, by the last without its article."""
        self.of_kind: defaultdict[str, list[int]] = defaultdict(list)
        """By what their heads are synonyms for."""
        self._begun: defaultdict[tuple[str, Words], list[int]] = defaultdict(list)
        self._lengths: defaultdict[str, set[int]] = defaultdict(set)
        for mention in mentions:
            self._lengths[mention.family].add(len(mention.words))
        for number in _one_each(mentions):
            self._add(number, mentions[number])

    def begun_with(self, short: Mention) -> Sequence[int]:
        """Return the longer names of a family that begin as one does, articles aside.

        A class noun before a name may be left out. To one word those of one word that differ in
        the article at most belong, too, its own form among them.
        """
        return self._begun.get((short.family, _without_articles(short.words)), ())

    def _add(self, number: int, mention: Mention) -> None:
        self.of_family[mention.family].append(number)
        self.of_words[mention.words].append(number)
        self.of_first[mention.words[0]].append(number)
        if len(mention.words) > 1:
            self.of_last[without_article(mention.words[-1])].append(number)
        if mention.head in SYNONYMS:
            self.of_kind[SYNONYMS[mention.head]].append(number)
        lengths = self._lengths[mention.family]
        begins = {
            start
            for words in (mention.words, mention.bare)
            for start in starts(_without_articles(words), lengths)
        }
        if len(mention.words) == 1:
            begins.add((mention.head,))  # حفل, for الحفل
        for begin in begins:
            self._begun[mention.family, begin].append(number)


def starts(words: Words, lengths: Collection[int]) -> Iterator[Words]:
    """Yield the beginnings of some words that have one of the lengths and are not the whole."""
    for length in lengths:
        if length < len(words):
            yield words[:length]


def _without_articles(words: Words) -> Words:
    return tuple(without_article(word) for word in words)


def _one_each(mentions: Sequence[Mention]) -> Iterator[int]:
    """Yield the numbers of mentions, of those of one form that name one thing the first."""
    seen = set()
    for number, mention in enumerate(mentions):
        if not mention.names_one_thing:
            yield number
        elif mention.form not in seen:
            seen.add(mention.form)
            yield number
