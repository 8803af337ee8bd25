"""Tokens: a document for formats that count tokens, and its text from their tokens.

Enters: a document, or lists of tokens. Leaves: token spans in code points, from which entities are
exact; no visible character is left out. Tokens are our words, cut where an entity starts or ends
inside one; invisible marks beside a word belong to its token. Knows no file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import chain, pairwise

import regex

from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity
from khabar.data.words import Span, spans_touched, split_words

_RUN = regex.compile(r"[^\p{Z}\p{Cc}]+")
_VISIBLE = regex.compile(r"(?V1)[^\p{DI}\p{Cc}\p{Z}]")


def token_spans(document: Document) -> list[Span]:
    """Return the spans of the tokens of a document: ordered, disjoint, without a space in them."""
    words = list(chain.from_iterable(split_words(document.text)))
    edges = {edge for entity in document.entities for edge in (entity.start, entity.end)}
    cuts = sorted({*words, *edges})
    spans: list[Span] = []
    for match in _RUN.finditer(document.text):
        start, end = match.span()
        inner = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        spans.extend(_merge_invisible(document.text, list(pairwise([start, *inner, end])), edges))
    return spans


def entity_tokens(spans: Sequence[Span], entity: Entity) -> range:
    """Return the indices of an entity's tokens.

    Raises:
        FormatError: it starts or ends at what belongs to no token.
    """
    touched = spans_touched(spans, entity.start, entity.end)
    exact = touched and (spans[touched[0]][0], spans[touched[-1]][1]) == (entity.start, entity.end)
    if not exact:
        raise FormatError(
            f"entity {entity.id} {entity.text!r} starts or ends with a space or an invisible mark, "
            f"which belongs to no token; trim it"
        )
    return touched


def sentence_starts(document: Document, spans: Sequence[Span]) -> list[int]:
    """Return the tokens that start a line, but inside an entity or between related ones."""
    places = {entity.id: entity_tokens(spans, entity) for entity in document.entities}
    joined = {token for place in places.values() for token in place[1:]}
    for relation in document.relations:
        head, tail = places[relation.head], places[relation.tail]
        joined.update(range(min(head[0], tail[0]) + 1, max(head[-1], tail[-1]) + 1))
    gaps = enumerate(pairwise(spans), start=1)
    lines = [i for i, ((_, end), (start, _)) in gaps if "\n" in document.text[end:start]]
    first = [0] if spans else []
    return first + [token for token in lines if token not in joined]


def join_tokens(sentences: Sequence[Sequence[str]]) -> tuple[str, list[Span]]:
    """Return a text, tokens with a space between them and sentences on lines, and their spans."""
    lines = [" ".join(tokens) for tokens in sentences if tokens]
    spans: list[Span] = []
    offset = 0
    for token in chain.from_iterable(sentences):
        spans.append((offset, offset + len(token)))
        offset += len(token) + 1
    return "\n".join(lines), spans


def find_tokens(tokens: Sequence[str], text: str) -> list[Span]:
    """Return the spans of tokens in a text that has nothing visible beside them.

    Raises:
        FormatError: the text is not that of these tokens.
    """
    spans: list[Span] = []
    end = 0
    for token in tokens:
        start = text.find(token, end)
        if start < 0 or _VISIBLE.search(text, end, start):
            break
        end = start + len(token)
        spans.append((start, end))
    if len(spans) < len(tokens) or _VISIBLE.search(text, end):
        raise FormatError(
            f"the text kept beside the tokens is not theirs after {text[:end][-20:]!r}; drop it"
        )
    return spans


def token_extent(spans: Sequence[Span], start: int, end: int) -> Span:
    """Return the extent in the text of tokens ``start`` to ``end``, exclusive.

    Raises:
        FormatError: there are no such tokens.
    """
    if not 0 <= start < end <= len(spans):
        raise FormatError(
            f"tokens {start} up to {end} are none: the document has {len(spans)}, counted from 0"
        )
    return spans[start][0], spans[end - 1][1]


def _merge_invisible(text: str, pieces: Sequence[Span], edges: set[int]) -> list[Span]:
    """Give pieces without anything visible to the token before or after, unless an entity parts."""
    spans: list[Span] = []
    lead: int | None = None
    for start, end in pieces:
        if _VISIBLE.search(text, start, end):
            spans.append((start if lead is None else lead, end))
            lead = None
        elif spans and spans[-1][1] == start and start not in edges:
            spans[-1] = (spans[-1][0], end)
        elif end not in edges:
            lead = start
    return spans
