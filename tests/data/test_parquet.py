import datetime
import subprocess
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.parquet import read_parquet, write_parquet
from khabar.data.records import Document
from khabar.data.rejected import Rejected, StrictRejected


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


@settings(max_examples=50)
@given(st.lists(st.from_type(Document), max_size=3))
def test_documents_come_back_equal(tmp_path_factory, documents: list[Document]):
    path = tmp_path_factory.getbasetemp() / "round.parquet"
    write_parquet(path, documents)
    assert list(read_parquet(path, StrictRejected())) == documents


def test_more_documents_than_a_batch_come_back_in_order(tmp_path: Path):
    documents = [Document(id=str(number), text="نص") for number in range(2_500)]
    write_parquet(tmp_path / "a.parquet", iter(documents))
    assert list(read_parquet(tmp_path / "a.parquet", StrictRejected())) == documents


def test_raw_articles_are_read_from_the_columns_they_have(tmp_path: Path):
    rows = [
        {"text": "نص", "title": "عنوان", "date": datetime.date(2017, 1, 20), "views": 3},
        {"text": None, "title": "عنوان", "date": None, "views": None},
        {"text": "آخر", "title": None, "date": None, "views": None},
    ]
    path = write_rows(tmp_path / "archive.parquet", rows)
    rejected = Rejected()
    assert list(read_parquet(path, rejected)) == [
        Document(id="archive-1", text="عنوان\nنص", meta={"date": "2017-01-20", "views": "3"}),
        Document(id="archive-3", text="آخر"),
    ]
    (entry,) = rejected.entries
    assert (entry.line, entry.reason) == (2, "has no `text`; every article needs one")


def test_a_row_that_breaks_the_record_is_rejected(tmp_path: Path):
    entity = {"id": "1", "type": "GPE", "start": 0, "end": 4, "text": "قطر"}
    path = write_rows(tmp_path / "a.parquet", [{"id": "x", "text": "قطر", "entities": [entity]}])
    rejected = Rejected()
    assert list(read_parquet(path, rejected)) == []
    assert "entity 1: text[0:4] is not 'قطر'" in rejected.entries[0].reason


def test_a_row_that_arrow_cannot_give_is_rejected_and_the_others_are_read(tmp_path: Path):
    """Bytes that are no UTF-8 in a column of text: Arrow raises for the whole batch of rows."""
    texts = [b"\xd8\xae\xd8\xa8\xd8\xb1", b"\xce\xc8\xd1", b"\xd9\x86\xd8\xb5"]
    offsets = pyarrow.array([0, 6, 9, 13], pyarrow.int32()).buffers()[1]
    column = pyarrow.StringArray.from_buffers(3, offsets, pyarrow.py_buffer(b"".join(texts)))
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": column}), path)
    rejected = Rejected()
    assert [d.text for d in read_parquet(path, rejected)] == ["خبر", "نص"]
    (entry,) = rejected.entries
    assert entry.line == 2
    assert entry.reason.startswith("holds a value that cannot be read ('utf-8' codec can't decode")


def test_a_file_that_is_none_or_has_no_text_is_an_error(tmp_path: Path):
    with pytest.raises(FormatError, match=r"none\.parquet: cannot be read"):
        list(read_parquet(tmp_path / "none.parquet", Rejected()))
    (tmp_path / "a.parquet").write_bytes(b"PAR1 is not enough")
    with pytest.raises(FormatError, match=r"a\.parquet: is damaged or no Parquet file"):
        list(read_parquet(tmp_path / "a.parquet", Rejected()))
    path = write_rows(tmp_path / "b.parquet", [{"body": "نص"}])
    with pytest.raises(FormatError, match=r"b\.parquet: has no column `text`"):
        list(read_parquet(path, Rejected()))


@pytest.mark.parametrize(
    "document", [Document(id="x", text="\ud800"), Document(id="x", text="a", meta={"b": "\ud800"})]
)
def test_a_lone_surrogate_is_not_written(document: Document, tmp_path: Path):
    with pytest.raises(FormatError, match="document 'x': holds the lone surrogate"):
        write_parquet(tmp_path / "a.parquet", [document])
    assert not (tmp_path / "a.parquet").exists()


def test_importing_the_formats_loads_no_pyarrow_and_no_torch():
    code = "import sys, khabar.data; assert not {'pyarrow', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
