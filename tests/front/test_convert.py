"""``khabar data convert`` as a user gives it: all formats by name and by look, what is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from khabar.data.brat import write_brat
from khabar.data.formats import REGISTRY, read_documents
from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from tests.front.conftest import Khabar
from tests.marked import marked

DOCUMENT = marked("قالَ ⟨T1:PERS|سامـح شكري⟩ \U0001f600 في ⟨T2:GPE|مصر⟩", "T1 lives_in T2", id="خبر")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "news.jsonl", [DOCUMENT])
    return tmp_path / "news.jsonl"


# WojoodRelations records name no types: their own tests show what comes back.
@pytest.mark.parametrize(
    "name", [f.name for f in REGISTRY if f.write and f.name != "wojood-relations"]
)
def test_every_format_is_written_by_name_and_read_by_name(
    name: str, source: Path, khabar: Khabar, tmp_path: Path
):
    target, back = tmp_path / "out", tmp_path / "back.jsonl"
    assert khabar("data", "convert", source, target, "--to", name).code == 0
    assert khabar("data", "convert", target, back, "--from", name).code == 0
    (document,) = read_documents(back)
    assert [(e.type, e.text) for e in document.entities] == [
        ("PERS", "سامـح شكري"),
        ("GPE", "مصر"),
    ]


@pytest.mark.parametrize("name", ["label-studio", "doccano", "spert", "dygie"])
def test_json_is_read_by_look(name: str, source: Path, khabar: Khabar, tmp_path: Path):
    target, back = tmp_path / "out.json", tmp_path / "back.jsonl"
    assert khabar("data", "convert", source, target, "--to", name).code == 0
    ran = khabar("data", "convert", target, back)
    assert (ran.code, ran.err) == (0, "")
    assert len(next(read_documents(back)).relations) == 1


def test_old_encodings_are_read_and_a_bad_byte_leaves_no_target(khabar: Khabar, tmp_path: Path):
    old, target = tmp_path / "old.conll", tmp_path / "new.jsonl"
    old.write_text("تونس B-GPE\n", encoding="cp1256")
    ran = khabar("data", "convert", old, target)
    assert ran.code == 1
    assert ran.err.startswith(f"khabar: {old}:1: byte 0x")
    assert not target.exists()
    assert khabar("data", "convert", old, target, "--encoding", "cp1256").code == 0
    assert '"text":"تونس"' in target.read_text(encoding="utf-8")


def test_what_is_left_out_is_one_sentence(source: Path, khabar: Khabar, tmp_path: Path):
    ran = khabar("data", "convert", source, tmp_path / "a.conll")
    assert ran.code == 0
    told = "conll has no place for what is left out: 1 relations"
    assert ran.err == f"note: {tmp_path / 'a.conll'}: {told}\n"


def test_what_a_record_has_no_field_for_is_told(khabar: Khabar, tmp_path: Path):
    noted = Document(id="1", text="", meta={"brat": "#1\tAnnotatorNotes T1\tنص"})
    write_brat(tmp_path / "noted", [noted])
    ran = khabar("data", "convert", tmp_path / "noted", tmp_path / "a.jsonl")
    assert ran.err == (
        f"note: {tmp_path / 'noted'}: a record has no field for some of it, kept as meta.brat of 1 "
        f"documents\n"
    )


def test_offsets_for_other_languages(source: Path, khabar: Khabar, tmp_path: Path):
    target = tmp_path / "wide.jsonl"
    assert khabar("data", "convert", source, target, "--offsets", "utf-16").code == 0
    starts = [entity["start"] for entity in json.loads(target.read_bytes())["entities"]]
    assert starts == [e.start + (e.id == "T2") for e in DOCUMENT.entities]
    assert list(read_documents(target)) == [DOCUMENT]


def test_help_names_all_formats(khabar: Khabar):
    text = "".join(khabar("data", "convert", "--help").text.replace("│", " ").split())
    assert all(format.name in text for format in REGISTRY)
