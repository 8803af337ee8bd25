"""Familiarity: how well a mention is known from the training data.

Enters: training documents; then types and texts of mentions. Leaves: the name of a group for each.
Texts are compared without diacritics, tatweel and invisible marks, and without the particles that
are written onto a name, where the rest is known as a name: a model that saw ``فرنسا`` knows
``وفرنسا``. Knows no prediction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Set

import regex

from khabar.data.clitics import split_clitics
from khabar.data.records import Document
from khabar.data.words import split_words

NEW_WORDS, NEW, OTHER_TYPE = "new, no word known", "new, of known words", "only as another type"
ONCE, FEW, SOME, MANY = "once", "2 to 4 times", "5 to 19 times", "20 times or more"
GROUPS = (NEW_WORDS, NEW, OTHER_TYPE, ONCE, FEW, SOME, MANY)
UNSEEN = frozenset((NEW_WORDS, NEW, OTHER_TYPE))
"""The groups of names that training never showed as this type."""

_LEAST = ((20, MANY), (5, SOME), (2, FEW), (1, ONCE))
_MARKS = regex.compile(r"(?V1)[\p{M}\p{DI}ـ]")


class Familiarity:
    """The mentions of training documents, to look others up in."""

    def __init__(self, documents: Iterable[Document]) -> None:
        """Count the mentions of training documents."""
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for document in documents:
            for entity in document.entities:
                self._counts[entity.type][_bare(entity.text)] += 1
        self._texts = {text for counts in self._counts.values() for text in counts}
        self._words = {word for text in self._texts for word in text.split(" ")}

    def group(self, type: str, text: str) -> str:
        """Return which of ``GROUPS`` a mention belongs to."""
        bare = _bare(text)
        counts = self._counts.get(type, Counter())
        if seen := counts[_known(bare, counts.keys())]:
            return next(name for least, name in _LEAST if seen >= least)
        if _known(bare, self._texts) in self._texts:
            return OTHER_TYPE
        first, *others = bare.split(" ")
        return NEW if self._words & {_known(first, self._words), *others} else NEW_WORDS


def _known(text: str, known: Set[str]) -> str:
    """Return the text, without the particles before it where only so it is known."""
    return text if text in known else split_clitics(text, known)[1]


def _bare(text: str) -> str:
    plain = _MARKS.sub("", text)
    return " ".join(plain[start:end] for start, end in split_words(plain)) or text
