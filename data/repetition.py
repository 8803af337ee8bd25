"""Repetition in a corpus: names that come too often, and sequences of words that come again.

Enters: documents. Leaves: counts and shares. A corpus that people wrote to a pattern shows it here:
the same names, the same sentences with other names in them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from khabar.data.records import Document
from khabar.data.words import split_words

SEQUENCE_WORDS = 8
"""Words of a sequence that counts as repeated when two documents hold it."""


def frequent_mentions(documents: Iterable[Document], type: str) -> list[tuple[str, int]]:
    """Return the texts of a type's mentions with their counts, the most frequent first."""
    counts = Counter(e.text for d in documents for e in d.entities if e.type == type)
    return counts.most_common()


def repeated_share(documents: Sequence[Document], *, masked: bool = False) -> float:
    """Return the share of different eight-word sequences that occur in more than one document.

    Args:
        documents: the corpus.
        masked: whether every outermost mention counts as one word, its type: then sentences that
            differ in their names alone are the same.
    """
    holders: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, document in enumerate(documents):
        words = _masked_words(document) if masked else _words(document)
        for start in range(len(words) - SEQUENCE_WORDS + 1):
            holders[tuple(words[start : start + SEQUENCE_WORDS])].add(number)
    repeated = sum(len(numbers) > 1 for numbers in holders.values())
    return repeated / len(holders) if holders else 0.0


def shared_mentions(
    parts: Mapping[str, Sequence[Document]], type: str
) -> dict[tuple[str, str], list[str]]:
    """Return the mentions of a type, of two words or more, that two parts share.

    Args:
        parts: documents by the name of their part.
        type: an entity type; with names of persons, what is shared should be public figures alone.

    Returns:
        The shared texts, sorted, for every pair of parts in order.
    """
    names = list(parts)
    texts = {
        name: {e.text for d in documents for e in d.entities if e.type == type and " " in e.text}
        for name, documents in parts.items()
    }
    return {
        (first, second): sorted(texts[first] & texts[second])
        for number, first in enumerate(names)
        for second in names[number + 1 :]
    }


def _words(document: Document) -> list[str]:
    return [document.text[start:end] for start, end in split_words(document.text)]


def _masked_words(document: Document) -> list[str]:
    words: list[str] = []
    outer = sorted(document.outermost().entities, key=lambda entity: entity.start)
    reach, remaining = -1, iter(outer)
    entity = next(remaining, None)
    for start, end in split_words(document.text):
        while entity is not None and entity.end <= start:
            entity = next(remaining, None)
        if entity is not None and entity.start < end:
            if reach < entity.end:
                words.append(entity.type)
                reach = entity.end
        else:
            words.append(document.text[start:end])
    return words
