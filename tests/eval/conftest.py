"""Documents and schemas that the tests of scores share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import pytest

from khabar.data.records import Document, Entity, Relation
from khabar.data.schema import LabelSchema, RelationRule
from khabar.eval.analysis import Analysis
from khabar.eval.figures import draw_figures
from tests.eval.news import full_analysis


class MakeDocument(Protocol):
    def __call__(
        self,
        text: str,
        entities: Sequence[tuple[str, str]] = (),
        relations: Sequence[tuple[str, int, int]] = (),
        id: str = "one",
    ) -> Document: ...


@pytest.fixture(scope="session")
def make() -> MakeDocument:
    """Make a document of (type, mention) and (type, index of head, index of tail)."""

    def make_document(
        text: str,
        entities: Sequence[tuple[str, str]] = (),
        relations: Sequence[tuple[str, int, int]] = (),
        id: str = "one",
    ) -> Document:
        spans = [(type, text.index(mention), mention) for type, mention in entities]
        return Document(
            id=id,
            text=text,
            entities=tuple(
                Entity(id=f"e{n}", type=type, start=start, end=start + len(mention), text=mention)
                for n, (type, start, mention) in enumerate(spans)
            ),
            relations=tuple(
                Relation(id=f"r{n}", type=type, head=f"e{head}", tail=f"e{tail}")
                for n, (type, head, tail) in enumerate(relations)
            ),
        )

    return make_document


@pytest.fixture(scope="session")
def nested() -> LabelSchema:
    return LabelSchema(
        name="nested",
        nested=True,
        entities={"PERS": "person", "ORG": "organization", "GPE": "country"},
        relations={
            "works_for": RelationRule(head=("PERS",), tail=("ORG", "GPE")),
            "borders": RelationRule(head=("GPE",), tail=("GPE",), symmetric=True),
        },
    )


@pytest.fixture(scope="session")
def flat() -> LabelSchema:
    return LabelSchema(
        name="flat",
        nested=False,
        entities={"PERS": "person", "LOC": "place", "ORG": "organization"},
    )


@pytest.fixture(scope="session")
def analysis(nested: LabelSchema) -> Analysis:
    """One that has something to say in every section of a report."""
    return full_analysis(nested)


@pytest.fixture(scope="session")
def drawn(analysis: Analysis) -> dict[str, str]:
    """Its figures by their names."""
    return draw_figures(analysis)
