"""Cluster scores: how well mentions of one thing were brought together.

Enters: gold and predicted clusters of documents, as sets of mention ids. Leaves: MUC (Vilain et
al., 1995), B-cubed (Bagga and Baldwin, 1998), entity-based CEAF (Luo, 2005) and their mean F1, the
score of the CoNLL-2012 task (Pradhan et al., 2012). As in its scorer, numerators and denominators
are summed over documents, and mentions of one side alone count there (Pradhan et al., 2014). In the
task clusters of one are left out on both sides; with them B-cubed and CEAF are higher and MUC is
the same, so that figures always say which.

``python -m khabar.eval.clusters FILE`` scores the rules of ``data/clusters.py`` on articles of the
embedded corpus, given its entities; a line of the file is ``{"id": …, "clusters": [[entity ids],
…]}``. ``predicted_clusters.py`` scores them on entities that a model predicts.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec
import numpy as np
from scipy.optimize import linear_sum_assignment

from khabar.data.clusters import with_clusters
from khabar.data.embedded import load_corpus
from khabar.data.errors import FormatError
from khabar.data.files import read_lines
from khabar.data.mentions import VALUE_TYPES
from khabar.data.records import Document

Clusters: TypeAlias = Sequence[frozenset[str]]
"""Disjoint sets of mention ids of one document."""


class Share(msgspec.Struct, frozen=True):
    """What part of a total is right: precision or recall, before the division."""

    right: float
    total: float

    def __add__(self, other: Share) -> Share:
        return Share(self.right + other.right, self.total + other.total)

    @property
    def value(self) -> float:
        """The part, 0 to 1; 0 of nothing."""
        return self.right / self.total if self.total else 0.0


class Score(msgspec.Struct, frozen=True):
    """Precision and recall of one measure."""

    precision: Share
    recall: Share

    def __add__(self, other: Score) -> Score:
        return Score(self.precision + other.precision, self.recall + other.recall)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, 0 to 1."""
        p, r = self.precision.value, self.recall.value
        return 2 * p * r / (p + r) if p + r else 0.0


def muc(gold: Clusters, predicted: Clusters) -> Score:
    """Count links: those of a cluster that hold when the other side cuts it."""
    return Score(_links(predicted, gold), _links(gold, predicted))


def b_cubed(gold: Clusters, predicted: Clusters) -> Score:
    """Average over mentions how much of a mention's cluster it shares on the other side."""
    return Score(_overlap(predicted, gold), _overlap(gold, predicted))


def ceaf_e(gold: Clusters, predicted: Clusters) -> Score:
    """Pair clusters one to one so that their likeness, 2 |A∩B| / (|A|+|B|), is greatest in all."""
    likeness = np.zeros((len(gold), len(predicted)))
    column = {mention: index for index, cluster in enumerate(predicted) for mention in cluster}
    for row, cluster in enumerate(gold):
        shared = Counter(column[mention] for mention in cluster if mention in column)
        for index, count in shared.items():
            likeness[row, index] = 2 * count / (len(cluster) + len(predicted[index]))
    best = float(likeness[linear_sum_assignment(likeness, maximize=True)].sum())
    return Score(Share(best, len(predicted)), Share(best, len(gold)))


MEASURES: dict[str, Callable[[Clusters, Clusters], Score]] = {
    "MUC": muc,
    "B-cubed": b_cubed,
    "CEAF-e": ceaf_e,
}
"""The measures whose mean F1 is the CoNLL score, by their names."""


def score_clusters(pairs: Iterable[tuple[Clusters, Clusters]]) -> dict[str, Score]:
    """Return every measure over the gold and predicted clusters of documents."""
    empty = Score(Share(0, 0), Share(0, 0))
    totals = dict.fromkeys(MEASURES, empty)
    for gold, predicted in pairs:
        for name, measure in MEASURES.items():
            totals[name] += measure(gold, predicted)
    return totals


def conll_f1(scores: Mapping[str, Score]) -> float:
    """Return the mean F1 of the three measures, 0 to 1."""
    return sum(score.f1 for score in scores.values()) / len(scores)


def without_singletons(clusters: Clusters) -> Clusters:
    """Return the clusters of two mentions and more."""
    return [cluster for cluster in clusters if len(cluster) > 1]


def _links(cut: Clusters, by: Clusters) -> Share:
    cluster_of = {mention: index for index, cluster in enumerate(by) for mention in cluster}
    kept = total = 0
    for cluster in cut:
        found = {cluster_of[mention] for mention in cluster if mention in cluster_of}
        alone = sum(mention not in cluster_of for mention in cluster)
        kept += len(cluster) - len(found) - alone
        total += len(cluster) - 1
    return Share(kept, total)


