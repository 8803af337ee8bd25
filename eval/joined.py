"""Long articles: do documents joined into one score as they do apart?

``python -m khabar.eval.joined MODEL DATA`` joins the documents of a file in threes, so that most no
longer fit one window, and prints the scores of both. Enters: a model, gold documents. Leaves: two
evaluations.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from khabar.data.formats import read_documents
from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_model
from khabar.eval.report import Evaluation
from khabar.model.extractor import Extractor

_BETWEEN = "\n\n"


def join_documents(documents: Sequence[Document]) -> Document:
    """Return one document of several, with a blank line between their texts."""
    entities, relations = [], []
    text = ""
    for number, document in enumerate(documents):
        text += _BETWEEN if number else ""
        start = len(text)
        entities += [
            msgspec.structs.replace(
                entity,
                id=f"{number}.{entity.id}",
                start=entity.start + start,
                end=entity.end + start,
            )
            for entity in document.entities
        ]
        relations += [
            msgspec.structs.replace(
                relation,
                id=f"{number}.{relation.id}",
                head=f"{number}.{relation.head}",
                tail=f"{number}.{relation.tail}",
            )
            for relation in document.relations
        ]
        text += document.text
    return Document(
        id="+".join(document.id for document in documents),
        text=text,
        entities=tuple(entities),
        relations=tuple(relations),
    )


def evaluate_joined(
    extractor: Extractor, gold: Sequence[Document], at_once: int = 3
) -> tuple[Evaluation, Evaluation]:
    """Return the scores of documents apart, and of the same joined ``at_once`` to one."""
    joined = [join_documents(gold[i : i + at_once]) for i in range(0, len(gold), at_once)]
    schema = extractor.model.schema
    return evaluate_model(extractor, gold, schema), evaluate_model(extractor, joined, schema)


if __name__ == "__main__":
    apart, joined = evaluate_joined(
        Extractor.load(sys.argv[1]), list(read_documents(Path(sys.argv[2])))
    )
    Console().print("apart", apart.to_table(), "joined in threes", joined.to_table())
