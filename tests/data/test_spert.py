from __future__ import annotations

import json
from pathlib import Path

import pytest

from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from khabar.data.spert import read_spert, write_spert
from tests.marked import marked

# As SpERT's own conversion scripts write a sentence.
SAMPLE = {
    "tokens": ["\U0001f534", "قالَ", "سامـح", "شكري", "وزيرُ", "خارجيّة", "مصر", "."],
    "entities": [
        {"type": "PERS", "start": 2, "end": 4},
        {"type": "OCC", "start": 4, "end": 7},
        {"type": "GPE", "start": 6, "end": 7},
        {"type": "LOC", "start": 6, "end": 7},
    ],
    "relations": [{"type": "has_occupation", "head": 0, "tail": 1}],
    "orig_id": "news_3",
}


def read(path: Path, *samples: dict[str, object]) -> list[Document]:
    path.write_text(json.dumps(samples), encoding="utf-8")
    return list(read_spert(path, StrictRejected()))


def test_ends_are_exclusive(tmp_path: Path):
    (document,) = read(tmp_path / "a.json", SAMPLE)
    assert (document.id, document.text) == ("news_3", " ".join(SAMPLE["tokens"]))
    assert [(e.id, e.type, e.text) for e in document.entities] == [
        ("1", "PERS", "سامـح شكري"),
        ("2", "OCC", "وزيرُ خارجيّة مصر"),
        ("3", "GPE", "مصر"),
        ("4", "LOC", "مصر"),
    ]
    assert document.relations == (Relation(id="r1", type="has_occupation", head="1", tail="2"),)


def test_a_sample_is_written_with_the_same_tokens(tmp_path: Path):
    write_spert(tmp_path / "b.json", read(tmp_path / "a.json", SAMPLE))
    (written,) = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert {name: written[name] for name in SAMPLE} == SAMPLE


def test_the_text_and_meta_of_our_own_files_come_back(tmp_path: Path):
    document = marked("قال:  ⟨1:PERS|عمر⟩،\n(⟨2:GPE|مصر⟩).", "1 lives_in 2", id="خبر")
    write_spert(tmp_path / "a.json.gz", [document, Document(id="2", text="", meta={"a": "ب"})])
    first, second = read_spert(tmp_path / "a.json.gz", StrictRejected())
    assert first == document
    assert second == Document(id="2", text="", meta={"a": "ب"})


def test_other_fields_and_missing_ids(tmp_path: Path):
    first, second = read(
        tmp_path / "news.json",
        {"tokens": ["قال"], "entities": [], "relations": [], "orig_id": 5, "pos": ["V"]},
        {"tokens": ["قال"], "entities": [], "relations": []},
    )
    assert (first.id, first.meta) == ("5", {"pos": '["V"]'})
    assert second.id == "news-2"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"entities": [{"type": "X", "start": 7, "end": 9}]}, "tokens 7 up to 9 are none"),
        ({"entities": [{"type": "X", "start": 2}]}, "missing required field `end`"),
        (
            {"relations": [{"type": "a", "head": 0, "tail": 4}]},
            "a relation names entity 4, and the",
        ),
        ({"relations": [{"type": "a", "head": -1, "tail": 0}]}, "a relation names entity -1"),
        ({"_text": "قال عمر"}, "the text kept beside the tokens is not theirs after ''; drop it"),
    ],
)
def test_a_sample_that_does_not_fit_itself_is_rejected(
    change: dict[str, object], expected: str, tmp_path: Path
):
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{**SAMPLE, **change}]), encoding="utf-8")
    rejected = Rejected()
    assert list(read_spert(path, rejected)) == []
    assert expected in rejected.entries[0].reason


def test_an_entity_of_a_space_is_refused_by_its_document(tmp_path: Path):
    space = Entity(id="1", type="X", start=3, end=4, text=" ")
    document = Document(id="خبر", text="قال عمر", entities=(space,))
    with pytest.raises(
        FormatError, match="document 'خبر': entity 1 ' ' starts or ends with a space"
    ):
        write_spert(tmp_path / "a.json", [document])
