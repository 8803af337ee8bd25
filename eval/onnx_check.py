"""Whether an exported model says what its original says, on real articles.

Enters: two extractors and texts. Leaves: an ``Agreement``, as a record and a table. Runs as
``python -m khabar.eval.onnx_check MODEL ONNX_FOLDER FILE --articles 50``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from khabar.data.formats import read_documents
from khabar.data.records import Document
from khabar.model.extractor import Extractor

_TOLERANCE = 1e-3
"""Most difference of a score between the two."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far two models' records of the same articles agree."""

    articles: int
    windows: int
    entities: int
    """Of the original."""
    relations: int
    differing: tuple[str, ...]
    """Articles whose entities or relations differ by extent, type or argument."""
    entity_scores: float
    """Largest difference of a score, over the articles that do not differ; in records' four
    decimals."""
    relation_scores: float
    seconds: float
    """That the original took."""
    exported_seconds: float

    @property
    def holds(self) -> bool:
        """Whether all labels are equal and all scores are within 0.001."""
        near = max(self.entity_scores, self.relation_scores) <= _TOLERANCE
        return near and not self.differing

    def to_table(self) -> Table:
        """Return the figures as a table."""
        table = Table("", "value", title="original and ONNX")
        rows = {
            "articles": f"{self.articles:,}",
            "windows": f"{self.windows:,}",
            "entities": f"{self.entities:,}",
            "relations": f"{self.relations:,}",
            "articles with another label": f"{len(self.differing):,}",
            "largest difference of an entity's score": f"{self.entity_scores:.4f}",
            "largest difference of a relation's score": f"{self.relation_scores:.4f}",
            "seconds, original": f"{self.seconds:.1f}",
            "seconds, ONNX": f"{self.exported_seconds:.1f}",
        }
        for name, value in rows.items():
            table.add_row(name, value)
        named = [", ".join(self.differing)] if self.differing else []
        table.columns[1].justify = "right"
        table.caption = "equal" if self.holds else ": ".join(["NOT equal", *named])
        return table


def compare(original: Extractor, exported: Extractor, documents: Sequence[Document]) -> Agreement:
    """Predict documents with both and compare the records.

    Args:
        original: in fp32; rounding to less would be most of the difference.
        exported: the same model as ONNX graphs.
        documents: any; their own annotation is not read.
    """
    own, seconds = _timed(original, documents)
    other, exported_seconds = _timed(exported, documents)
    pairs = list(zip(own, other, strict=True))
    equal = [(a, b) for a, b in pairs if _labels(a) == _labels(b)]
    entities = [_distance(*map(_entity_scores, pair)) for pair in equal]
    relations = [_distance(*map(_relation_scores, pair)) for pair in equal]
    return Agreement(
        articles=len(documents),
        windows=sum(int(document.meta["windows"]) for document in own),
        entities=sum(len(document.entities) for document in own),
        relations=sum(len(document.relations) for document in own),
        differing=tuple(a.id for a, b in pairs if _labels(a) != _labels(b)),
        entity_scores=max(entities, default=0.0),
        relation_scores=max(relations, default=0.0),
        seconds=seconds,
        exported_seconds=exported_seconds,
    )


def _timed(extractor: Extractor, documents: Sequence[Document]) -> tuple[list[Document], float]:
    start = time.perf_counter()
    found = list(extractor.documents(documents, clusters="none"))
    return found, time.perf_counter() - start


def _labels(document: Document) -> tuple[object, ...]:
    entities = tuple((e.id, e.type, e.start, e.end) for e in document.entities)
    return entities, tuple((r.type, r.head, r.tail) for r in document.relations)


def _entity_scores(document: Document) -> list[float]:
    return [entity.score or 0 for entity in document.entities]


def _relation_scores(document: Document) -> list[float]:
    return [relation.score or 0 for relation in document.relations]


def _distance(own: list[float], other: list[float]) -> float:
    """Return the largest difference of two scores in the same place."""
    return max((abs(a - b) for a, b in zip(own, other, strict=True)), default=0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare a model with its export, print the table, and return 0 if they agree, else 1."""
    parser = argparse.ArgumentParser(prog="python -m khabar.eval.onnx_check")
    parser.add_argument("model", help="a model folder, a name on the hub, or bundled")
    parser.add_argument("onnx", type=Path, help="the folder that `khabar export` wrote")
    parser.add_argument("file", type=Path, help="articles, in any format that Khabar reads")
    parser.add_argument("--articles", type=int, default=50, help="how many, from the first on")
    given = parser.parse_args(arguments)
    documents = list(islice(read_documents(given.file), given.articles))
    original = Extractor.load(given.model, device="cpu", precision="fp32")
    agreement = compare(original, Extractor.load(given.onnx), documents)
    Console().print(agreement.to_table())
    return 0 if agreement.holds else 1


if __name__ == "__main__":
    sys.exit(main())
