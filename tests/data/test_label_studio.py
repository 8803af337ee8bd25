from __future__ import annotations

import json
from pathlib import Path

import pytest

from khabar.data.label_studio import read_label_studio, write_label_studio
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected

TEXT = "\U0001f534 قالَ سامـح شكري\nوزيرُ خارجيّة مصر"


def region(id: str, said: str, *labels: str, shift: int = 0, **more: object) -> dict[str, object]:
    start = TEXT.index(said) + shift
    return {
        "value": {"start": start, "end": start + len(said), "text": said, "labels": list(labels)},
        "id": id,
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "origin": "manual",
        **more,
    }


def link(head: str, tail: str, *labels: str, direction: str = "right") -> dict[str, object]:
    return {
        "from_id": head,
        "to_id": tail,
        "type": "relation",
        "direction": direction,
        "labels": list(labels),
    }


def annotation(*result: dict[str, object], **more: object) -> dict[str, object]:
    """As an export of version 1.13 has it."""
    return {
        "id": 9,
        "completed_by": 1,
        "result": list(result),
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2024-03-09T22:16:08.728353Z",
        "lead_time": 4.288,
        "prediction": {},
        "result_count": 0,
        "unique_id": "6a3b7a4e-5b0f-4a4e-9a6a-0d5c8f4f7f10",
        "task": 1,
        **more,
    }


def task(*annotations: dict[str, object], **more: object) -> dict[str, object]:
    return {
        "id": 1,
        "annotations": list(annotations),
        "file_upload": "f8f0a3c2-news.json",
        "drafts": [],
        "predictions": [],
        "data": {"text": TEXT},
        "meta": {},
        "created_at": "2024-03-09T21:52:49.513742Z",
        "inner_id": 1,
        "total_annotations": 1,
        "project": 83,
        **more,
    }


def read(path: Path, *tasks: dict[str, object]) -> list[Document]:
    path.write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf-8")
    return list(read_label_studio(path, StrictRejected()))


def reason(path: Path, one: dict[str, object]) -> str:
    path.write_text(json.dumps([one]), encoding="utf-8")
    rejected = Rejected()
    assert list(read_label_studio(path, rejected)) == []
    (entry,) = rejected.entries
    return entry.reason


PERSON = region("Dx_aB91ISN", "سامـح شكري", "PERS")
JOB = region("k3", "وزيرُ خارجيّة مصر", "OCC")
PLACE = region("q-7", "مصر", "GPE")


def test_an_export_is_read_to_the_letter(tmp_path: Path):
    choice = {
        "value": {"choices": ["سياسة"]},
        "id": "c",
        "from_name": "topic",
        "to_name": "text",
        "type": "choices",
    }
    done = annotation(PERSON, JOB, PLACE, link("Dx_aB91ISN", "k3", "has_occupation"), choice)
    (document,) = read(tmp_path / "a.json", task(done))
    assert (document.id, document.text) == ("1", TEXT)
    assert [(e.id, e.type, e.text) for e in document.entities] == [
        ("Dx_aB91ISN", "PERS", "سامـح شكري"),
        ("k3", "OCC", "وزيرُ خارجيّة مصر"),
        ("q-7", "GPE", "مصر"),
    ]
    assert document.relations == (
        Relation(id="r1", type="has_occupation", head="Dx_aB91ISN", tail="k3"),
    )
    assert json.loads(document.meta.pop("label_studio")) == [choice]
    assert document.meta == {}


def test_other_results_and_fields_are_written_back(tmp_path: Path):
    choice = {"value": {"choices": ["سياسة"]}, "id": "c", "type": "choices"}
    data = {"text": TEXT, "id": "خبر-1", "page": 3}
    (document,) = read(tmp_path / "a.json", task(annotation(PERSON, choice), data=data))
    assert (document.id, document.meta["page"]) == ("خبر-1", "3")
    write_label_studio(tmp_path / "b.json", [document])
    assert list(read_label_studio(tmp_path / "b.json", StrictRejected())) == [document]
    ((written,),) = [json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))]
    assert written["annotations"][0]["result"] == [
        {
            "type": "labels",
            "id": "Dx_aB91ISN",
            "from_name": "label",
            "to_name": "text",
            "value": PERSON["value"],
        },
        choice,
    ]


@pytest.mark.parametrize(
    ("direction", "ends"),
    [("right", [("k3", "q-7")]), ("left", [("q-7", "k3")]), ("bi", [("k3", "q-7"), ("q-7", "k3")])],
)
def test_a_relation_goes_where_its_arrow_points(
    direction: str, ends: list[tuple[str, str]], tmp_path: Path
):
    drawn = link("k3", "q-7", "a", "b", direction=direction)
    (document,) = read(tmp_path / "a.json", task(annotation(JOB, PLACE, drawn)))
    assert [(r.type, r.head, r.tail) for r in document.relations] == [
        (type, *end) for type in ("a", "b") for end in ends
    ]


