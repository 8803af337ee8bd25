import json
from collections import Counter
from pathlib import Path

from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from khabar.data.wojood_relations import (
    MENTION,
    is_wojood_relations,
    missing_from_wojood_relations,
    read_wojood_relations,
    write_wojood_relations,
)
from tests.marked import marked

SENTENCE = "😀 عيَّن مجلس بلدية النور سالم الراشـد ، ومجلس البلدية في مدينة النور ."


def record(subject: str, object: str, *, holds: bool = True) -> dict[str, object]:
    return {
        "sentence": SENTENCE,
        "subject": subject,
        "relation": "Affiliation.employee_of",
        "object": object,
        "holds": holds,
    }


def write(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in records), "utf-8")
    return path


def test_a_record_that_holds_is_a_relation_and_another_a_question(tmp_path: Path):
    records = [
        record("سالم الراشـد", "مجلس بلدية النور"),
        record("سالم الراشـد", "مدينة النور", holds=False),
    ]
    holding, asked = read_wojood_relations(write(tmp_path / "a.jsonl", records), StrictRejected())
    assert holding == Document(
        id="a-1",
        text=SENTENCE,
        entities=(
            Entity(id="1", type=MENTION, start=25, end=37, text="سالم الراشـد"),
            Entity(id="2", type=MENTION, start=8, end=24, text="مجلس بلدية النور"),
        ),
        relations=(Relation(id="1", type="Affiliation.employee_of", head="1", tail="2"),),
        meta={"asked": "Affiliation.employee_of", "holds": "true"},
    )
    assert asked.relations == ()
    assert asked.meta == {"asked": "Affiliation.employee_of", "holds": "false"}


def test_records_come_back_equal(tmp_path: Path):
    records = [record("سالم", "النور", holds=holds) for holds in (True, False)]
    documents = list(read_wojood_relations(write(tmp_path / "a.jsonl", records), StrictRejected()))
    write_wojood_relations(tmp_path / "b.jsonl.gz", documents)
    assert not any(missing_from_wojood_relations(document) for document in documents)
    again = read_wojood_relations(tmp_path / "b.jsonl.gz", StrictRejected())
    assert [d.to_dict() | {"id": ""} for d in again] == [
        d.to_dict() | {"id": ""} for d in documents
    ]


def test_of_several_places_whole_words_and_then_the_nearest_are_taken(tmp_path: Path):
    records = [record("سالم الراشـد", "النور"), record("مجلس", "البلدية"), record("النور", "النور")]
    path = write(tmp_path / "a.jsonl", records)
    near, words, twice = read_wojood_relations(path, StrictRejected())
    assert [(e.start, e.text) for e in near.entities] == [(25, "سالم الراشـد"), (19, "النور")]
    assert near.meta["places"] == "2"
    # The second مجلس is nearer, but a part of ومجلس.
    assert [e.start for e in words.entities] == [8, 46]
    assert "places" not in words.meta
    assert [e.start for e in twice.entities] == [19, 63]


def test_a_bad_record_is_rejected_and_the_others_are_read(tmp_path: Path):
    records = [record("خالد", "النور"), {"sentence": SENTENCE}, record("", "النور"), {}]
    path = write(tmp_path / "a.jsonl", [*records, record("سالم", "بلدية")])
    rejected = Rejected()
    assert [d.id for d in read_wojood_relations(path, rejected)] == ["a-5"]
    assert [entry.line for entry in rejected.entries] == [1, 2, 3, 4]
    assert rejected.entries[0].reason == (
        "the subject 'خالد' does not stand in the sentence; correct one"
    )
    assert "missing required field `subject`" in rejected.entries[1].reason


def test_a_document_becomes_a_record_for_each_relation(tmp_path: Path):
    document = marked(
        "عنوان\n⟨1:PERS|سالم⟩ في ⟨2:GPE|عمان⟩\nوعاد ⟨3:PERS|خالد⟩ إلى ⟨4:GPE|قطر⟩",
        "1 lives_in 2",
        "3 knows 1",
    )
    write_wojood_relations(tmp_path / "a.jsonl", [document, Document(id="x", text="نص")])
    lines = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "sentence": "سالم في عمان",
            "subject": "سالم",
            "relation": "lives_in",
            "object": "عمان",
            "holds": True,
        },
        {
            "sentence": "سالم في عمان\nوعاد خالد إلى قطر",
            "subject": "خالد",
            "relation": "knows",
            "object": "سالم",
            "holds": True,
        },
    ]
    missed = Counter({"entities in no relation": 1, "types of entities": 3})
    assert missing_from_wojood_relations(document) == missed
    without = Counter({"documents without a relation": 1})
    assert missing_from_wojood_relations(Document(id="x", text="نص")) == without


def test_it_is_known_by_its_keys():
    assert is_wojood_relations(record("سالم", "النور"))
    assert not is_wojood_relations({"sentence": SENTENCE, "subject": "سالم"})
