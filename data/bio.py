"""BIO labels of tokens, flat or nested, and the mentions they stand for.

Enters and leaves: tokens as their indexes. A token carries one label for each mention over it,
outermost first, ``B-`` on the mention's first token and ``I-`` on the others; none is ``O``.
Knows no text and no file.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from khabar.data.errors import FormatError

Labels = Sequence[str]
"""The labels of one token."""


class Mention(msgspec.Struct, frozen=True):
    """An entity as a run of tokens."""

    type: str
    start: int
    """Tokens before it."""
    end: int
    """Tokens before and in it."""


def decode_labels(
    tokens: Sequence[Labels], sentence_starts: Collection[int] = ()
) -> tuple[list[Mention], int]:
    """Return the mentions, and the count of those that start without their ``B-``.

    Of several mentions of one type that are open, each ``I-`` continues the outermost not yet
    continued; the others are over. An ``I-`` that has none to continue starts a mention. No mention
    crosses the start of a sentence. Mentions are ordered by their start, the longer first.
    """
    found: list[Mention] = []
    running: dict[str, list[int]] = {}
    orphans = 0
    for token, labels in enumerate(tokens):
        before = {} if token in sentence_starts else running
        open = {type: iter(sorted(indexes)) for type, indexes in before.items()}
        running = {}
        for label in labels:
            if label == "O":
                continue
            prefix, _, type = label.partition("-")
            index = next(open.get(type, iter(())), None) if prefix == "I" else None
            if index is None:
                orphans += prefix == "I"
                index = len(found)
                found.append(Mention(type, token, token + 1))
            else:
                found[index] = Mention(type, found[index].start, token + 1)
            running.setdefault(type, []).append(index)
    return sorted(found, key=_outermost_first), orphans


def encode_labels(mentions: Sequence[Mention], tokens: int) -> list[list[str]]:
    """Return the labels of so many tokens; ``decode_labels`` gives the mentions back, ordered.

    Raises:
        FormatError: two mentions of one type cross, which BIO cannot say.
    """
    labels: list[list[str]] = [[] for _ in range(tokens)]
    open: dict[str, list[Mention]] = {}
    for mention in sorted(mentions, key=_outermost_first):
        around = open.setdefault(mention.type, [])
        while around and around[-1].end <= mention.start:
            around.pop()
        if around and around[-1].end < mention.end:
            raise FormatError(
                f"two {mention.type} cross, over the tokens {around[-1].start} to "
                f"{around[-1].end - 1} and {mention.start} to {mention.end - 1}; columns can only "
                f"nest them: shorten one"
            )
        around.append(mention)
        for token in range(mention.start, mention.end):
            prefix = "B" if token == mention.start else "I"
            labels[token].append(f"{prefix}-{mention.type}")
    return labels


def _outermost_first(mention: Mention) -> tuple[int, int]:
    return mention.start, -mention.end
