from pathlib import Path

import pytest

from khabar.data.conll import read_conll
from khabar.data.errors import FormatError
from khabar.data.rejected import StrictRejected
from khabar.data.written import written_labels

FLAT = "سامي B-PERS\nالحداد I-PERS\n\nزار O\nعمان I-LOC\n\n\n-DOCSTART- O\n\nتونس B-LOC\n"


def test_labels_come_as_they_are_by_document_and_sentence(tmp_path: Path):
    path = tmp_path / "a.conll"
    path.write_text(FLAT, encoding="utf-8")
    labels = written_labels(path)
    assert labels == {
        "a-1": [["B-PERS", "I-PERS"], ["O", "I-LOC"]],
        "a-2": [["B-LOC"]],
    }
    assert list(labels) == [document.id for document in read_conll(path, StrictRejected())]


def test_a_file_without_tokens_has_no_rows(tmp_path: Path):
    path = tmp_path / "a.conll"
    path.write_text("-DOCSTART- O\n\n", encoding="utf-8")
    assert written_labels(path) == {"a-1": []}


def test_a_nested_file_has_no_such_rows(tmp_path: Path):
    path = tmp_path / "a.conll"
    path.write_text("بنك B-ORG\nمصر I-ORG B-GPE\n", encoding="utf-8")
    with pytest.raises(FormatError, match="'مصر' has the labels I-ORG B-GPE; only a flat file"):
        written_labels(path)


def test_a_bad_line_is_named(tmp_path: Path):
    path = tmp_path / "a.conll"
    path.write_text("بنك B-ORG\nمصر ORG\n", encoding="utf-8")
    with pytest.raises(FormatError, match="a.conll:2: 'ORG' is no label"):
        written_labels(path)
