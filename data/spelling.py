"""Spelling: one form for the ways in which papers write a name.

Enters: the text of a mention. Leaves: the text without marks, for people to read, or folded, for
programs to compare: hamza, ta marbuta, alef maqsura, diacritics, tatweel, Persian letters, forms of
digits and case make no difference there. Knows no record.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

_REMEMBERED = 1 << 14
"""Names whose forms are kept: articles repeat them."""
_INVISIBLE = regex.compile(r"(?V1)[\p{M}\p{DI}ـ]")  # marks, joiners and the like, tatweel
_QUOTES = regex.compile(r"[\"'«»“”„‘’‹›()\[\]{}]")
_WORD = regex.compile(r"[\p{L}\p{N}]+")
_LETTERS = {
    "ا": "أإآٱ",
    "ي": "ىئی",
    "و": "ؤ",
    "ه": "ةۀە",
    "ك": "ک",
    "غ": "گڭ",
    "ف": "ڤ",
    "ب": "پ",
    "ج": "چ",
}
"""A letter, and the others that papers write for it."""
_FOLDED = str.maketrans(
    {letter: one for one, letters in _LETTERS.items() for letter in letters} | {"ء": None}
)
_COMPOUND_HEADS = frozenset({"عبد", "ابو", "ابا", "ابي", "ام"})

_RIVALS = str.maketrans("جقك", "غغغ")
"""Letters that write one foreign sound: غوغل, جوجل, قوقل; إنكليزي, إنجليزي."""
_VOWELS = regex.compile(r"(?<!^)[اوي](?!$)")
_LEAST_CONSONANTS = 4
"""Of a word whose long vowels may differ, as in ``تلغرام``; shorter ones are other words."""
_LEAST_LETTERS = 4
"""Of a word whose foreign sounds may be written by other letters; of a person's name one more:
``جمال`` and ``كمال`` are two."""


@lru_cache(_REMEMBERED)
def plain(text: str) -> str:
    """Return a text without marks, tatweel and invisible characters, with single spaces."""
    composed = unicodedata.normalize("NFKC", text)
    return " ".join(_INVISIBLE.sub("", composed).replace("_", " ").split())


def without_quotes(text: str) -> str:
    """Return a text without quotation marks and brackets: mentions often hold one of a pair."""
    return " ".join(_QUOTES.sub(" ", text).split())


def fold(text: str) -> str:
    """Return a text in the one form in which spellings of a name are equal."""
    return plain(text).translate(_FOLDED).casefold()


@lru_cache(_REMEMBERED)
def folded_words(text: str) -> tuple[str, ...]:
    """Return the words of a text, folded; punctuation is none."""
    return tuple(_WORD.findall(fold(text)))


def join_compounds(words: tuple[str, ...]) -> tuple[str, ...]:
    """Write compound names as one word: ``عبد المنعم`` as ``عبدالمنعم``."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] in _COMPOUND_HEADS:
            joined[-1] += word
        else:
            joined.append(word)
    return tuple(joined)


@lru_cache(_REMEMBERED)
def skeleton(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what rival transliterations of a name share: no long vowels, one letter for a sound.

    Equal skeletons only make two names comparable; ``same_sound`` decides.
    """
    return tuple(_VOWELS.sub("", word).translate(_RIVALS) for word in words)


def same_sound(first: tuple[str, ...], second: tuple[str, ...], *, vowels: bool) -> bool:
    """Whether two names of equally many words may write one foreign name.

    Args:
        first: folded words.
        second: folded words.
        vowels: whether long vowels may differ, too: not in names of persons, where ``سلمان`` and
            ``سليمان`` are two.
    """
    pairs = zip(first, second, strict=True)
    return all(a == b or _rivals(a, b, vowels=vowels) for a, b in pairs)


def _rivals(first: str, second: str, *, vowels: bool) -> bool:
    letters = min(len(first), len(second))
    if first.translate(_RIVALS) == second.translate(_RIVALS):
        # Never ك for غ: كينيا and غينيا are two countries.
        swapped = {frozenset(pair) for pair in zip(first, second, strict=True)}
        return letters >= _LEAST_LETTERS + (not vowels) and frozenset("كغ") not in swapped
    foreign = not first.startswith("ال")  # with the article it is a word: الأفلاج and الفلج are two
    consonants = _VOWELS.sub("", first)
    return (
        vowels
        and foreign
        and len(consonants) >= _LEAST_CONSONANTS
        and skeleton((first,)) == skeleton((second,))
    )
