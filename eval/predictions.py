"""Predictions: gold documents with what a system found in them, from a model or from a file.

Enters: gold documents, and something that predicts. Leaves: ``Predictions``, all that scores,
intervals and error analysis are made of. Knows no metric and no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.pairs import Pair, pair_documents
from khabar.eval.tokens import Labels, TokenKind


class Predictor(Protocol):
    """What is needed of a model: ``Extractor`` has it."""

    def batch(self, texts: Iterable[str]) -> Iterator[Document]:
        """Yield a document with entities and relations for each text, in order."""

    def relate(self, document: Document) -> Document:
        """Return the document with the relations between the entities that it has."""


class Predictions(msgspec.Struct, frozen=True, kw_only=True):
    """Gold documents, and what one system predicted for them; documents are matched by id."""

    schema: LabelSchema
    """Of both."""
    gold: Sequence[Document]
    predicted: Sequence[Document]
    given_gold: Sequence[Document] | None = None
    """Gold entities, and relations predicted for those; None where nobody asked."""
    tokens: TokenKind = "words"
    """What extents are compared in. For a flat benchmark: ``corpus``, its own tokens."""
    gold_labels: Sequence[Labels] | None = None
    """The label rows of a flat gold file as they are, see ``score_as_written``."""

    def pairs(self) -> list[Pair]:
        """Return every gold document beside its prediction. Raises as ``pair_documents``."""
        return pair_documents(self.gold, self.predicted, self.schema, tokens=self.tokens)

    def given_gold_pairs(self) -> list[Pair] | None:
        """Return the same of the prediction that was given gold entities, if there is one."""
        if self.given_gold is None:
            return None
        return pair_documents(self.gold, self.given_gold, self.schema, tokens=self.tokens)


def predict_documents(
    model: Predictor,
    gold: Sequence[Document],
    schema: LabelSchema,
    *,
    tokens: TokenKind = "words",
    gold_labels: Sequence[Labels] | None = None,
) -> Predictions:
    """Predict the texts of gold documents, and relations given gold entities where there are any.

    Args:
        model: what predicts.
        gold: documents with gold annotation.
        schema: of both.
        tokens: what extents will be compared in.
        gold_labels: the label rows of a flat gold file as they are.
    """
    found = model.batch([document.text for document in gold])
    predicted = [
        msgspec.structs.replace(prediction, id=document.id)
        for document, prediction in zip(gold, found, strict=True)
    ]
    given_gold = None
    if schema.relations:
        bare = [msgspec.structs.replace(document, relations=()) for document in gold]
        given_gold = [model.relate(document) for document in bare]
    return Predictions(
        schema=schema,
        gold=gold,
        predicted=predicted,
        given_gold=given_gold,
        tokens=tokens,
        gold_labels=gold_labels,
    )
