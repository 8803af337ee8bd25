import json
from pathlib import Path

import pytest

from khabar.data.errors import FormatError
from khabar.data.formats import (
    FORMATS,
    REGISTRY,
    SUFFIXES,
    corpus_files,
    format_of,
    read_documents,
    write_documents,
)
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


def extents(document: Document) -> list[tuple[str, int, int]]:
    return [(entity.type, entity.start, entity.end) for entity in document.entities]


@pytest.mark.parametrize(
    "suffix", [".jsonl", ".jsonl.gz", ".ndjson.xz", ".inline", ".inline.zst", ".parquet"]
)
def test_the_suffix_says_the_format(suffix: str, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    write_documents(path, [DOCUMENT])
    assert list(read_documents(path)) == [DOCUMENT]


@pytest.mark.parametrize("format", sorted(set(FORMATS) - {"plain", "wojood-relations"}))
def test_a_named_format_goes_before_the_suffix(format: str, tmp_path: Path):
    path = tmp_path / "a.txt"
    write_documents(path, [DOCUMENT], format=format)
    (document,) = read_documents(path, format=format)
    assert document.text == DOCUMENT.text
    assert extents(document) == extents(DOCUMENT)


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
    known = "one of jsonl, conll, inline, parquet, plain, brat, label-studio, doccano, spert, dygie"
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


def test_a_file_is_a_corpus_of_one_file_whatever_its_name(tmp_path: Path):
    assert corpus_files(tmp_path / "a.csv") == [tmp_path / "a.csv"]


def test_the_files_of_a_folder_are_those_whose_suffix_names_a_format(tmp_path: Path):
    (tmp_path / "part").mkdir()
    (tmp_path / "folder.jsonl").mkdir()
    corpus = ["a.jsonl.gz", "b.inline", "part/a.parquet", "z.txt"]
    for name in (*reversed(corpus), "README.md", "a.jsonl.partial", "part/a.gz", "a"):
        (tmp_path / name).touch()
    assert corpus_files(tmp_path) == [tmp_path / name for name in corpus]


def test_a_folder_without_a_corpus_is_an_error(tmp_path: Path):
    (tmp_path / "a.csv").touch()
    with pytest.raises(FormatError, match=r": the folder holds no file of \.jsonl, .*\.txt"):
        corpus_files(tmp_path)


# By look


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".json.gz"])
@pytest.mark.parametrize("format", ["label-studio", "doccano", "spert", "dygie"])
def test_json_is_known_by_its_keys(format: str, suffix: str, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    empty = Document(id="0", text="خبر")
    write_documents(path, [empty, DOCUMENT], format=format)
    assert [extents(document) for document in read_documents(path)] == [[], extents(DOCUMENT)]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "خبر", "label": "سياسة", "tokens": ["خبر"], "data": {}, "doc_key": "1"},
        {"text": "خبر", "entities": [], "labels": [["سياسة"]]},
        {"text": "خبر", "label": [[1, 2, 3]]},
    ],
)
def test_lines_with_other_keys_are_records_or_raw_articles(
    fields: dict[str, object], tmp_path: Path
):
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(fields), encoding="utf-8")
    (document,) = read_documents(path)
    assert (document.id, document.text) == ("a-1", "خبر")


@pytest.mark.parametrize("content", ['[{"a": 1}]', '{"text": "خبر"}', "[", "", "خبر"])
def test_json_of_unknown_keys_is_to_be_named(content: str, tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FormatError, match="a .json file is label-studio or spert, and this one"):
        read_documents(path)
    with pytest.raises(FormatError, match="does not say which; name the format"):
        write_documents(path, [DOCUMENT])
    assert path.read_text(encoding="utf-8") == content


