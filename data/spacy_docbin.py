"""spaCy: documents as ``Doc`` objects, and as ``.spacy`` files of them (``DocBin``).

Enters and leaves: documents. A ``Doc`` made here has our words as its tokens, cut further only
where an entity starts or ends inside a word; what is between words and is no single space is a
token of its own, so that ``doc.text`` is the text to the letter.

- ``doc.spans["khabar"]``: the entities, nested as they are; a span's label is the type, ``id_`` the
  id, ``kb_id_`` the cluster. The group's ``attrs`` hold ``scores``, as spaCy's own span categorizer
  has them (NaN where there is none), and ``extents``, the exact offsets, where those of the spans
  are others: tokens of another tokenizer may be longer than a mention, which may end with a space.
- ``doc._.khabar_relations``: dicts with ``id, type, head, tail`` and ``score``, head and tail being
  ids of entities; ``doc._.khabar_id`` and ``doc._.khabar_meta``. ``doc._.khabar`` is the record.

A ``DocBin`` is read and written whole: its size is what fits in memory. spaCy (the extra ``spacy``)
loads on first use. An empty cluster becomes none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from khabar.data.atomic import write_atomically
from khabar.data.errors import FormatError, RecordError
from khabar.data.files import file_stem
from khabar.data.jsonl import encode_document
from khabar.data.optional import require_library
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected
from khabar.data.words import Span as Extent
from khabar.data.words import spans_touched, split_words

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, SpanGroup
    from spacy.vocab import Vocab

SPANS = "khabar"
"""The key of our span group."""
_CATEGORIZER_SPANS = "sc"
_Extents = tuple[tuple[int, int], ...]


def read_docbin(path: Path, rejected: Rejected) -> Iterator[Document]:
    """Every ``Doc`` becomes a document or an entry of ``rejected``, its line being its number.

    Entities are the spans of the group ``khabar``; where there is none, those of spaCy's span
    categorizer (the group ``sc``) or else ``doc.ents``, numbered in order. A ``Doc`` without an id
    is named by the file, ``<stem>-<number>``.

    Raises:
        ConfigError: spaCy is not installed.
        FormatError: the file is missing or holds no ``DocBin``.
    """
    stem = file_stem(path)
    for number, doc in enumerate(_docs(path), start=1):
        try:
            document = document_of(doc)
        except (FormatError, RecordError, msgspec.MsgspecError) as error:
            rejected.add(path, number, str(error))
        else:
            named = document.id or f"{stem}-{number}"
            yield msgspec.structs.replace(document, id=named)


def write_docbin(path: Path, documents: Iterable[Document]) -> None:
    """Write documents as a ``DocBin`` with user data, atomically.

    Raises:
        ConfigError: spaCy is not installed.
        FormatError: a document holds a lone surrogate.
    """
    _require_spacy()
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    vocab = Vocab()
    docs = (to_doc(document, vocab) for document in documents)
    bin_of_docs = DocBin(attrs=(), store_user_data=True, docs=docs)
    write_atomically(path, bin_of_docs.to_disk)


def to_doc(document: Document, vocab: Vocab) -> Doc:
    """Return a document as a ``Doc`` of our words. Raises: FormatError: a lone surrogate."""
    from spacy.tokens import Doc

    encode_document(document)  # names the document, which spaCy's error does not
    words, spaces = _tokens(document)
    doc = Doc(vocab, words=words, spaces=spaces)
    annotate(doc, document)
    return doc


def annotate(doc: Doc, document: Document) -> None:
    """Set a document's entities and relations on a ``Doc`` of the same text, whatever its tokens.

    An entity becomes the span of the tokens that it touches; ``doc._.khabar`` stays exact.
    """
    import numpy as np
    from spacy.tokens import SpanGroup

    register_extensions()
    tokens = [(token.idx, token.idx + len(token)) for token in doc]
    spans = [_span(doc, tokens, entity) for entity in document.entities]
    attrs: dict[str, object] = {}
    if any(entity.score is not None for entity in document.entities):
        scores = (math.nan if e.score is None else e.score for e in document.entities)
        attrs["scores"] = np.array(list(scores))
    extents = [(entity.start, entity.end) for entity in document.entities]
    if extents != [(span.start_char, span.end_char) for span in spans]:
        attrs["extents"] = extents
    doc.spans[SPANS] = SpanGroup(doc, name=SPANS, spans=spans, attrs=attrs)
    doc._.khabar_id = document.id
    doc._.khabar_meta = dict(document.meta)
    doc._.khabar_relations = [msgspec.to_builtins(r) for r in document.relations]


def document_of(doc: Doc) -> Document:
    """Return the record of a ``Doc``; without an id its id is empty.

    Raises:
        FormatError: the group's scores or extents are not as many as its spans.
        RecordError: a relation names a span that is not there, or two have one id.
        msgspec.ValidationError: ``khabar_relations`` or ``khabar_meta`` are of another form.
    """
    register_extensions()
    return Document(
        id=msgspec.convert(doc._.khabar_id, str),
        text=doc.text,
        entities=_entities(doc),
        relations=msgspec.convert(doc._.khabar_relations, tuple[Relation, ...]),
        meta=msgspec.convert(doc._.khabar_meta, dict[str, str]),
    )


def register_extensions() -> None:
    """Make ``doc._.khabar`` and its parts known to spaCy; a second call changes nothing."""
    from spacy.tokens import Doc

    Doc.set_extension("khabar", getter=document_of, force=True)
    Doc.set_extension("khabar_id", default="", force=True)
    Doc.set_extension("khabar_meta", default={}, force=True)
    Doc.set_extension("khabar_relations", default=[], force=True)


def _require_spacy() -> None:
    require_library("spacy", extra="spacy", purpose="spaCy's files need")


def _docs(path: Path) -> Iterator[Doc]:
    _require_spacy()
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    try:
        yield from DocBin().from_bytes(path.read_bytes()).get_docs(Vocab())
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:  # all that other bytes raise in spaCy 3.8
        raise FormatError(f"{path}: is damaged or no DocBin: {error}") from error


def _tokens(document: Document) -> tuple[list[str], list[bool]]:
    """Cut a text into tokens, and say which of them a space follows that is no token itself."""
    text = document.text
    starts = {entity.start for entity in document.entities}
    ends = {entity.end for entity in document.entities}
    word_edges = {edge for word in split_words(text) for edge in word}
    words: list[str] = []
    spaces: list[bool] = []
    for start, end in pairwise(sorted({0, len(text)} | starts | ends | word_edges)):
        first = start + 1
        if words and text[start] == " " and start not in starts:
            spaces[-1] = True
        else:
            first = start
        if first < end:
            words.append(text[first:end])
            spaces.append(False)
    return words, spaces


def _span(doc: Doc, tokens: Sequence[Extent], entity: Entity) -> Span:
    from spacy.tokens import Span

    touched = spans_touched(tokens, entity.start, entity.end)
    return Span(
        doc,
        touched.start,
        touched.stop,
        label=entity.type,
        kb_id=entity.cluster or "",
        span_id=entity.id,
    )


def _entities(doc: Doc) -> tuple[Entity, ...]:
    if SPANS in doc.spans:
        group = doc.spans[SPANS]
        return tuple(_group_entities(group, [span.id_ for span in group]))
    if _CATEGORIZER_SPANS in doc.spans:
        group = doc.spans[_CATEGORIZER_SPANS]
        return tuple(_group_entities(group, _numbers(len(group))))
    ids = _numbers(len(doc.ents))
    return tuple(_entity(span, id) for span, id in zip(doc.ents, ids, strict=True))


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


def _group_entities(group: SpanGroup, ids: Sequence[str]) -> Iterator[Entity]:
    own = [(span.start_char, span.end_char) for span in group]
    extents = msgspec.convert(group.attrs.get("extents", own), _Extents)
    scores = [float(score) for score in group.attrs.get("scores", [math.nan] * len(own))]
    for name, values in (("scores", scores), ("extents", extents)):
        if len(values) != len(own):
            raise FormatError(
                f"the span group {group.name!r} has {len(own)} spans and {len(values)} {name}; "
                f"mend or delete its attrs[{name!r}]"
            )
    for span, id, extent, score in zip(group, ids, extents, scores, strict=True):
        entity = _entity(span, id, extent)
        yield entity if math.isnan(score) else msgspec.structs.replace(entity, score=score)


def _entity(span: Span, id: str, extent: Extent | None = None) -> Entity:
    start, end = extent or (span.start_char, span.end_char)
    return Entity(
        id=id,
        type=span.label_,
        start=start,
        end=end,
        text=span.doc.text[start:end],
        cluster=span.kb_id_ or None,
    )
