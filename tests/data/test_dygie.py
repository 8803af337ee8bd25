from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from khabar.data.dygie import missing_from_dygie, read_dygie, write_dygie
from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from tests.marked import marked

# By the rules of DyGIE++'s doc/data.md, whose own loader refuses fields of other names.
ALLOWED = re.compile(
    "doc_key|dataset|sentences|weight|.*ner$|.*relations$|.*clusters$|.*events$|^_.*"
)
SAMPLE = {
    "doc_key": "news_3",
    "dataset": "khabar",
    "sentences": [
        ["\U0001f534", "قالَ", "سامـح", "شكري", "."],
        ["هو", "وزيرُ", "خارجيّة", "مصر", "."],
    ],
    "ner": [[[2, 3, "PERS"]], [[5, 5, "PERS"], [6, 8, "OCC"], [8, 8, "GPE"]]],
    "relations": [[], [[5, 5, 6, 8, "has_occupation"]]],
    "clusters": [[[2, 3], [5, 5]]],
}


def read(path: Path, *lines: dict[str, object]) -> list[Document]:
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return list(read_dygie(path, StrictRejected()))


def test_ends_are_inclusive_and_tokens_count_in_the_document(tmp_path: Path):
    (document,) = read(tmp_path / "a.jsonl", SAMPLE)
    assert document.id == "news_3"
    assert document.text == "\U0001f534 قالَ سامـح شكري .\nهو وزيرُ خارجيّة مصر ."
    assert [(e.id, e.type, e.text, e.cluster) for e in document.entities] == [
        ("1", "PERS", "سامـح شكري", "1"),
        ("2", "PERS", "هو", "1"),
        ("3", "OCC", "وزيرُ خارجيّة مصر", None),
        ("4", "GPE", "مصر", None),
    ]
    assert document.relations == (Relation(id="r1", type="has_occupation", head="2", tail="3"),)
    assert document.meta == {}


def test_a_document_is_written_as_it_was_and_with_allowed_fields_only(tmp_path: Path):
    write_dygie(tmp_path / "b.jsonl", read(tmp_path / "a.jsonl", SAMPLE))
    written = json.loads((tmp_path / "b.jsonl").read_text(encoding="utf-8"))
    assert {name: written[name] for name in SAMPLE} == SAMPLE
    assert all(ALLOWED.match(name) for name in written)


def test_sentences_are_lines_joined_where_a_relation_goes_over_their_end(tmp_path: Path):
    document = marked("⟨1:A|أ⟩.\n\n⟨2:A|ب⟩ ت\nث", "2 r 1", id="خبر")
    write_dygie(tmp_path / "a.jsonl", [document])
    written = json.loads((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert written["sentences"] == [["أ", ".", "ب", "ت"], ["ث"]]
    assert written["relations"] == [[[2, 2, 0, 0, "r"]], []]
    assert list(read_dygie(tmp_path / "a.jsonl", StrictRejected())) == [document]


def test_only_the_first_entity_of_an_extent_can_be_named(tmp_path: Path):
    document = Document(
        id="1",
        text="مصر وقطر",
        entities=(
            Entity(id="1", type="GPE", start=0, end=3, text="مصر", cluster="x"),
            Entity(id="2", type="LOC", start=0, end=3, text="مصر", cluster="y"),
            Entity(id="3", type="GPE", start=5, end=8, text="قطر", cluster="x"),
        ),
        relations=(
            Relation(id="r1", type="a", head="1", tail="3"),
            Relation(id="r2", type="b", head="3", tail="2"),
        ),
    )
    assert missing_from_dygie(document) == {"relations": 1, "clusters of entities": 1}
    write_dygie(tmp_path / "a.jsonl", [document])
    (found,) = read_dygie(tmp_path / "a.jsonl", StrictRejected())
    assert [(e.type, e.cluster) for e in found.entities] == [
        ("GPE", "1"),
        ("LOC", None),
        ("GPE", "1"),
    ]
    assert found.relations == document.relations[:1]


def test_what_a_record_has_no_field_for_goes_to_meta(tmp_path: Path):
    events = [[[[1, "Statement"], [2, 3, "Speaker"]]], []]
    clusters = [[[2, 3], [4, 4]]]
    sample = {**SAMPLE, "dataset": "ace", "events": events, "clusters": clusters}
    (document,) = read(tmp_path / "a.jsonl", sample)
    assert document.entities[0].cluster == "1"
    assert {name: json.loads(document.meta[name]) for name in ("events", "clusters")} == {
        "events": events,
        "clusters": clusters,
    }
    assert document.meta["dataset"] == "ace"


def test_a_document_without_annotation(tmp_path: Path):
    (document,) = read(tmp_path / "a.jsonl", {"doc_key": 5, "sentences": [["قال"], [], ["عمر"]]})
    assert document == Document(id="5", text="قال\nعمر")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"ner": [[]]}, "`ner` has 1 lists for 2 sentences; write one for each"),
        ({"relations": [[], [], []]}, "`relations` has 3 lists for 2 sentences"),
        ({"ner": [[[9, 10, "X"]], []]}, "tokens 9 up to 11 are none"),
        ({"relations": [[[2, 3, 4, 4, "a"]], []]}, "names tokens 4 to 4, which are no entity of"),
        ({"ner": [[[2, 3]], []]}, "Expected `array` of length 3"),
    ],
)
def test_a_document_that_does_not_fit_itself_is_rejected(
    change: dict[str, object], expected: str, tmp_path: Path
):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({**SAMPLE, **change}), encoding="utf-8")
    rejected = Rejected()
    assert list(read_dygie(path, rejected)) == []
    assert expected in rejected.entries[0].reason


def test_an_entity_of_a_space_is_refused_by_its_document(tmp_path: Path):
    space = Entity(id="1", type="X", start=3, end=4, text=" ")
    document = Document(id="خبر", text="قال عمر", entities=(space,))
    with pytest.raises(
        FormatError, match="document 'خبر': entity 1 ' ' starts or ends with a space"
    ):
        write_dygie(tmp_path / "a.jsonl", [document])