def test_a_broken_line_is_the_readers_to_tell(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": \n{"text": "خبر"}', encoding="utf-8")
    rejected = Rejected()
    assert [document.text for document in read_documents(path, rejected=rejected)] == ["خبر"]
    assert [entry.line for entry in rejected.entries] == [1]


def test_a_folder_is_known_by_its_files(tmp_path: Path):
    folder = tmp_path / "corpus" / "train"
    write_documents(folder, [DOCUMENT], format="brat")
    assert format_of(folder) == "brat"
    (document,) = read_documents(folder)
    assert extents(document) == extents(DOCUMENT)
    with pytest.raises(FormatError, match="the suffix '' says no format"):
        read_documents(tmp_path / "corpus")


def test_a_corpus_has_folders_of_a_format_as_parts_and_no_json_of_other_programs(tmp_path: Path):
    write_documents(tmp_path / "train", [DOCUMENT], format="brat")
    write_documents(tmp_path / "dev.json", [DOCUMENT], format="spert")
    write_documents(tmp_path / "test.jsonl", [DOCUMENT])
    (tmp_path / "settings.json").write_text("{}", encoding="utf-8")
    parts = [tmp_path / name for name in ("dev.json", "test.jsonl", "train")]
    assert corpus_files(tmp_path) == parts
    assert corpus_files(tmp_path / "train") == [tmp_path / "train"]


# The registry


def test_names_are_each_formats_own():
    assert len(set(FORMATS)) == len(REGISTRY)


def test_a_suffix_that_several_formats_have_is_told_apart_by_keys():
    for names in SUFFIXES.values():
        sharing = [format for format in REGISTRY if format.name in names]
        assert len(names) == 1 or all(format.recognizes for format in sharing)


# Offsets


def test_only_json_lines_count_utf_16(tmp_path: Path):
    emoji = Document(
        id="1",
        text="\U0001f600 قطر",
        entities=(Entity(id="1", type="GPE", start=2, end=5, text="قطر"),),
    )
    path = tmp_path / "a.jsonl"
    write_documents(path, [emoji], offsets="utf-16")
    assert json.loads(path.read_text(encoding="utf-8"))["entities"][0]["start"] == 3
    assert list(read_documents(path)) == [emoji]
    with pytest.raises(FormatError, match="doccano says itself what its offsets count; only jsonl"):
        write_documents(path, [emoji], format="doccano", offsets="utf-16")


@pytest.mark.parametrize("name", ["a.spacy", "a.xmi", "a.tsv"])
def test_files_of_other_libraries_are_known_by_their_suffix(name: str, tmp_path: Path):
    write_documents(tmp_path / name, [DOCUMENT])
    (document,) = read_documents(tmp_path / name)
    assert extents(document) == extents(DOCUMENT)
    with pytest.raises(FormatError, match=rf"\.gz: .*; name it {name}"):
        write_documents(tmp_path / f"{name}.gz", [DOCUMENT])


def test_folders_of_datasets_and_of_xmi_are_known_by_their_files(tmp_path: Path):
    for format in ("datasets", "xmi"):
        write_documents(tmp_path / format, [DOCUMENT], format=format)
        assert format_of(tmp_path / format) == format
    assert corpus_files(tmp_path) == [tmp_path / "datasets", tmp_path / "xmi"]


def test_a_table_of_another_kind_is_no_part_of_a_corpus(tmp_path: Path):
    (tmp_path / "counts.tsv").write_text("type\tcount\n")
    write_documents(tmp_path / "gold.tsv", [DOCUMENT])
    assert corpus_files(tmp_path) == [tmp_path / "gold.tsv"]


def test_a_record_of_one_candidate_pair_is_known_by_its_keys(tmp_path: Path):
    fields = {"sentence": "سلطنة عمان", "subject": "عمان", "relation": "x", "object": "سلطنة"}
    (tmp_path / "a.jsonl").write_text(json.dumps({**fields, "holds": False}))
    (document,) = read_documents(tmp_path / "a.jsonl")
    assert document.meta == {"asked": "x", "holds": "false"}
