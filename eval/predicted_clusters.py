"""Clusters of predicted mentions: scored against the clusters of gold ones.

Enters: gold clusters of documents, and the documents as a model predicts them, grouped. Leaves: the
scores of ``clusters.py``. As in the CoNLL scorer since version 8 (Pradhan et al., 2014, "Scoring
Coreference Partitions of Predicted Mentions"), a predicted mention is a gold one when its extent is
the same, whatever its type; one without such a twin stays in its cluster and counts against
precision, a gold one without counts against recall. Nothing is added, and nothing is removed but
clusters of one on both sides, where the figure says so.

``python -m khabar.eval.predicted_clusters FILE --model MODEL`` scores a model on articles of the
embedded corpus; for the file see ``clusters.py``. A bundled model has learned from the train part.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from khabar.data.embedded import SPLITS, load_corpus
from khabar.data.mentions import VALUE_TYPES
from khabar.data.records import Document, Entity
from khabar.data.words import Span
from khabar.eval.clusters import (
    Clusters,
    predicted_clusters,
    read_clusters,
    reference_documents,
    score_lines,
    with_unlisted,
    without_singletons,
)
from khabar.eval.counts import count_items
from khabar.eval.report import Figures
from khabar.eval.tokens import tokenize

_Pair: TypeAlias = tuple[Clusters, Clusters]


class Predictor(Protocol):
    """What is needed of a model: ``Extractor`` has it."""

    def batch(self, texts: Iterable[str]) -> Iterator[Document]:
        """Yield a document with entities and their clusters for each text, in order."""


def match_clusters(gold: Document, clusters: Clusters, predicted: Document) -> _Pair:
    """Return gold and predicted clusters in which mentions of one extent have one name.

    Extents are compared in words. Where several mentions share one, those of one type are matched
    first; each has one twin at most.

    Args:
        gold: the document with gold entities.
        clusters: theirs, by their ids.
        predicted: the document with predicted entities that have clusters.
    """
    twin = _twins(gold, predicted)
    renamed = [
        frozenset(f"gold {twin[id]}" if id in twin else f"predicted {id}" for id in cluster)
        for cluster in predicted_clusters(predicted)
    ]
    return [frozenset(f"gold {id}" for id in cluster) for cluster in clusters], renamed


def _twins(gold: Document, predicted: Document) -> dict[str, str]:
    """Return the gold mention of each predicted one that has a twin, as ids."""
    tokens = tokenize(gold.text, "words")
    free: defaultdict[Span, list[Entity]] = defaultdict(list)
    for entity in gold.entities:
        if entity.type not in VALUE_TYPES:
            free[tokens.snap(entity)].append(entity)
    twin: dict[str, str] = {}
    for must_agree in (True, False):
        for entity in predicted.entities:
            if entity.cluster is None or entity.id in twin:
                continue
            extent = free[tokens.snap(entity)]
            fitting = [e for e in extent if e.type == entity.type or not must_agree]
            if fitting:
                twin[entity.id] = fitting[0].id
                extent.remove(fitting[0])
    return twin


def score_model(model: Predictor, reference: Mapping[str, Clusters]) -> str:
    """Return a table of a model's cluster scores on articles of the embedded corpus.

    Raises:
        FormatError: an id that no article of the corpus has.
    """
    documents = reference_documents(reference)
    found = model.batch(document.text for document in documents.values())
    pairs = {
        id: match_clusters(documents[id], with_unlisted(clusters, documents[id]), document)
        for (id, clusters), document in zip(reference.items(), found, strict=True)
    }
    lines = _lines("all parts", list(pairs.values()))
    corpus = load_corpus()
    for name in SPLITS:
        part = [pairs[d.id] for d in getattr(corpus, name) if d.id in pairs]
        if part:
            lines += _lines(f"{name} part", part)
    return "\n".join(lines)


def _lines(title: str, pairs: Sequence[_Pair]) -> list[str]:
    linked = [(without_singletons(gold), without_singletons(found)) for gold, found in pairs]
    return [
        f"{title}: {len(pairs)} articles",
        _mentions(pairs),
        *score_lines("clusters of two and more", linked),
        *score_lines("clusters of one, too", pairs),
    ]


def _mentions(pairs: Sequence[_Pair]) -> str:
    gold, found = (
        {
            (number, id)
            for number, pair in enumerate(pairs)
            for cluster in pair[side]
            for id in cluster
        }
        for side in (0, 1)
    )
    figures = Figures.from_counts(count_items(gold, found))
    shares = (figures.precision, figures.recall, figures.f1)
    return "mentions " + "/".join(f"{100 * share:.1f}" for share in shares)


def main(arguments: Sequence[str] | None = None) -> None:
    """Score the model that the arguments name."""
    from khabar.model.extractor import Extractor

    parser = argparse.ArgumentParser(description="Cluster scores on predicted mentions.")
    parser.add_argument("reference", type=Path, metavar="FILE", help="gold clusters")
    parser.add_argument("--model", default="bundled", help="bundled, a folder, or a hub's name")
    parser.add_argument("--device", default="auto")
    given = parser.parse_args(arguments)
    extractor = Extractor.load(given.model, given.device)
    sys.stdout.write(score_model(extractor, read_clusters(given.reference)) + "\n")


if __name__ == "__main__":
    main()
