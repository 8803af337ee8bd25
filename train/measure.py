"""Measuring a model on a corpus: a file with gold annotation in, an evaluation out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from khabar.data.embedded import corpus_path
from khabar.data.records import Document
from khabar.data.written import written_labels
from khabar.eval.evaluate import evaluate_model
from khabar.eval.report import Evaluation
from khabar.eval.tokens import Labels, TokenKind
from khabar.model.extractor import Extractor
from khabar.train.config import CorpusConfig
from khabar.train.corpora import corpus_documents


class Measurement(NamedTuple):
    """Scores, and what had to be mended in gold for them, one sentence each."""

    evaluation: Evaluation
    notes: list[str]


def measure(
    extractor: Extractor, corpus: CorpusConfig, *, tokens: TokenKind = "words"
) -> Measurement:
    """Score a model on a corpus, in the model's own schema.

    In the corpus's own tokens, a flat file in columns is also scored against its labels as
    they are written.

    Raises:
        ConfigError: the file is not there, or the share is empty.
        FormatError: an article that cannot be read.
        SchemaError: gold has a type that the model does not know.
        ScoreError: two documents have one id.
    """
    gold, notes = corpus_documents(corpus)
    schema = extractor.model.schema
    labels = _labels(corpus, gold) if tokens == "corpus" and not schema.nested else None
    evaluation = evaluate_model(extractor, gold, schema, tokens=tokens, gold_labels=labels)
    return Measurement(evaluation, notes)


def _labels(corpus: CorpusConfig, gold: Sequence[Document]) -> list[Labels] | None:
    """Return the label rows of the documents, or None where they do not come from columns."""
    if not all("conll" in document.meta for document in gold):
        return None
    written = written_labels(corpus_path(corpus.path), encoding=corpus.encoding)
    return [row for document in gold for row in written[document.id]]
