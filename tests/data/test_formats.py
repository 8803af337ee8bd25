from pathlib import Path

import pytest

from khabar.data.errors import FormatError
from khabar.data.formats import FORMATS, read_documents, write_documents
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected

DOCUMENT = Document(
    id="a-1",
    text="سلطنة عمان",
    entities=(
        Entity(id="1", type="GPE", start=0, end=10, text="سلطنة عمان"),
        Entity(id="2", type="GPE", start=6, end=10, text="عمان"),
    ),
    relations=(Relation(id="r1", type="has_alternate_name", head="1", tail="2"),),
)


@pytest.mark.parametrize(
    "suffix", [".jsonl", ".jsonl.gz", ".ndjson.xz", ".inline", ".inline.zst", ".parquet"]
)
def test_the_suffix_says_the_format(suffix: str, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    write_documents(path, [DOCUMENT])
    assert list(read_documents(path)) == [DOCUMENT]


@pytest.mark.parametrize("format", sorted(set(FORMATS) - {"plain"}))
def test_a_named_format_goes_before_the_suffix(format: str, tmp_path: Path):
    path = tmp_path / "a.txt"
    write_documents(path, [DOCUMENT], format=format)
    (document,) = read_documents(path, format=format)
    assert document.text == DOCUMENT.text
    assert document.entities == DOCUMENT.entities


@pytest.mark.parametrize("suffix", [".conll", ".bio", ".iob2", ".txt", ".txt.gz"])
def test_columns_are_known_by_suffix_or_by_their_first_lines(suffix: str, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    write_documents(path, [DOCUMENT], format="conll")
    (document,) = read_documents(path)
    assert document.entities == DOCUMENT.entities


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "قال الوزير اليوم", "عمان B-GPE\nثم سطر عادي\n", "-DOCSTART-\n", "$#$\nنص"],
)
def test_a_text_file_is_plain_unless_all_first_lines_are_columns(text: str, tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8")
    assert list(read_documents(path)) == [Document(id="a", text=text)]


def test_a_text_that_looks_like_columns_is_plain_when_named_so(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("عمان B-GPE\n", encoding="utf-8")
    assert list(read_documents(path, format="plain")) == [Document(id="a", text="عمان B-GPE\n")]


def test_the_encoding_is_for_every_text_format(tmp_path: Path):
    for name in ("a.txt", "a.conll", "a.jsonl", "a.inline"):
        content = {"a.jsonl": '{"text": "خبر"}', "a.conll": "خبر O\n"}.get(name, "خبر")
        (tmp_path / name).write_bytes(content.encode("cp1256"))
        (document,) = read_documents(tmp_path / name, encoding="cp1256")
        assert document.text == "خبر"


def test_the_first_rejection_raises_unless_a_ledger_takes_it(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "أ"}\n{}\n{"text": "ب"}\n', encoding="utf-8")
    with pytest.raises(FormatError, match=r"a\.jsonl:2: has no `text`"):
        list(read_documents(path))
    rejected = Rejected()
    assert len(list(read_documents(path, rejected=rejected))) + len(rejected.entries) == 3


def test_an_unknown_format_is_an_error_that_lists_the_known(tmp_path: Path):
    known = "one of jsonl, conll, inline, parquet, plain"
    with pytest.raises(FormatError, match=rf"the suffix '\.csv' says no format; .*{known}"):
        read_documents(tmp_path / "a.csv")
    with pytest.raises(FormatError, match=rf"no format is named 'xml'; give {known}"):
        read_documents(tmp_path / "a.jsonl", format="xml")


def test_parquet_is_not_compressed_from_outside(tmp_path: Path):
    with pytest.raises(FormatError, match=r"Parquet is compressed .*; name it a\.parquet$"):
        write_documents(tmp_path / "a.parquet.gz", [DOCUMENT])


def test_plain_text_is_not_written(tmp_path: Path):
    with pytest.raises(FormatError, match="plain text holds no annotation; write jsonl, conll"):
        write_documents(tmp_path / "a.txt", [DOCUMENT])
