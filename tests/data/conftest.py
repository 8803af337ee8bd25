"""``st.from_type(Document)`` gives documents of any text that a file can hold.

Entities lie anywhere, so they may nest, cross, cut words and share extents.
"""

from __future__ import annotations

from hypothesis import strategies as st

from khabar.data.records import Document, Entity, Relation

ANY = st.characters(exclude_categories=["Cs"])
# Final marks, tatweel, a ligature, presentation forms, joiners and direction marks, digits.
ARABIC = st.sampled_from("ابتةىيءئؤآلله٠١٢ـَُِّْٰﷺﻻﺎ\u200c\u200d\u200e\u200f\u202b\u2069\ufeff")
# What the formats themselves are made of, and what other programs take for a line's end.
SIGNS = st.sampled_from("⟨⟩|\\:=#- \t\n\r\0\x0b\x0c\x1c\x85\xa0\u2028\u2029\"'{}$O")
TEXTS = st.text(st.one_of(ANY, ARABIC, SIGNS), max_size=40) | st.sampled_from(
    ["", "---", "===", "---\n===\n---", "#عاجل قال", "\\#", "$#$ O", "-DOCSTART-", "أ\r\nب\r"]
)
NAMES = st.text(st.one_of(ARABIC, SIGNS), max_size=4)
SCORES = st.none() | st.floats(0, 1)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(TEXTS)
    edges = st.integers(0, len(text))
    extents = st.tuples(edges, edges).filter(lambda extent: extent[0] < extent[1])
    found = draw(st.lists(extents, max_size=5)) if text else []
    ids = draw(st.lists(NAMES, min_size=len(found), max_size=len(found), unique=True))
    entities = tuple(
        Entity(
            id=id,
            type=draw(NAMES),
            start=start,
            end=end,
            text=text[start:end],
            score=draw(SCORES),
            cluster=draw(st.none() | NAMES),
        )
        for id, (start, end) in zip(ids, found, strict=True)
    )
    relations: tuple[Relation, ...] = ()
    if ids:
        ends = st.sampled_from(ids)
        names = draw(st.lists(NAMES, max_size=3, unique=True))
        relations = tuple(
            Relation(
                id=name, type=draw(NAMES), head=draw(ends), tail=draw(ends), score=draw(SCORES)
            )
            for name in names
        )
    meta = draw(st.dictionaries(NAMES | st.just("id"), TEXTS, max_size=3))
    return Document(id=draw(NAMES), text=text, entities=entities, relations=relations, meta=meta)


st.register_type_strategy(Document, documents())
