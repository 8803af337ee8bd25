import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.jsonl import read_jsonl, write_jsonl
from khabar.data.records import Document, Entity
from khabar.data.rejected import Rejected, StrictRejected


@settings(max_examples=50)
@given(st.lists(st.from_type(Document), max_size=3))
def test_documents_come_back_equal(tmp_path_factory, documents: list[Document]):
    path = tmp_path_factory.getbasetemp() / "round.jsonl"
    write_jsonl(path, documents)
    assert list(read_jsonl(path, StrictRejected())) == documents
    assert path.read_bytes().count(b"\n") == len(documents)


def test_native_lines_have_the_fields_of_the_record(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    entity = Entity(id="1", type="GPE", start=0, end=3, text="قطر", score=0.1 + 0.2)
    write_jsonl(path, [Document(id="x", text="قطر", entities=(entity,))])
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "id": "x",
        "text": "قطر",
        "entities": [
            {"id": "1", "type": "GPE", "start": 0, "end": 3, "text": "قطر", "score": 0.1 + 0.2}
        ],
        "relations": [],
        "meta": {},
    }


def test_raw_articles_without_id_are_named_by_file_and_line(tmp_path: Path):
    path = tmp_path / "archive.jsonl"
    path.write_text('{"text": "أ"}\n\n  \r\n{"text": "ب", "title": "ت"}', encoding="utf-8")
    documents = list(read_jsonl(path, StrictRejected()))
    assert documents == [
        Document(id="archive-1", text="أ"),
        Document(id="archive-4", text="ت\nب"),
    ]


def test_every_line_is_a_document_or_a_rejection(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    lines = [
        b'{"text": "1"}',
        b'{"text": ',
        b"[1]",
        b'{"id": "x"}',
        b'{"text": "\xc7"}',
        b"\xef\xbb\xbf{}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": "8"}',
    ]
    path.write_bytes(b"\n".join(lines))
    rejected = Rejected()
    assert [document.text for document in read_jsonl(path, rejected)] == ["1", "8"]
    assert [entry.line for entry in rejected.entries] == [2, 3, 4, 5, 6, 7]
    reasons = [entry.reason for entry in rejected.entries]
    assert "Expected `object`, got `array`" in reasons[1]
    assert reasons[2] == "has no `text`; every article needs one"
    assert "--encoding cp1256" in reasons[3]
    assert "nested too deep" in reasons[5]


@pytest.mark.parametrize("lone", [r"\ud800", r"\uDC00", r"\ud800\ud83d\ude00", r"\\\ud83dx"])
def test_a_lone_surrogate_is_named_as_such(lone: str, tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "{lone}"}}\n{{"text": "b"}}\n', encoding="utf-8")
    rejected = Rejected()
    assert [document.text for document in read_jsonl(path, rejected)] == ["b"]
    (entry,) = rejected.entries
    assert entry.line == 1
    assert "holds the lone surrogate \\u" in entry.reason
    assert "half a character" in entry.reason


def test_a_pair_of_surrogates_is_not_blamed_for_another_fault(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"text": "\ud83d\ude00"', encoding="utf-8")
    with pytest.raises(FormatError, match=r"a\.jsonl:1: Input data was truncated"):
        list(read_jsonl(path, StrictRejected()))


def test_pairs_of_surrogates_and_escaped_backslashes_are_read(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"text": "\ud83d\ude00 \\ud800"}', encoding="utf-8")
    (document,) = read_jsonl(path, StrictRejected())
    assert document.text == "\U0001f600 \\ud800"


def test_a_document_with_a_lone_surrogate_is_not_written_and_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(FormatError, match=r"document 'x': holds the lone surrogate U\+D800"):
        write_jsonl(path, [Document(id="x", text="a\ud800")])
    assert path.read_text(encoding="utf-8") == "old"


def test_an_old_encoding_and_a_compressed_file_are_read(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"text": "خبر"}'.encode("cp1256"))
    (document,) = read_jsonl(path, StrictRejected(), encoding="cp1256")
    assert document.text == "خبر"
    packed = tmp_path / "a.jsonl.zst"
    write_jsonl(packed, [document])
    assert list(read_jsonl(packed, StrictRejected())) == [document]


# UTF-16


@settings(max_examples=50)
@given(st.from_type(Document))
def test_offsets_in_utf_16_cut_as_javascript_does_and_come_back(
    tmp_path_factory, document: Document
):
    path = tmp_path_factory.getbasetemp() / "wide.jsonl"
    write_jsonl(path, [document], offsets="utf-16")
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["meta"]["offsets"] == "utf-16"
    units = written["text"].encode("utf-16-le")
    for entity in written["entities"]:
        said = units[2 * entity["start"] : 2 * entity["end"]].decode("utf-16-le")
        assert said == entity["text"]
    assert list(read_jsonl(path, StrictRejected())) == [document]


def test_a_document_with_the_mark_is_not_written_in_utf_16(tmp_path: Path):
    document = Document(id="7", text="", meta={"offsets": "bytes"})
    with pytest.raises(FormatError, match=r"document '7': its `meta\.offsets` would be taken for"):
        write_jsonl(tmp_path / "a.jsonl", [document], offsets="utf-16")
    write_jsonl(tmp_path / "a.jsonl", [document])
    assert list(read_jsonl(tmp_path / "a.jsonl", StrictRejected())) == [document]


def test_malformed_annotation_in_utf_16_is_rejected_like_any(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    fields = {"text": "\U0001f600 قطر", "meta": {"offsets": "utf-16"}}
    entity = {"id": "1", "type": "GPE", "text": "قطر"}
    entities: list[object] = [
        3,
        [3],
        [{**entity, "start": "3", "end": 6}],
        [{**entity, "start": 1, "end": 6}],
        [{**entity, "end": 6}],
    ]
    lines = [json.dumps({**fields, "entities": some}) for some in entities]
    path.write_text("\n".join(lines), encoding="utf-8")
    rejected = Rejected()
    assert list(read_jsonl(path, rejected)) == []
    told = [entry.reason.split(" - ")[0] for entry in rejected.entries]
    assert told == [
        "Expected `array`, got `int`",
        "Expected `object`, got `int`",
        "Expected `int`, got `str`",
        "the offset 1 lies inside a character that is two UTF-16 code units; the offsets here "
        "count something else",
        "Object missing required field `start`",
    ]


def test_a_raw_article_may_have_the_mark(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "أ", "title": "ب", "meta": {"offsets": "utf-16"}}', encoding="utf-8")
    assert list(read_jsonl(path, StrictRejected())) == [Document(id="a-1", text="ب\nأ")]
