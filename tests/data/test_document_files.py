from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.document_files import (
    FileKind,
    document_id,
    document_paths,
    write_document_files,
)
from khabar.data.errors import FormatError
from khabar.data.records import Document

KIND = FileKind(".note", lambda document: document.text.encode())


def texts(path: Path) -> dict[str, str]:
    return {id: file.read_text("utf-8") for id, file in document_paths(path, ".note")}


@given(ids=st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4, unique=True))
def test_ids_come_back_from_the_names_of_files(tmp_path_factory, ids: list[str]):
    path = tmp_path_factory.mktemp("ids") / "folder"
    documents = [Document(id=id, text=str(number)) for number, id in enumerate(ids)]
    write_document_files(path, documents, KIND)
    assert texts(path) == {id: str(number) for number, id in enumerate(ids)}


@pytest.mark.parametrize(
    ("id", "name"),
    [("خبر 7", "خبر 7"), ("a/b%", "a%2Fb%25"), (".hidden", "%2Ehidden"), ("end.", "end%2E")],
)
def test_only_what_no_file_system_takes_is_escaped(tmp_path: Path, id: str, name: str):
    write_document_files(tmp_path / "folder", [Document(id=id, text="نص")], KIND)
    assert [file.name for file in (tmp_path / "folder").iterdir()] == [f"{name}.note"]
    assert document_id(f"{name}.note") == id


def test_a_file_in_a_folder_inside_is_named_by_its_path(tmp_path: Path):
    (tmp_path / "2017" / "01").mkdir(parents=True)
    (tmp_path / "2017" / "01" / "20.note").write_text("نص")
    (tmp_path / "2017" / "01" / "20.txt").write_text("آخر")
    assert texts(tmp_path) == {"2017/01/20": "نص"}


def test_one_document_can_be_one_file_and_what_belongs_beside_it(tmp_path: Path):
    kind = FileKind(".note", KIND.encode, {"Types.xml": b"<types/>"})
    path = tmp_path / "a.note"
    write_document_files(path, [Document(id="x", text="نص")], kind)
    write_document_files(path, [Document(id="x", text="آخر")], kind)
    assert texts(path) == {"a": "آخر"}
    assert (tmp_path / "Types.xml").read_bytes() == b"<types/>"
    (tmp_path / "Types.xml").write_bytes(b"<others/>")
    with pytest.raises(FormatError, match=r"Types\.xml: belongs to other files; name another fol"):
        write_document_files(path, [Document(id="x", text="نص")], kind)
    assert texts(path) == {"a": "آخر"}


def test_several_or_no_documents_are_no_file(tmp_path: Path):
    documents = [Document(id=id, text="نص") for id in "ab"]
    with pytest.raises(FormatError, match="holds one document, not several documents; name a"):
        write_document_files(tmp_path / "a.note", documents, KIND)
    with pytest.raises(FormatError, match="holds one document, not no document; name a folder"):
        write_document_files(tmp_path / "a.note", [], KIND)


def test_a_folder_in_use_is_not_replaced(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FormatError, match="is there already; name a new folder"):
        write_document_files(tmp_path, [Document(id="x", text="نص")], KIND)
    assert (tmp_path / "mine.txt").exists()


@pytest.mark.parametrize(
    ("ids", "reason"),
    [
        (["a", "a"], "two documents have the id 'a'; give each its own"),
        ([""], "the id '' of a document names its file, and has 0 bytes; give one of 1 to 240"),
        (["ب" * 121], "and has 242 bytes"),
        (["\ud800"], "holds the lone surrogate"),
    ],
)
def test_an_id_that_can_name_no_file_is_an_error(tmp_path: Path, ids: list[str], reason: str):
    documents = [Document(id=id, text="نص") for id in ids]
    with pytest.raises(FormatError, match=reason):
        write_document_files(tmp_path / "folder", documents, KIND)
    assert not (tmp_path / "folder").exists()


def test_what_a_format_cannot_hold_is_said_with_the_document(tmp_path: Path):
    def refuse(document: Document) -> bytes:
        raise FormatError("has a tab")

    kind = FileKind(".note", refuse)
    with pytest.raises(FormatError, match="document 'x': has a tab"):
        write_document_files(tmp_path / "a", [Document(id="x", text="نص")], kind)


def test_a_path_without_such_files_is_an_error(tmp_path: Path):
    with pytest.raises(FormatError, match=r"the folder holds no file \.note"):
        document_paths(tmp_path, ".note")
    with pytest.raises(FormatError, match=r"a\.txt: is no folder and no file \.note"):
        document_paths(tmp_path / "a.txt", ".note")
