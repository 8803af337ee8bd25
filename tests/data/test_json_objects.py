from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.files import write_chunks
from khabar.data.json_objects import parse_objects, read_elements, write_array
from khabar.data.jsonl import Fields
from khabar.data.records import Document
from khabar.data.rejected import Rejected

VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('ا"\\[]{},: \n\U0001f600'), max_size=6),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=2), children, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=3), VALUES, max_size=3), max_size=4)


@pytest.mark.parametrize("indent", [None, 1])
@given(objects=OBJECTS)
def test_an_array_is_cut_into_its_elements_however_it_is_laid_out(
    indent: int | None, objects: list[Fields], tmp_path_factory: pytest.TempPathFactory
):
    path = tmp_path_factory.getbasetemp() / "array.json"
    path.write_text(json.dumps(objects, indent=indent, ensure_ascii=False), encoding="utf-8")
    assert [json.loads(element.text) for element in read_elements(path)] == objects


@given(objects=OBJECTS)
def test_lines_are_elements_as_well(
    objects: list[Fields], tmp_path_factory: pytest.TempPathFactory
):
    path = tmp_path_factory.getbasetemp() / "lines.json"
    path.write_text("\n\n".join(map(json.dumps, objects)), encoding="utf-8")
    elements = list(read_elements(path))
    assert [json.loads(element.text) for element in elements] == objects
    assert [element.line for element in elements] == [2 * n + 1 for n in range(len(objects))]


@pytest.mark.parametrize("objects", [[], [{}], [{"a": 1}, {"b": [2]}]])
def test_what_is_written_is_an_array(objects: list[Fields], tmp_path: Path):
    path = tmp_path / "a.json.gz"
    write_array(path, (json.dumps(fields).encode() for fields in objects))
    assert [json.loads(element.text) for element in read_elements(path)] == objects
    write_array(tmp_path / "a.json", (json.dumps(fields).encode() for fields in objects))
    assert json.loads((tmp_path / "a.json").read_text()) == objects


def parse(fields: Fields, default_id: str) -> Document:
    text = fields["text"]
    if not isinstance(text, str):
        raise FormatError("no text")
    return Document(id=default_id, text=text)


def test_every_object_is_a_document_or_a_rejection_with_its_line(tmp_path: Path):
    path = tmp_path / "a.json"
    path.write_text(
        '[{"text": "1"},\n {"text": 2}, {"text": "3"},\n\n {"text":\n "4" "5"},\n 6,\n'
        ' {"text": "7"}\n',
        encoding="utf-8",
    )
    rejected = Rejected()
    documents = list(parse_objects(path, rejected, parse, encoding="utf-8"))
    assert [(document.id, document.text) for document in documents] == [("a-1", "1"), ("a-3", "3")]
    assert [entry.line for entry in rejected.entries] == [2, 4, 6, 7]
    reasons = [entry.reason for entry in rejected.entries]
    assert reasons[0] == "no text"
    assert reasons[2].startswith("Expected `object`")
    assert reasons[3] == "is cut short: the array has no end"


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b'{"text": "1"}\n{"text": "\xc7"}\n{"text": "3"}', ["1", "3"]),
        (b'[{"text": "1"},\n"\xc7"]', ["1"]),
    ],
)
def test_a_bad_byte_costs_its_line_or_the_rest_of_an_array(
    content: bytes, kept: list[str], tmp_path: Path
):
    path = tmp_path / "a.json"
    write_chunks(path, [content])
    rejected = Rejected()
    documents = list(parse_objects(path, rejected, parse, encoding="utf-8"))
    assert [document.text for document in documents] == kept
    (entry,) = rejected.entries
    assert (entry.line, "byte 0xc7" in entry.reason) == (2, True)
