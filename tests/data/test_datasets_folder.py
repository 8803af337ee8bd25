from pathlib import Path

import datasets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.datasets_folder import read_datasets_folder, write_datasets_folder
from khabar.data.embedded import load_corpus
from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected

DOCUMENT = Document(
    id="1",
    text="قالَ سا\u200dمـي 😀",
    entities=(Entity(id="a", type="PERS", start=5, end=11, text="سا\u200dمـي", score=0.1),),
    relations=(Relation(id="r", type="x", head="a", tail="a"),),
    meta={"source": "تجربة"},
)


@settings(max_examples=15)
@given(st.lists(st.from_type(Document), max_size=3))
def test_documents_come_back_equal(tmp_path_factory, documents: list[Document]):
    path = tmp_path_factory.mktemp("folder") / "set"
    write_datasets_folder(path, documents)
    assert list(read_datasets_folder(path, StrictRejected())) == documents


def test_the_real_library_loads_what_is_written(tmp_path: Path):
    write_datasets_folder(tmp_path / "set", [DOCUMENT])
    (row,) = datasets.load_from_disk(str(tmp_path / "set")).to_list()
    (entity,) = row["entities"]
    assert row["text"][entity["start"] : entity["end"]] == entity["text"] == "سا\u200dمـي"
    assert row["meta"] == [{"key": "source", "value": "تجربة"}]


def test_a_split_that_the_real_library_saved_is_read(tmp_path: Path):
    corpus = load_corpus()
    corpus.to_datasets().save_to_disk(str(tmp_path / "splits"))
    read = read_datasets_folder(tmp_path / "splits" / "dev", StrictRejected())
    assert tuple(read) == corpus.dev
    with pytest.raises(FormatError, match=r"splits: holds 3 splits; name one of .*splits/train, "):
        list(read_datasets_folder(tmp_path / "splits", StrictRejected()))


def test_raw_articles_and_bad_rows_of_an_only_split(tmp_path: Path):
    rows = [{"text": "نص", "title": "عنوان"}, {"text": None, "title": "عنوان"}]
    split = datasets.Dataset.from_list(rows)
    datasets.DatasetDict({"train": split}).save_to_disk(str(tmp_path / "news"))
    rejected = Rejected()
    documents = list(read_datasets_folder(tmp_path / "news", rejected))
    assert documents == [Document(id="news-1", text="عنوان\nنص")]
    (entry,) = rejected.entries
    assert (entry.line, entry.reason) == (2, "has no `text`; every article needs one")


def test_a_folder_that_is_none_or_has_no_text_is_an_error(tmp_path: Path):
    with pytest.raises(FormatError, match="none: is no dataset, or a damaged one"):
        list(read_datasets_folder(tmp_path / "none", Rejected()))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "state.json").write_text("{")
    (tmp_path / "other" / "dataset_info.json").write_text("{")
    with pytest.raises(FormatError, match="other: is no dataset, or a damaged one"):
        list(read_datasets_folder(tmp_path / "other", Rejected()))
    datasets.Dataset.from_list([{"body": "نص"}]).save_to_disk(str(tmp_path / "body"))
    with pytest.raises(FormatError, match="body: has no column `text`"):
        list(read_datasets_folder(tmp_path / "body", Rejected()))


def test_a_folder_in_use_is_not_replaced_and_a_failed_one_leaves_nothing(tmp_path: Path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").write_text("mine")
    with pytest.raises(FormatError, match="used: is there already; name a new folder"):
        write_datasets_folder(tmp_path / "used", [DOCUMENT])
    with pytest.raises(FormatError, match="document 'x': holds the lone surrogate"):
        write_datasets_folder(tmp_path / "new", [Document(id="x", text="\ud800")])
    assert not (tmp_path / "new").exists()
