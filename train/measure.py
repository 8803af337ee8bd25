"""Measuring a system on a corpus: a file with gold annotation in, what is scored out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from khabar.data.embedded import corpus_path
from khabar.data.formats import corpus_files, format_by_look, read_documents
from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.data.written import written_labels
from khabar.eval.evaluate import evaluate_predictions
from khabar.eval.predictions import Predictions, predict_documents
from khabar.eval.report import Evaluation
from khabar.eval.tokens import Labels, TokenKind
from khabar.model.extractor import Extractor
from khabar.train.config import CorpusConfig
from khabar.train.corpora import corpus_documents


class Measurement(NamedTuple):
    """Scores, and what had to be mended in gold for them, one sentence each."""

    evaluation: Evaluation
    notes: list[str]


class Measured(NamedTuple):
    """What is to be scored, and what had to be mended in gold for it, one sentence each."""

    predictions: Predictions
    notes: list[str]


def measure(
    extractor: Extractor, corpus: CorpusConfig, *, tokens: TokenKind = "words"
) -> Measurement:
    """Score a model on a corpus, in the model's own schema. Raises as ``predict_corpus``."""
    predictions, notes = predict_corpus(extractor, corpus, tokens=tokens)
    return Measurement(evaluate_predictions(predictions), notes)


def predict_corpus(
    extractor: Extractor, corpus: CorpusConfig, *, tokens: TokenKind = "words"
) -> Measured:
    """Have a model predict a corpus, to be scored in the model's own schema.

    In the corpus's own tokens, a flat file in columns is also to be scored against its labels as
    they are written.

    Raises:
        ConfigError: the corpus is not there, or its share is empty.
        FormatError: an article that cannot be read.
        SchemaError: gold has a type that the model does not know.
        ScoreError: two documents have one id.
    """
    gold, notes = corpus_documents(corpus)
    schema = extractor.model.schema
    labels = _labels(corpus, gold, schema, tokens)
    predictions = predict_documents(extractor, gold, schema, tokens=tokens, gold_labels=labels)
    return Measured(predictions, notes)


def read_predictions(
    path: Path, corpus: CorpusConfig, schema: LabelSchema, *, tokens: TokenKind = "words"
) -> Measured:
    """Read what any system predicted for a corpus, to be scored.

    Args:
        path: a file of documents with the ids and texts of the corpus.
        corpus: with gold annotation.
        schema: of both.
        tokens: as for ``predict_corpus``.

    Raises:
        ConfigError: the corpus is not there, or the share is empty.
        FormatError: an article of either file that cannot be read.
    """
    gold, notes = corpus_documents(corpus)
    predictions = Predictions(
        schema=schema,
        gold=gold,
        predicted=list(read_documents(path)),
        tokens=tokens,
        gold_labels=_labels(corpus, gold, schema, tokens),
    )
    return Measured(predictions, notes)


def _labels(
    corpus: CorpusConfig, gold: Sequence[Document], schema: LabelSchema, tokens: TokenKind
) -> list[Labels] | None:
    """Return the label rows of flat documents in their own tokens, if they come from columns."""
    if tokens == "words" or schema.nested:
        return None
    written: dict[str, list[Labels]] = {}
    for file in corpus_files(corpus_path(corpus.path)):
        if format_by_look(file, corpus.format, corpus.encoding) != "conll":
            return None
        written |= written_labels(file, encoding=corpus.encoding)
    return [row for document in gold for row in written[document.id]]
