from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.inline import read_inline, write_inline
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected

GUIDE = """\
#id spa-0001
#source صحيفة مكتوبة للاختبار، 7
عمان - قال ⟨1:OCC|وزير ⟨2:ORG|الصحة⟩⟩ ⟨3:PERS|سالم الراشد⟩.

#وسم في السطر الثالث
---
3 Personal.has_occupation 1
3 Affiliation.employee_of 2
"""


def without_crossing(document: Document) -> Document:
    kept: list[Entity] = []
    for entity in document.entities:
        if not any(
            a.start < b.start < a.end < b.end
            for other in kept
            for a, b in ((entity, other), (other, entity))
        ):
            kept.append(entity)
    ids = {entity.id for entity in kept}
    relations = tuple(r for r in document.relations if {r.head, r.tail} <= ids)
    return msgspec.structs.replace(document, entities=tuple(kept), relations=relations)


@settings(max_examples=50)
@given(st.lists(st.from_type(Document).map(without_crossing), max_size=3))
def test_documents_come_back_equal(tmp_path_factory, documents: list[Document]):
    path = tmp_path_factory.getbasetemp() / "round.inline"
    write_inline(path, documents)
    assert list(read_inline(path, StrictRejected())) == documents


@settings(max_examples=50)
@given(st.lists(st.from_type(Document).map(without_crossing), max_size=2))
def test_an_editor_may_change_the_line_ends(tmp_path_factory, documents: list[Document]):
    path = tmp_path_factory.getbasetemp() / "windows.inline"
    write_inline(path, documents)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert list(read_inline(path, StrictRejected())) == documents


def test_a_file_of_the_guides_form_is_read_and_written_back(tmp_path: Path):
    path = tmp_path / "a.inline"
    path.write_text(GUIDE, encoding="utf-8")
    (document,) = read_inline(path, StrictRejected())
    assert document.id == "spa-0001"
    assert document.meta == {"source": "صحيفة مكتوبة للاختبار، 7"}
    assert document.text == "عمان - قال وزير الصحة سالم الراشد.\n\n#وسم في السطر الثالث"
    assert [(e.id, e.type, e.text) for e in document.entities] == [
        ("1", "OCC", "وزير الصحة"),
        ("2", "ORG", "الصحة"),
        ("3", "PERS", "سالم الراشد"),
    ]
    assert document.relations == (
        Relation(id="r1", type="Personal.has_occupation", head="3", tail="1"),
        Relation(id="r2", type="Affiliation.employee_of", head="3", tail="2"),
    )
    write_inline(tmp_path / "b.inline", [document])
    assert (tmp_path / "b.inline").read_bytes() == path.read_bytes()


def test_what_a_line_could_be_taken_for_is_escaped(tmp_path: Path):
    path = tmp_path / "a.inline"
    entity = Entity(id="a b", type="X", start=0, end=5, text="#وسم\n")
    document = Document(
        id="1\n2",
        text="#وسم\n---\n===\n ---\n#",
        entities=(entity,),
        relations=(Relation(id="q", type="R", head="a b", tail="a b", score=0.5),),
        meta={"id": "second", "a b": " v\\ "},
    )
    plain = Document(id="p", text="#وسم")
    write_inline(path, [document, plain])
    assert path.read_text(encoding="utf-8") == (
        "#id 1\\n2\n#id second\n#a\\sb  v\\\\ \n"
        "⟨a\\sb:X|#وسم\n⟩---\n\\===\n ---\n#\n---\na\\sb R a\\sb id=q score=0.5\n"
        "===\n#id p\n\\#وسم\n---\n"
    )
    assert list(read_inline(path, StrictRejected())) == [document, plain]


def test_id_relations_and_the_end_of_the_text_may_be_absent(tmp_path: Path):
    path = tmp_path / "draft.inline"
    path.write_text("قال ⟨1:GPE|عمان⟩\n===\n\n\n===\n#source s\nنص\n---\n\n===\n", encoding="utf-8")
    assert list(read_inline(path, StrictRejected())) == [
        Document(
            id="draft-1",
            text="قال عمان",
            entities=(Entity(id="1", type="GPE", start=4, end=8, text="عمان"),),
        ),
        Document(id="draft-2", text="نص", meta={"source": "s"}),
    ]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("#id a\nسطر\n⟨1:A|ب\n---\n", 3, "the mark 1 is not closed"),
        ("#id a\nسطر\n---\n\n1 R\n", 5, "'1 R' is no relation; write head TYPE tail"),
        ("#id a\n⟨1:A|ب⟩\n---\n1 R 2\n", 1, "relation r1: its tail '2' is the id of no entity"),
        ("#id a\n⟨1:A|ب⟩ ⟨1:A|ب⟩\n---\n", 1, "two entity ids are '1'"),
        ("#id a\n⟨1:A|ب⟩\n---\n1 R 1 sure=no\n", 4, "the attribute 'sure' has no meaning"),
        ("#id a\n⟨1:A|ب⟩\n---\n1 R 1 score=no\n", 4, "score=no is no number"),
        ("#id a\n#x 1\n#x 2\nسطر\n---\n", 3, "a second header #x"),
        ("#id a\\q\nسطر\n---\n", 1, r"\\q is no escape"),
    ],
)
def test_a_fault_rejects_its_document_and_names_the_line(content, line, reason, tmp_path: Path):
    path = tmp_path / "a.inline"
    path.write_text(f"{content}===\n#id good\nنص\n---\n", encoding="utf-8")
    rejected = Rejected()
    assert [document.id for document in read_inline(path, rejected)] == ["good"]
    assert [entry.line for entry in rejected.entries] == [line]
    with pytest.raises(FormatError, match=rf"a\.inline:{line}: .*{reason}"):
        list(read_inline(path, StrictRejected()))


def test_a_bad_byte_rejects_its_document(tmp_path: Path):
    path = tmp_path / "a.inline"
    path.write_bytes("#id a\nسطر\n".encode() + b"\xc7\n\xc8\n===\n#id b\nx\n")
    rejected = Rejected()
    assert [document.id for document in read_inline(path, rejected)] == ["b"]
    (entry,) = rejected.entries
    assert entry.line == 3
    assert "byte 0xc7" in entry.reason


def test_entities_that_cross_and_lone_surrogates_name_the_document(tmp_path: Path):
    first = Entity(id="1", type="A", start=0, end=2, text="ab")
    second = Entity(id="2", type="B", start=1, end=3, text="bc")
    crossing = Document(id="x", text="abc", entities=(first, second))
    with pytest.raises(FormatError, match="document 'x': the entities 1 'ab' and 2 'bc' cross"):
        write_inline(tmp_path / "a.inline", [crossing])
    with pytest.raises(FormatError, match="document 'y': holds the lone surrogate"):
        write_inline(tmp_path / "a.inline", [Document(id="y", text="\udfff")])
