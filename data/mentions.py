"""Mentions: the names in a document, without particles, taken apart for comparison.

Enters: a document. Leaves: a ``Mention`` for every entity that names a thing, in the order of the
text. Whether the first letter of a mention is a particle is decided from the other mentions, from
lists of well-known words (``nouns.py``) and from what stands before it. Groups nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

import msgspec

from khabar.data.clitics import split_clitics
from khabar.data.nouns import (
    ALIASES,
    CAPITALS,
    CLASS_NOUNS,
    CURRENCY_FORMS,
    FILLERS,
    GIVEN_NAMES,
    HEADS,
    HONORIFICS,
    MINISTERS,
    MINISTRY,
    NATIONS,
    PLACE_NAMES,
    WHOLE_WORDS,
)
from khabar.data.records import Document, Entity
from khabar.data.spelling import (
    fold,
    folded_words,
    join_compounds,
    plain,
    without_quotes,
)

VALUE_TYPES = frozenset(
    {"CARDINAL", "DATE", "MONEY", "ORDINAL", "PERCENT", "QUANTITY", "TIME", "UNIT"}
)
"""Types whose mentions are values, not names of things: they belong to no cluster."""

OFFICE = "OCC"

_ARTICLE = "ال"
_GENERIC = frozenset({"EVENT", "LAW"})
"""Types whose indefinite mentions of one word each bring something new: ``مباراة``."""
_FAMILIES = {"LOC": "GPE", "FAC": "ORG"}
"""Types whose mentions may name one thing: a hospital acts, and it is a place."""
_PLACES = frozenset({"GPE", "LOC"})
_MARKED = re.compile(r"[وف]?[بلك]ـ+")
_BEFORE_ARTICLE = re.compile(r"و?ل(?=ل...)|و?ب(?=ال...)|و(?=ال...)")
_LEAST_REST = 3
"""Letters of a word after a ``و`` that is only likely to be *and*."""
_ENDINGS = re.compile(r"(يات|يون|يين|ون|ين|يه|ات|ي|ه)$")
_LEAST_STEM = 2
_CAPITAL = fold("عاصمة")
_CURRENCY_ENDING = re.compile(r"(?<=...)ا$")


Form: TypeAlias = tuple[str, tuple[str, ...], tuple[str, ...], str | None]


class Mention(msgspec.Struct, frozen=True):
    """An entity that names a thing, read as a name."""

    entity: Entity
    family: str
    """Its type, or the one type that stands for several whose mentions may name one thing."""
    display: str
    """The text without particles, marks and quotation marks."""
    words: tuple[str, ...]
    """The folded words of ``display``, with compounds joined; known aliases under one name."""
    bare: tuple[str, ...]
    """``words`` without a class noun at the start; the same where there is none."""
    kind: str | None
    """The kind of its first word, where this is a class noun."""

    @property
    def start(self) -> int:
        """Code points of the text before it."""
        return self.entity.start

    @property
    def head(self) -> str:
        """The first word without the article."""
        return without_article(self.words[0])

    @property
    def resumes(self) -> bool:
        """Whether it is one definite word, as ``الوزارة``, which may resume a longer name."""
        return len(self.words) == 1 and self.head != self.words[0]

    @property
    def names_one_thing(self) -> bool:
        """Whether its words mean one thing throughout an article: ``الشركة``, not ``مباراة``."""
        indefinite = len(self.words) == 1 and not self.resumes
        return self.family != OFFICE and not (self.entity.type in _GENERIC and indefinite)

    @property
    def form(self) -> Form:
        """All but where it stands: mentions of one form that name one thing name the same."""
        return self.entity.type, self.words, self.bare, self.kind


def read_mentions(document: Document) -> list[Mention]:
    """Return the names of a document in the order of the text, whatever the entities' order.

    A mention without letters and digits names nothing and is left out.
    """
    entities = sorted(
        (e for e in document.entities if e.type not in VALUE_TYPES and _names(e)),
        key=lambda e: (e.start, -e.end, e.type, e.id),
    )
    known = {type: _known_words(type, entities) for type in {e.type for e in entities}}
    ends = {(entity.type, entity.end) for entity in entities}
    mentions = [
        _mention(entity, known[entity.type], follows=(entity.type, entity.start - 1) in ends)
        for entity in entities
    ]
    return _with_ministries(mentions)


def _names(entity: Entity) -> bool:
    is_sign = entity.type == "CURR" and entity.text in CURRENCY_FORMS
    return is_sign or bool(folded_words(entity.text))


def without_article(word: str) -> str:
    """Return a folded word without the definite article."""
    rest = word.removeprefix(_ARTICLE)
    return rest if len(rest) >= _LEAST_STEM else word


def nation_stem(word: str) -> str:
    """Return what the forms of a nationality share: ``الأمريكي``, ``أمريكية``, ``أمريكيون``."""
    bare = without_article(word)
    for form in (word, bare):  # ألماني begins like an article
        if form in NATIONS:
            return NATIONS[form]
    stem = _ENDINGS.sub("", bare)
    return stem if len(stem) >= _LEAST_STEM else bare


def _mention(entity: Entity, known: Counter[str], *, follows: bool) -> Mention:
    display = without_quotes(_without_particle(entity, known, follows=follows))
    words = _key(entity.type, display)
    noun = without_article(words[0])
    kind = CLASS_NOUNS.get(entity.type, {}).get(noun)
    apposed = len(words) > 1 and (noun == words[0] or _is_capital_named(words))
    return Mention(
        entity=entity,
        family=_FAMILIES.get(entity.type, entity.type),
        display=display,
        words=words,
        bare=_canonical(words[1:]) if kind and apposed else words,
        kind=kind,
    )


def _is_capital_named(words: tuple[str, ...]) -> bool:
    """Whether a name is ``العاصمة مسقط``, not ``العاصمة العمانية``."""
    stems = tuple(nation_stem(word) for word in words[1:])
    return without_article(words[0]) == _CAPITAL and stems not in CAPITALS


def _with_ministries(mentions: list[Mention]) -> list[Mention]:
    """Read the portfolio of a minister as the ministry: ``الخزانة`` of ``وزير الخزانة الأمريكي``.

    A nationality that follows in the title is the ministry's.
    """
    nations = {(m.start, m.entity.type): m.display for m in mentions}
    titles: list[Mention] = []
    read: list[Mention] = []
    for mention in mentions:
        titles = [title for title in titles if title.entity.end > mention.start]
        if mention.entity.type == OFFICE and mention.words[0] in MINISTERS:
            titles.append(mention)
        if mention.entity.type == "ORG" and mention.kind is None and titles:
            nation = nations.get((mention.entity.end + 1, "NORP"), "")
            inside = mention.entity.end + 1 < titles[-1].entity.end
            words = _key("ORG", f"{mention.display} {nation if inside else ''}")
            mention = msgspec.structs.replace(
                mention, words=(MINISTRY, *words), bare=words, kind="ministry"
            )
        read.append(mention)
    return read


def _key(type: str, display: str) -> tuple[str, ...]:
    words = list(join_compounds(folded_words(display)))
    if type == "WEBSITE" and "." in display:
        return (re.sub(r"^(.*\s)?(https?://)?(www\.)?|/$", "", fold(display)),)
    if type == "CURR":
        return tuple(_currency(word) for word in words or [display])
    if type in {"NORP", "LANGUAGE"}:
        return tuple(nation_stem(word) for word in words)
    if type == "PERS":
        return _without_honorifics(words)
    while len(words) > 1 and words[-1] in FILLERS and type not in _PLACES:
        words.pop()
    if type == "ORG":
        words[1:] = [_adjective(word) for word in words[1:]]
    return _canonical(tuple(words))


def _canonical(words: tuple[str, ...]) -> tuple[str, ...]:
    return ALIASES.get(words, words)


def _adjective(word: str) -> str:
    """Return a definite adjective in one form for both genders: ``الأمريكية``, ``الأميركي``."""
    bare = without_article(word)
    if bare == word:
        return word
    return f"{_ARTICLE}{NATIONS[bare]}ي" if bare in NATIONS else re.sub("يه$", "ي", word)


def _without_honorifics(words: list[str]) -> tuple[str, ...]:
    for number, word in enumerate(words):
        if word not in HONORIFICS:
            return tuple(words[number:])
    return tuple(words)


def _currency(word: str) -> str:
    bare = without_article(word)
    form = CURRENCY_FORMS.get(bare, bare)
    return nation_stem(_CURRENCY_ENDING.sub("", form))


# Particles


def _known_words(type: str, entities: Iterable[Entity]) -> Counter[str]:
    """Count the first and last words of the names of a type, as they stand."""
    counts: Counter[str] = Counter()
    for entity in entities:
        if entity.type == type:
            words = folded_words(entity.text)
            counts.update({*words[:1], *words[-1:]})
    return counts


def _without_particle(entity: Entity, known: Counter[str], *, follows: bool) -> str:
    """Return the text without particles at its start, and without marks.

    Args:
        entity: the mention.
        known: words of the names of its type.
        follows: whether one of its type ends just before it: then a ``و`` is *and*.
    """
    text = plain(entity.text)
    first, _, rest = text.partition(" ")
    if marked := _MARKED.match(entity.text):
        return text[len(plain(marked[0])) :]
    bare = _bare_first(first, entity.type, known, follows=follows)
    return f"{bare} {rest}".rstrip()


def _bare_first(first: str, type: str, known: Counter[str], *, follows: bool) -> str:
    word = "".join(folded_words(first))
    if word in WHOLE_WORDS:
        return first
    clitic, name = split_clitics(word, known.keys())
    if not clitic:
        clitic, name = split_clitics(word, _listed(type, word))
    if clitic and not (type == "PERS" and clitic.endswith("ك")):  # كريم beside ريم
        rest = first[len(clitic) :]
        spelled = (rest, _ARTICLE + rest[1:], _ARTICLE + rest)  # ل of للتحالف is the article's
        return next((text for text in spelled if fold(text) == name), rest)
    likely = _likely(first, word, follows=follows)
    rest = first[len(likely) :]
    return _ARTICLE + rest[1:] if likely.endswith("ل") else rest


def _listed(type: str, word: str) -> frozenset[str]:
    """Return well-known words of names of a type; none for a word that is one itself."""
    listed = _listed_words(type)
    return frozenset() if word in listed else listed


@cache
def _listed_words(type: str) -> frozenset[str]:
    nouns = frozenset(CLASS_NOUNS.get(type, {})) | (HEADS if type == "ORG" else frozenset())
    return nouns | (GIVEN_NAMES if type == "PERS" else PLACE_NAMES)


def _likely(first: str, word: str, *, follows: bool) -> str:
    """Return the particle that a word has by its form or its place, empty for none."""
    if form := _BEFORE_ARTICLE.match(word):
        return form[0]
    if not word.startswith("و") or len(word) <= _LEAST_REST:
        return ""
    return "و" if follows or first[1] in "أإآ" or word[1] not in "اوي" else ""
