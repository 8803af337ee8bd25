"""Pairs: each gold document beside the prediction for it, checked before anything is counted.

Enters: two lists of documents in any order. Leaves: ``Pair`` objects in gold's order. Knows no
metric and no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from khabar.data.errors import KhabarError, SchemaError
from khabar.data.records import Document
from khabar.data.schema import LabelSchema
from khabar.eval.tokens import TokenKind, Tokens, tokenize


class ScoreError(KhabarError):
    """Gold and prediction that cannot be scored against each other."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """The same text twice, with gold annotation and with predicted, and its tokens."""

    gold: Document
    predicted: Document
    tokens: Tokens


def pair_documents(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    schema: LabelSchema,
    *,
    tokens: TokenKind = "words",
) -> list[Pair]:
    """Match documents by their ids.

    Raises:
        ScoreError: an id is used twice or is only on one side, or two texts of an id differ.
        SchemaError: a document has a type that the schema lacks.
    """
    gold_by_id, predicted_by_id = _by_id(gold, "gold"), _by_id(predicted, "predicted")
    _check_same_ids(list(gold_by_id), list(predicted_by_id))
    pairs: list[Pair] = []
    for id, document in gold_by_id.items():
        _check_same_text(document, predicted_by_id[id])
        _check_types(document, "gold", schema)
        _check_types(predicted_by_id[id], "predicted", schema)
        in_tokens = tokenize(document.text, tokens)
        pairs.append(Pair(gold=document, predicted=predicted_by_id[id], tokens=in_tokens))
    return pairs


def _by_id(documents: Iterable[Document], side: str) -> dict[str, Document]:
    by_id: dict[str, Document] = {}
    for document in documents:
        if document.id in by_id:
            raise ScoreError(
                f"two {side} documents have the id {document.id!r}; give each its own, "
                f"as gold and prediction are matched by it"
            )
        by_id[document.id] = document
    return by_id


def _check_same_ids(gold: list[str], predicted: list[str]) -> None:
    for here, there, side in ((gold, predicted, "predicted"), (predicted, gold, "gold")):
        known = set(there)
        lacking = [id for id in here if id not in known]
        if lacking:
            raise ScoreError(
                f"{len(lacking)} of {len(here)} documents have no {side} counterpart, "
                f"the first is {lacking[0]!r}; score a prediction of exactly the gold documents"
            )


def _check_same_text(gold: Document, predicted: Document) -> None:
    if gold.text == predicted.text:
        return
    pairs = zip(gold.text, predicted.text, strict=False)
    shorter = min(len(gold.text), len(predicted.text))
    place = next((index for index, (a, b) in enumerate(pairs) if a != b), shorter)
    raise ScoreError(
        f"document {gold.id!r}: the gold and the predicted text differ from code point {place} on "
        f"({gold.text[place : place + 20]!r}, {predicted.text[place : place + 20]!r}); "
        f"predict on the gold file's own text"
    )


def _check_types(document: Document, side: str, schema: LabelSchema) -> None:
    for kind, annotated, known in (
        ("entity", document.entities, schema.entities.keys()),
        ("relation", document.relations, schema.relations.keys()),
    ):
        for item in annotated:
            if item.type not in known:
                raise SchemaError(
                    f"document {document.id!r}: the {side} {kind} {item.id} has the type "
                    f"{item.type}, which schema {schema.name} lacks; score with the schema "
                    f"of the gold, and map the types of a model of another schema to it"
                )
