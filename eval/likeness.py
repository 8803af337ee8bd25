"""Likeness: what a model scores on two corpora, and on one at the type frequencies of the other.

Enters: a model that has learned from neither, two annotated corpora. Leaves: micro F1 on both, and
on the second with every record weighted so that each type counts as much as in the first: a corpus
that is full of rare types is harder for that alone. A type that only one of them has cannot be
weighted, and is left out of the weighted figure.

``python -m khabar.eval.likeness MODEL NEWS CORPUS`` writes a line for entities and one for
relations; ``bundled`` is all of the embedded corpus.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from khabar.data.embedded import SPLITS, load_corpus
from khabar.data.formats import read_documents
from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_documents
from khabar.eval.report import Figures, Score


def weighted_f1(types: Mapping[str, Figures], like: Mapping[str, Figures]) -> float:
    """Return micro F1 with every type as frequent as in another corpus.

    A gold record, a predicted one and a correct one of type t count for ``like``'s gold records of
    that type to each of its own.

    Args:
        types: figures of each type.
        like: those of the corpus whose frequencies are to hold.
    """
    shared = [type for type in like if like[type].gold and type in types and types[type].gold]
    weight = {type: like[type].gold / types[type].gold for type in shared}
    correct = sum(weight[type] * types[type].correct for type in shared)
    marked = sum(weight[type] * (types[type].gold + types[type].predicted) for type in shared)
    return 2 * correct / marked if marked else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Score a model on two corpora and write the figures."""
    parser = argparse.ArgumentParser(description="Strict scores on two corpora.")
    parser.add_argument("model")
    parser.add_argument("news", type=Path)
    parser.add_argument("corpus", help="a file, or `bundled`")
    given = parser.parse_args(arguments)
    first = _scores(given.model, list(read_documents(given.news)))
    second = _scores(given.model, _documents(given.corpus))
    for news, corpus in zip(first, second, strict=True):
        sys.stdout.write(
            f"{news.metric}: {news.micro.f1:.1%} and {corpus.micro.f1:.1%}, at the first's type "
            f"frequencies {weighted_f1(corpus.types, news.types):.1%}\n"
        )


def _documents(name: str) -> list[Document]:
    if name != "bundled":
        return list(read_documents(Path(name)))
    corpus = load_corpus()
    return [document for split in SPLITS for document in getattr(corpus, split)]


def _scores(model: str, gold: list[Document]) -> list[Score]:
    from khabar.model.extractor import Extractor

    extractor = Extractor.load(model, precision="fp32")
    found = list(extractor.documents(gold, clusters="none"))
    evaluation = evaluate_documents(gold, found, extractor.model.schema)
    strict = [evaluation.entities.strict]
    return [*strict, evaluation.relations.strict] if evaluation.relations else strict


if __name__ == "__main__":
    main()
