"""Documents drawn at random: overlaps, repetitions and crossings of every kind."""

from __future__ import annotations

import random

import msgspec
from hypothesis import strategies as st

from khabar.data.records import Document, Entity, Relation

TYPES = ("PERS", "ORG", "GPE")
_TEXT = " ".join("أبتثجحخدذر")
_spans = st.tuples(st.integers(0, 6), st.integers(1, 4), st.sampled_from(TYPES))
_scores = st.none() | st.sampled_from([0.25, 0.5, 0.875, 1.0])


@st.composite
def documents(draw: st.DrawFn, id: str = "one") -> Document:
    """A document of ten one-letter words, with entities and the conftest schema's relations."""
    entities = []
    for number, (first, words, type) in enumerate(draw(st.lists(_spans, max_size=6))):
        start, end = 2 * first, 2 * (first + words) - 1
        entities.append(
            Entity(id=f"e{number}", type=type, start=start, end=end, text=_TEXT[start:end],
                   score=draw(_scores))
        )  # fmt: skip
    relations = []
    if entities:
        ids = st.sampled_from([entity.id for entity in entities])
        links = st.tuples(st.sampled_from(["works_for", "borders"]), ids, ids)
        for number, (type, head, tail) in enumerate(draw(st.lists(links, max_size=4))):
            relations.append(
                Relation(id=f"r{number}", type=type, head=head, tail=tail, score=draw(_scores))
            )
    return Document(id=id, text=_TEXT, entities=tuple(entities), relations=tuple(relations))


def shuffled(document: Document, rng: random.Random) -> Document:
    """The same document with its entities and relations in another order, some of them twice."""
    entities = rng.sample(document.entities, len(document.entities))
    relations = rng.sample(document.relations, len(document.relations))
    again = [msgspec.structs.replace(e, id=f"again-{e.id}") for e in entities[:2]]
    twice = [msgspec.structs.replace(r, id=f"again-{r.id}") for r in relations[:1]]
    return msgspec.structs.replace(
        document, entities=(*again, *entities), relations=(*relations, *twice)
    )
