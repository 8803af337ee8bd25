"""Sentences for the plain recipe: flat CoNLL documents to word rows, and label rows back.

Enters: a flat file in columns; later, rows of predicted labels. Leaves: a ``Part`` of a corpus, and
predicted documents. Knows no tokenizer and no model. Labels are those written in the file, as a
reader of columns finds them; gold documents are read and mended as ``khabar evaluate`` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, pairwise
from pathlib import Path

import msgspec

from khabar.data.bio import decode_labels
from khabar.data.errors import ConfigError, SchemaError
from khabar.data.formats import read_documents
from khabar.data.records import Document, Entity
from khabar.data.schema import LabelSchema
from khabar.data.validate import widen_to_words
from khabar.data.written import written_labels
from khabar.eval.tokens import Labels, Tokens, tokenize


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a corpus: gold documents, and their sentences as rows."""

    documents: list[Document]
    words: list[list[str]]
    """The corpus's own tokens, a row for each sentence, over all documents in their order."""
    labels: list[Labels]
    """As they are written, in rows of the same lengths."""


def label_names(schema: LabelSchema) -> list[str]:
    """Return all labels of a flat schema, sorted, as the example numbers those of its data.

    Raises:
        ConfigError: the schema is nested, and one label a word cannot show that.
    """
    if schema.nested:
        raise ConfigError(
            f"schema {schema.name} is nested; the plain recipe gives each word one label: name a "
            f"flat schema and corpus"
        )
    return sorted(["O", *(f"{part}-{type}" for part in "BI" for type in schema.entity_types)])


def read_part(path: Path, schema: LabelSchema, share: tuple[float, float] = (0, 1)) -> Part:
    """Read a share of a flat file's documents, the same that ``share`` names in a configuration.

    Raises:
        ConfigError: the schema is nested, the file is not there, or the share holds no document.
        FormatError: a line that cannot be read, or a token with several labels.
        SchemaError: a label that the schema lacks.
    """
    names = set(label_names(schema))
    if not path.is_file():
        raise ConfigError(f"corpus {path}: no such file; correct the path")
    read = list(read_documents(path, format="conll"))
    start, end = (round(edge * len(read)) for edge in share)
    if start == end:
        raise ConfigError(
            f"corpus {path}: its share {list(share)} of {len(read)} documents holds none; give a "
            f"larger file, or another --dev-share"
        )
    documents = [widen_to_words(document)[0] for document in read[start:end]]
    written = written_labels(path)
    labels = [row for document in documents for row in written[document.id]]
    if unknown := {label for row in labels for label in row} - names:
        raise SchemaError(
            f"corpus {path} has the label {min(unknown)!r}, which schema {schema.name} lacks; "
            f"name the corpus's own with --schema"
        )
    words = [row for document in documents for row in _sentences(document)]
    return Part(documents=documents, words=words, labels=labels)


def predicted_documents(part: Part, rows: Sequence[Labels]) -> list[Document]:
    """Return the part's documents with the entities of predicted labels, read as a file's are.

    Args:
        part: whose sentences were predicted.
        rows: a label for every word of every sentence. An ``I-`` without its ``B-`` starts an
            entity, as in conlleval.
    """
    tokens = [tokenize(document.text, "corpus") for document in part.documents]
    left = iter(rows)
    return [
        _predicted(document, own, list(islice(left, len(own.row_lengths))))
        for document, own in zip(part.documents, tokens, strict=True)
    ]


def _predicted(document: Document, tokens: Tokens, rows: list[Labels]) -> Document:
    mentions, _ = decode_labels([[label] for row in rows for label in row], tokens.row_starts)
    extents = [(tokens.spans[m.start][0], tokens.spans[m.end - 1][1], m.type) for m in mentions]
    entities = tuple(
        Entity(id=str(number), type=type, start=start, end=end, text=document.text[start:end])
        for number, (start, end, type) in enumerate(extents, start=1)
    )
    return Document(id=document.id, text=document.text, entities=entities)


def _sentences(document: Document) -> list[list[str]]:
    tokens = tokenize(document.text, "corpus")
    words = [document.text[start:end] for start, end in tokens.spans]
    return [words[start:stop] for start, stop in pairwise(tokens.row_starts)]
