"""Tagged tokens: a document as tokens with BIO labels, for formats that have a line for each token.

Enters and leaves: documents, and their tokens with labels and sentences. The text of a document
from tokens is those, joined by spaces and, between sentences, by line feeds; its entities have the
extents of their tokens, whole, and the ids ``1, 2, …`` in order. The tokens of a document from
elsewhere are what spaces, tabs and line ends separate, cut where an entity starts or ends. Knows no
file; see ``bio.py`` for what labels mean.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import NamedTuple

from khabar.data.bio import Mention, decode_labels, encode_labels
from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity
from khabar.data.words import Span, spans_touched

MENDED = "mended"
"""The field of ``meta`` that counts mentions which start without their ``B-``."""

_TOKEN = re.compile(r"[^ \t\r\n]+")


class TaggedTokens(NamedTuple):
    """The tokens of a document."""

    tokens: list[str]
    labels: list[list[str]]
    """Of every token, outermost first; none is ``O``."""
    sentence_starts: set[int]
    """Tokens that start a sentence, but for the first."""


def tagged_document(tagged: TaggedTokens, id: str) -> tuple[Document, list[Mention]]:
    """Return the document of such tokens, and its mentions in tokens, ordered."""
    text, spans = _join(tagged)
    mentions, mended = decode_labels(tagged.labels, tagged.sentence_starts)
    extents = [(spans[m.start][0], spans[m.end - 1][1]) for m in mentions]
    entities = tuple(
        Entity(id=str(number), type=mention.type, start=start, end=end, text=text[start:end])
        for number, (mention, (start, end)) in enumerate(
            zip(mentions, extents, strict=True), start=1
        )
    )
    meta = {MENDED: str(mended)} if mended else {}
    return Document(id=id, text=text, entities=entities, meta=meta), mentions


def tagged_tokens(document: Document) -> TaggedTokens:
    """Return the tokens of a document.

    Raises:
        FormatError: labels cannot hold it: two entities of one type cross, an entity has no token,
            a type has a space. Without the document's id.
    """
    spans = _token_spans(document)
    mentions = _mentions(document, spans)
    return TaggedTokens(
        [document.text[start:end] for start, end in spans],
        encode_labels(mentions, len(spans)),
        _sentence_starts(document.text, spans, mentions),
    )


def loses_spaces(document: Document) -> bool:
    """Whether anything but single spaces, and line feeds outside of entities, parts the tokens.

    Raises:
        FormatError: as ``tagged_tokens``.
    """
    spans = _token_spans(document)
    starts = _sentence_starts(document.text, spans, _mentions(document, spans))
    tokens = [document.text[start:end] for start, end in spans]
    return _join(TaggedTokens(tokens, [], starts))[0] != document.text


def _join(tagged: TaggedTokens) -> tuple[str, list[Span]]:
    pieces: list[str] = []
    spans: list[Span] = []
    offset = 0
    for index, token in enumerate(tagged.tokens):
        if index:
            pieces.append("\n" if index in tagged.sentence_starts else " ")
            offset += 1
        pieces.append(token)
        spans.append((offset, offset + len(token)))
        offset += len(token)
    return "".join(pieces), spans


def _token_spans(document: Document) -> list[Span]:
    cuts = sorted({edge for entity in document.entities for edge in (entity.start, entity.end)})
    spans: list[Span] = []
    for match in _TOKEN.finditer(document.text):
        start, end = match.span()
        inner = cuts[bisect_right(cuts, start) : bisect_left(cuts, end)]
        spans.extend(pairwise([start, *inner, end]))
    return spans


def _mentions(document: Document, spans: list[Span]) -> list[Mention]:
    mentions: list[Mention] = []
    for entity in document.entities:
        touched = spans_touched(spans, entity.start, entity.end)
        if not touched:
            raise FormatError(f"entity {entity.id} {entity.text!r} has no token; drop it")
        if _TOKEN.fullmatch(entity.type) is None:
            raise FormatError(f"the type {entity.type!r} is no single word; rename it")
        mentions.append(Mention(entity.type, touched.start, touched.stop))
    return mentions


def _sentence_starts(text: str, spans: list[Span], mentions: list[Mention]) -> set[int]:
    inside = {token for m in mentions for token in range(m.start + 1, m.end)}
    gaps = enumerate(pairwise(spans), start=1)
    broken = {i for i, ((_, end), (start, _)) in gaps if "\n" in text[end:start]}
    return broken - inside