def _overlap(of: Clusters, other: Clusters) -> Share:
    cluster_of = {mention: index for index, cluster in enumerate(other) for mention in cluster}
    right = 0.0
    for cluster in of:
        shared = Counter(cluster_of[mention] for mention in cluster if mention in cluster_of)
        right += sum(count**2 for count in shared.values()) / len(cluster)
    return Share(right, sum(len(cluster) for cluster in of))


# The reference


class _Reference(msgspec.Struct, frozen=True):
    id: str
    clusters: list[list[str]]


def read_clusters(path: Path) -> dict[str, Clusters]:
    """Return the clusters of a file by the documents' ids.

    Raises:
        FormatError: a line is not as described above, or has a mention in two clusters.
    """
    read: dict[str, Clusters] = {}
    for line in read_lines(path):
        try:
            reference = msgspec.json.decode(line.decode(), type=_Reference)
        except msgspec.MsgspecError as error:
            raise FormatError(f"{path}:{line.number}: {error}") from error
        clusters = [frozenset(cluster) for cluster in reference.clusters]
        mentions = Counter(mention for cluster in reference.clusters for mention in cluster)
        twice = [mention for mention, count in mentions.items() if count > 1]
        if twice:
            raise FormatError(
                f"{path}:{line.number}: entity {twice[0]} stands in two clusters; keep one"
            )
        read[reference.id] = clusters
    return read


def predicted_clusters(document: Document) -> Clusters:
    """Return the clusters that the entities of a document have."""
    clusters: defaultdict[str, set[str]] = defaultdict(set)
    for entity in document.entities:
        if entity.cluster is not None:
            clusters[entity.cluster].add(entity.id)
    return [frozenset(cluster) for cluster in clusters.values()]


def with_unlisted(clusters: Clusters, document: Document) -> Clusters:
    """Return clusters, and one of its own for every name of a document that is in none."""
    listed = frozenset().union(*clusters)
    names = [e.id for e in document.entities if e.type not in VALUE_TYPES and e.id not in listed]
    return [*clusters, *(frozenset({name}) for name in names)]


def of_type(clusters: Clusters, type: str, document: Document) -> Clusters:
    """Return the parts of clusters that are mentions of one type."""
    ids = {entity.id for entity in document.entities if entity.type == type}
    return [cluster & ids for cluster in clusters if cluster & ids]


def reference_documents(reference: Mapping[str, Clusters]) -> dict[str, Document]:
    """Return the articles of the embedded corpus that a reference names, by their ids.

    Raises:
        FormatError: an id that no article of the corpus has.
    """
    corpus = load_corpus()
    documents = {d.id: d for part in (corpus.train, corpus.dev, corpus.test) for d in part}
    unknown = sorted(reference.keys() - documents.keys())
    if unknown:
        raise FormatError(f"the embedded corpus has no article {unknown[0]!r}; correct the id")
    return {id: documents[id] for id in reference}


def score_rules(reference: Mapping[str, Clusters]) -> str:
    """Return a table of the scores of ``with_clusters`` on articles of the embedded corpus.

    Raises:
        FormatError: an id that no article of the corpus has.
    """
    documents = reference_documents(reference)
    compared = []
    for id, clusters in reference.items():
        document = documents[id]
        found = predicted_clusters(with_clusters(document))
        compared.append((document, with_unlisted(clusters, document), found))
    return _table(compared)


_Compared: TypeAlias = tuple[Document, Clusters, Clusters]


def _table(compared: Sequence[_Compared]) -> str:
    pairs = [(gold, found) for _, gold, found in compared]
    linked = [(without_singletons(gold), without_singletons(found)) for gold, found in pairs]
    lines = [
        *score_lines("clusters of two and more", linked),
        *score_lines("clusters of one, too", pairs),
    ]
    types = sorted({e.type for d, _, _ in compared for e in d.entities} - VALUE_TYPES)
    for type in types:
        part = [
            (without_singletons(of_type(g, type, d)), without_singletons(of_type(f, type, d)))
            for d, g, f in compared
        ]
        lines += score_lines(f"{type}, two and more", part)
    return "\n".join(lines)


def score_lines(title: str, pairs: Sequence[tuple[Clusters, Clusters]]) -> list[str]:
    """Return what a table says of pairs of gold and predicted clusters, in percent."""
    scores = score_clusters(pairs)
    mentions = sum(len(cluster) for gold, _ in pairs for cluster in gold)
    parts = [
        f"{name} {100 * s.precision.value:.1f}/{100 * s.recall.value:.1f}/{100 * s.f1:.1f}"
        for name, s in scores.items()
    ]
    return [f"{title}: CoNLL F1 {100 * conll_f1(scores):.1f} ({mentions} mentions)", *parts]


if __name__ == "__main__":
    sys.stdout.write(score_rules(read_clusters(Path(sys.argv[1]))) + "\n")
