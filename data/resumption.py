"""Resumption: shorter names joined with the longer ones that they resume.

``الوزارة`` is the ministry named last before its first mention, and the same one from there on:
of nine articles of the embedded corpus in which another thing of its class is named between, the
noun keeps its meaning in eight. ``سيروكو`` is ``شركة سيروكو موتورز``. Enters: the
mentions of a document and their groups so far, those of equal words being joined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from khabar.data.groups import Groups
from khabar.data.mentions import Mention, without_article
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
    by_head: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number in numbers:
        mention = mentions[number]
        for word in {mention.head, without_article(mention.bare[0])}:
            by_head[mention.family, word].append(number)
    for number in numbers:
        _join_one(number, by_head[mentions[number].family, mentions[number].head], mentions, groups)


def last_named(number: int, candidates: Iterable[int], groups: Groups) -> int | None:
    """Return the candidate whose group was named last before a mention, else the next named.

    Groups that must stay apart from it are no candidates; None where none is left.
    """

    def distance(candidate: int) -> tuple[bool, int]:
        members = groups.members(groups.of(candidate))
        before = [member for member in members if member < number]
        return (False, number - max(before)) if before else (True, min(members))

    one_each = {groups.of(candidate): candidate for candidate in candidates}
    free = [candidate for candidate in one_each.values() if not groups.apart(candidate, number)]
    return min(free, key=distance, default=None)


def _join_one(
    number: int, same_head: Sequence[int], mentions: Sequence[Mention], groups: Groups
) -> None:
    mention = mentions[number]
    longer = [n for n in same_head if _abridges(mention, mentions[n])]
    if any(groups.of(n) == groups.of(number) for n in longer):
        return
    found = last_named(number, longer, groups)
    if found is None and len(mention.words) == 1:
        before = range(number)
        for fits in (
            _last_word,
            *((_same_words, _same_kind, _unclassed) if mention.resumes else ()),
        ):
            chosen = _members(before, fits, mention, mentions, groups)
            found = last_named(number, chosen, groups)
            if found is not None:
                break
    if found is not None:
        groups.join(found, number)


def _abridges(short: Mention, long: Mention) -> bool:
    """Whether a mention is the beginning of another's name, with or without its class noun.

    A definite noun is the beginning of any name of that class: ``الوزارة``, ``وزارة العمل``.
    """
    if len(short.words) == 1:
        indefinite_noun = not short.resumes and (short.kind or short.head in HEADS)
        if len(short.head) < _LEAST_LETTERS or indefinite_noun:
            return False
        noun = short.kind or short.head in HEADS or long.words == (short.head,)  # الحفل after حفل
        if short.resumes and noun and long.start > short.start:
            return False
        if short.resumes and long.words == (short.head,):
            return True
    if short.family == "GPE" and short.words == long.words[:1]:
        return False  # غينيا is not غينيا بيساو, nor النيل the النيل الأزرق
    return any(_begins(short.words, words) for words in (long.words, long.bare))


def _begins(short: Sequence[str], long: Sequence[str]) -> bool:
    start = [without_article(word) for word in long[: len(short)]]
    return len(short) < len(long) and start == [without_article(word) for word in short]


# A noun without a name of its class

_Fits = Callable[[Mention, Sequence[Mention]], bool]


def _members(
    before: Iterable[int],
    fits: _Fits,
    mention: Mention,
    mentions: Sequence[Mention],
    groups: Groups,
) -> list[int]:
    """Return the mentions before one, of its family, whose groups fit."""
    same_family = [n for n in before if mentions[n].family == mention.family]
    fitting = {
        group
        for group in {groups.of(number) for number in same_family}
        if fits(mention, [mentions[n] for n in groups.members(group)])
    }
    return [number for number in same_family if groups.of(number) in fitting]


def _same_words(mention: Mention, group: Sequence[Mention]) -> bool:
    return any(other.words == mention.words for other in group)


def _same_kind(mention: Mention, group: Sequence[Mention]) -> bool:
    kind = SYNONYMS.get(mention.head)
    return kind is not None and any(SYNONYMS.get(other.head) == kind for other in group)


def _unclassed(mention: Mention, group: Sequence[Mention]) -> bool:
    """Whether nothing says what a group is, so that the mention's noun may say it."""
    if mention.family == "GPE":
        return any(other.words[0] in REALMS.get(mention.words[0], ()) for other in group)
    if mention.entity.type != "PRODUCT" and mention.kind not in RESUMED_KINDS:
        return False  # الحرب is not any event named before
    classed = CLASS_NOUNS.get(mention.entity.type, {}).keys() | HEADS
    return mention.kind is not None and not any(other.head in classed for other in group)


def _last_word(mention: Mention, group: Sequence[Mention]) -> bool:
    """Whether a product goes by the last word of its name: ``تويوتا هايلوكس``, ``الهايلوكس``."""
    return mention.entity.type == "PRODUCT" and any(
        len(other.words) > 1 and without_article(other.words[-1]) == mention.head for other in group
    )