def test_offsets_of_an_old_export_count_utf_16(tmp_path: Path):
    moved = region("Dx_aB91ISN", "سامـح شكري", "PERS", shift=1)
    old, new = read(tmp_path / "a.json", task(annotation(moved)), task(annotation(PERSON)))
    assert old.entities == new.entities


def test_a_line_end_in_a_region_may_be_written_out(tmp_path: Path):
    said = "شكري\nوزيرُ"
    wide = region("w", said, "X")
    wide["value"] = {
        "start": TEXT.index(said),
        "end": TEXT.index(said) + len(said),
        "labels": ["X"],
    }
    silent, told = dict(wide), {**wide, "value": {**wide["value"], "text": "شكري\\nوزيرُ"}}
    for one in (silent, told):
        (document,) = read(tmp_path / "a.json", task(annotation(one)))
        assert document.entities[0].text == said


def test_every_label_of_a_region_is_an_entity(tmp_path: Path):
    (document,) = read(tmp_path / "a.json", task(annotation(region("p", "مصر", "GPE", "LOC"))))
    assert [(e.id, e.type) for e in document.entities] == [("p", "GPE"), ("p-2", "LOC")]


def test_ground_truth_goes_before_other_annotations_and_cancelled_ones_do_not_count(
    tmp_path: Path,
):
    truth = annotation(PLACE, ground_truth=True)
    cancelled = annotation(JOB, was_cancelled=True)
    documents = read(
        tmp_path / "a.json",
        task(annotation(PERSON), truth, cancelled),
        task(annotation(PERSON), cancelled),
        task(cancelled),
    )
    assert [[e.text for e in d.entities] for d in documents] == [["مصر"], ["سامـح شكري"], []]


def test_a_task_without_annotation_has_its_prediction(tmp_path: Path):
    prediction = {"model_version": "m1", "result": [{**PLACE, "score": 0.75}]}
    document, numbered = read(
        tmp_path / "a.json", task(predictions=[prediction]), task(predictions=[4])
    )
    assert (document.entities[0].score, document.meta) == (0.75, {"model": "m1"})
    assert numbered.entities == ()


def test_a_document_with_scores_is_written_as_a_prediction(tmp_path: Path):
    document = Document(
        id="1",
        text="مصر",
        entities=(Entity(id="1", type="GPE", start=0, end=3, text="مصر", score=0.1 + 0.2),),
        meta={"model": "news"},
    )
    write_label_studio(tmp_path / "a.json", [document])
    (written,) = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert written["predictions"][0]["model_version"] == "news"
    assert "annotations" not in written
    assert list(read_label_studio(tmp_path / "a.json", StrictRejected())) == [document]


def test_the_text_is_the_only_one_or_the_one_named_text(tmp_path: Path):
    alone = {"body": TEXT, "page": 1}
    named = {"title": "خبر", "text": TEXT}
    first, second = read(
        tmp_path / "a.json",
        task(annotation(PLACE), data=alone),
        task(annotation(PLACE), data=named),
    )
    assert (first.text, first.meta) == (TEXT, {"page": "1"})
    assert (second.text, second.meta) == (TEXT, {"title": "خبر"})


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (task(annotation(PERSON), annotation(JOB)), "task 1 has 2 annotations, and a document is"),
        (
            task(predictions=[{"result": []}, {"result": []}]),
            "task 1 has 2 predictions, and a document is one",
        ),
        (task(data={"a": "أ", "b": "ب"}), "`data` has 2 texts and none is named `text`"),
        (task(data={"image": 1}), "`data` has no texts and none is named `text`"),
        (task(annotation(region("p", "مصر"))), "region p has no label; give it one"),
        (
            task(annotation(JOB, PLACE, link("k3", "q-7"))),
            "the relation from k3 to q-7 has no label; give it one, of those under <Relations>",
        ),
        (
            task(annotation(region("p", "مصر", "GPE", shift=-3))),
            "region p says 'مصر' of ",
        ),
        (task(annotation(PLACE, link("q-7", "x", "a"))), "its tail 'x' is the id of no entity"),
    ],
)
def test_a_task_that_says_too_little_or_too_much_is_rejected(
    one: dict[str, object], expected: str, tmp_path: Path
):
    assert expected in reason(tmp_path / "a.json", one)


def test_meta_that_is_not_the_readers_is_refused(tmp_path: Path):
    document = Document(id="7", text="", meta={"label_studio": "نص"})
    with pytest.raises(ValueError, match=r"document '7': `meta\.label_studio` is kept for results"):
        write_label_studio(tmp_path / "a.json", [document])
