"""Every format gives back what it has a place for, to the letter, and tells of all else."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.formats import read_documents, write_documents
from khabar.data.records import Document, Entity, Relation
from khabar.data.words import split_words
from tests.marked import marked

# Marks on letters, tatweel, a direction mark inside a word, a ligature, characters outside the BMP,
# spaces in a row, two lines, a line feed inside an entity, nesting, entities that share an extent.
HARD = marked(
    "\U0001f534 عـــاجل:  قالَ ⟨1:OCC|وزيرُ ⟨2:ORG|الخارجيّةِ⟩⟩ ⟨3:PERS|سا\u200dمح شُكري⟩، \U0001f600"
    "\U0001f468\u200d\U0001f680\nإنّ ⟨4:ORG|جامعة\nالدول⟩ في ⟨5:GPE|⟨6:LOC|ﺍﻟﻘﺎﻫﺮﺓ⟩⟩"
    "\U0001f1ea\U0001f1ec ⟨7:PRODUCT|\U0001d538\U0001d539⟩ .",
    "3 has_occupation 1",
    "3 employee_of 2",
    "4 located_in 5",
    "2 related_to 1",
    id="خبر 1/2",
)
LOSSLESS = ("jsonl", "inline", "parquet")
TOOLS = ("brat", "label-studio", "doccano", "spert", "dygie")


def through(document: Document, format: str, path: Path) -> tuple[Document, Counter[str]]:
    if path.is_dir():
        shutil.rmtree(path)
    left_out = write_documents(path, [document], format=format)
    (read,) = read_documents(path, format=format)
    return read, left_out.counts


def places(document: Document) -> Counter[tuple[int, int, str, str]]:
    return Counter((e.start, e.end, e.type, e.text) for e in document.entities)


def related(document: Document) -> Counter[tuple[object, ...]]:
    def place(id: str) -> tuple[int, int, str]:
        entity = document.entity(id)
        return entity.start, entity.end, entity.type

    return Counter((r.type, place(r.head), place(r.tail)) for r in document.relations)


def test_the_hard_document_is_hard():
    assert any(ord(character) > 0xFFFF for character in HARD.text)
    assert all(part in HARD.text for part in ("\u0640", "\u0651", "\u064e", "\u200d", "  ", "\n"))
    assert HARD.entity("5").text == HARD.entity("6").text == "ﺍﻟﻘﺎﻫﺮﺓ"


@pytest.mark.parametrize("format", [*LOSSLESS, "spacy", "datasets"])
def test_formats_with_a_place_for_all_lose_nothing(format: str, tmp_path: Path):
    assert through(HARD, format, tmp_path / "a") == (HARD, Counter())


@pytest.mark.parametrize("format", [*TOOLS, "xmi", "webanno"])
def test_formats_of_tools_keep_text_places_nesting_and_relations(format: str, tmp_path: Path):
    read, left_out = through(HARD, format, tmp_path / "a")
    assert (read.id, read.text) == (HARD.id, HARD.text)
    assert places(read) == places(HARD)
    assert related(read) == related(HARD)
    assert left_out == {}


@pytest.mark.parametrize("format", [*TOOLS, "conll", "xmi", "webanno"])
def test_what_a_format_has_no_place_for_is_counted(format: str, tmp_path: Path):
    document = Document(
        id="1",
        text="تونس وقطر",
        entities=(
            Entity(id="T1", type="GPE", start=0, end=4, text="تونس", score=0.5, cluster="a"),
            Entity(id="T2", type="GPE", start=6, end=9, text="قطر", score=0.25),
        ),
        relations=(Relation(id="R1", type="has_border_with", head="T1", tail="T2", score=0.5),),
        meta={"source": "نشرة"},
    )
    scores, clusters = {"scores": 3}, {"clusters of entities": 1}
    expected = {
        "brat": {"clusters of one entity": 1, **scores, "meta.source": 1},
        "label-studio": {"scores of relations": 1, **clusters},
        "doccano": {**scores, **clusters},
        "spert": {**scores, **clusters},
        "dygie": scores,
        "xmi": {"meta.source": 1},
        "webanno": {"meta.source": 1},
        "conll": {"relations": 1, **scores, **clusters, "meta.source": 1, "texts' own spaces": 1},
    }
    assert through(document, format, tmp_path / "a")[1] == expected[format]


def test_the_sentence_tells_all_that_is_left_out_of_a_file(tmp_path: Path):
    left_out = write_documents(tmp_path / "a.conll", [HARD, HARD])
    assert str(left_out) == (
        "conll has no place for what is left out: 8 relations, 2 texts' own spaces"
    )
    assert not write_documents(tmp_path / "a.jsonl", [HARD])


def tidy(document: Document) -> Document:
    """Drop entities that start or end with nothing visible; give types and the document names."""
    words = split_words(document.text)
    starts, ends = {start for start, _ in words}, {end for _, end in words}
    visible = regex.compile(r"(?V1)[^\p{DI}\p{Cc}\p{Z}]")
    kept = [
        msgspec.structs.replace(e, type="X" + "".join(e.type.split()), score=None, cluster=None)
        for e in document.entities
        if (e.start in starts or visible.match(e.text[0]))
        and (e.end in ends or visible.match(e.text[-1]))
    ]
    ids = {entity.id for entity in kept}
    relations = [
        msgspec.structs.replace(r, type="Y" + "".join(r.type.split()))
        for r in document.relations
        if {r.head, r.tail} <= ids
    ]
    return msgspec.structs.replace(
        document, id=f"d{document.id}", entities=tuple(kept), relations=tuple(relations)
    )


@pytest.mark.parametrize("format", TOOLS)
@settings(max_examples=25, deadline=None)
@given(document=st.from_type(Document).map(tidy))
def test_any_tidy_document_comes_back(
    format: str, document: Document, tmp_path_factory: pytest.TempPathFactory
):
    read, left_out = through(document, format, tmp_path_factory.getbasetemp() / f"any-{format}")
    assert (read.id, read.text) == (document.id, document.text)
    assert places(read) == places(document)
    assert related(read) <= related(document)
    assert related(document).total() - related(read).total() == left_out["relations"]
    lost = {name for name in document.meta if f"meta.{name}" in left_out}
    assert read.meta == {name: v for name, v in document.meta.items() if name not in lost}
