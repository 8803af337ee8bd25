from __future__ import annotations

import json
from pathlib import Path

import pytest

from khabar.data.doccano import read_doccano, write_doccano
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from tests.marked import marked

TEXT = "\U0001f534 قالَ سامـح شكري وزيرُ خارجيّة مصر"


def offsets(said: str) -> tuple[int, int]:
    """As doccano's page counts: in JavaScript's characters."""
    start = len(TEXT[: TEXT.index(said)].encode("utf-16-le")) // 2
    return start, start + len(said.encode("utf-16-le")) // 2


def entity(id: int, said: str, label: str) -> dict[str, object]:
    start, end = offsets(said)
    return {"id": id, "label": label, "start_offset": start, "end_offset": end}


# As a project with relations is exported by version 1.8, with a field of its own, `source`.
EXPORTED = {
    "id": 41,
    "text": TEXT,
    "source": "نشرة",
    "entities": [
        entity(1662, "سامـح شكري", "PERS"),
        entity(1663, "وزيرُ خارجيّة مصر", "OCC"),
        entity(1664, "مصر", "GPE"),
    ],
    "relations": [{"id": 273, "from_id": 1662, "to_id": 1663, "type": "has_occupation"}],
    "Comments": [],
}
READ = [("1662", "PERS", "سامـح شكري"), ("1663", "OCC", "وزيرُ خارجيّة مصر"), ("1664", "GPE", "مصر")]


def read(path: Path, *lines: dict[str, object]) -> list[Document]:
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return list(read_doccano(path, StrictRejected()))


def test_an_export_with_relations_is_read_to_the_letter(tmp_path: Path):
    (document,) = read(tmp_path / "a.jsonl", EXPORTED)
    assert (document.id, document.text, document.meta) == ("41", TEXT, {"source": "نشرة"})
    assert [(e.id, e.type, e.text) for e in document.entities] == READ
    assert document.relations == (
        Relation(id="273", type="has_occupation", head="1662", tail="1663"),
    )


def test_an_export_is_written_as_it_was(tmp_path: Path):
    documents = read(tmp_path / "a.jsonl", EXPORTED)
    write_doccano(tmp_path / "b.jsonl", documents)
    written = json.loads((tmp_path / "b.jsonl").read_text(encoding="utf-8"))
    assert written == {**{k: v for k, v in EXPORTED.items() if k != "Comments"}, "id": "41"}
    assert list(read_doccano(tmp_path / "b.jsonl", StrictRejected())) == documents


@pytest.mark.parametrize(
    ("text", "labels"), [("text", "label"), ("data", "label"), ("text", "labels")]
)
def test_the_older_triples_are_read(text: str, labels: str, tmp_path: Path):
    triples = [[*offsets("سامـح شكري"), "PERS"], [*offsets("مصر"), "GPE"]]
    old = {"id": 7, text: TEXT, labels: triples, "meta": {"page": 3}, "annotation_approver": None}
    (document,) = read(tmp_path / "a.jsonl", old)
    assert [(e.id, e.type, e.text) for e in document.entities] == [
        ("1", "PERS", "سامـح شكري"),
        ("2", "GPE", "مصر"),
    ]
    assert (document.id, document.meta) == ("7", {"page": "3"})


def test_relations_and_documents_without_ids_are_numbered(tmp_path: Path):
    relations = [{"from_id": 1662, "to_id": 1664, "type": type} for type in ("a", "b")]
    lines = {**EXPORTED, "relations": relations}
    del lines["id"]
    (document,) = read(tmp_path / "news.jsonl", lines)
    assert document.id == "news-1"
    assert [relation.id for relation in document.relations] == ["r1", "r2"]


def test_ids_that_are_no_numbers_are_numbered_anew(tmp_path: Path):
    write_doccano(tmp_path / "a.jsonl", [marked("⟨x:A|أ⟩ ⟨01:A|ب⟩", "01 r x")])
    written = json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert [one["id"] for one in written["entities"]] == [1, 2]
    assert written["relations"] == [{"id": 1, "from_id": 2, "to_id": 1, "type": "r"}]


def test_meta_with_names_of_doccanos_comes_back(tmp_path: Path):
    meta = {"Comments": "أ", "label": "ب", "id": "ج", "page": "3"}
    document = Document(id="1", text="", meta=meta)
    write_doccano(tmp_path / "a.jsonl", [document])
    assert list(read_doccano(tmp_path / "a.jsonl", StrictRejected())) == [document]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"entities": []}, "has no `text`; every article needs one"),
        ({"text": "أ", "entities": [{"id": 1}]}, "missing required field `label` - at `$.entities"),
        ({"text": TEXT, "label": [[1, 3, "X"]]}, "the offset 1 lies inside a character"),
        ({"text": "أ", "label": [[0, 9, "X"]]}, "text[0:9] is not"),
        ({**EXPORTED, "label": [[0, 2, "X"]]}, "has entities and triples of labels; keep one"),
        ({**EXPORTED, "relations": [{"from_id": 1, "to_id": 1662, "type": "a"}]}, "its head '1'"),
    ],
)
def test_what_is_none_of_doccanos_is_rejected(
    fields: dict[str, object], expected: str, tmp_path: Path
):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(fields), encoding="utf-8")
    rejected = Rejected()
    assert list(read_doccano(path, rejected)) == []
    assert expected in rejected.entries[0].reason


def test_the_units_are_those_of_the_page(tmp_path: Path):
    document = Document(
        id="1",
        text="\U0001f534 مصر",
        entities=(Entity(id="1", type="GPE", start=2, end=5, text="مصر"),),
    )
    write_doccano(tmp_path / "a.jsonl", [document])
    (written,) = json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8"))["entities"]
    assert (written["start_offset"], written["end_offset"]) == (3, 6)
