import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from khabar.data.webanno import missing_from_webanno, read_webanno, write_webanno
from tests.marked import marked

HEAD = (
    "#FORMAT=WebAnno TSV 3.3\n"
    "#T_SP=webanno.custom.Entity|value|id|score|cluster\n"
    "#T_RL=webanno.custom.Relation|value|id|score|BT_webanno.custom.Entity\n\n"
)
# Marks, tatweel, a joiner, an emoji before offsets, a word that is cut, a blank line, a reserved
# sign in a name; entities nested, equal and crossing a line.
TEXT = "😀 قالَ  وزيـر الصحّة:\n\nوفرنسا جامعة\nالدول"


def entity(id: str, type: str, text: str, **others) -> Entity:
    start = TEXT.index(text)
    return Entity(id=id, type=type, start=start, end=start + len(text), text=text, **others)


HARD = Document(
    id="خبر 1/2",
    text=TEXT,
    entities=(
        entity("1", "OCC", "وزيـر الصحّة", score=1 / 3),
        entity("2", "ORG_x", "الصحّة", cluster="c|[1]"),
        entity("3", "GPE", "فرنسا"),
        entity("4", "ORG", "جامعة\nالدول"),
        entity("5", "*", "جامعة\nالدول"),
    ),
    relations=(
        Relation(id="r1", type="part->of", head="2", tail="1", score=0.5),
        Relation(id="r2", type="x", head="3", tail="1"),
        Relation(id="r3", type="", head="4", tail="3"),
    ),
)
HARD_TABLE = HEAD + (
    "\n#Text=😀 قالَ  وزيـر الصحّة:\n#Text=\n"
    "1-1\t0-2\t😀\t_\t_\t_\t_\t_\t_\t_\t_\t\n"
    "1-2\t3-7\tقالَ\t_\t_\t_\t_\t_\t_\t_\t_\t\n"
    "1-3\t9-14\tوزيـر\tOCC[1]\t1[1]\t0.3333333333333333[1]\t*[1]"
    "\tpart\\->of|x\tr1|r2\t0.5|*\t1-4[2_1]|2-1.1[0_1]\t\n"
    "1-4\t15-21\tالصحّة\tOCC[1]|ORG\\_x[2]\t1[1]|2[2]\t0.3333333333333333[1]|*[2]"
    "\t*[1]|c\\|\\[1\\][2]\t_\t_\t_\t_\t\n"
    "1-5\t21-22\t:\t_\t_\t_\t_\t_\t_\t_\t_\t\n"
    "\n#Text=وفرنسا جامعة\n#Text=الدول\n"
    "2-1\t24-30\tوفرنسا\t_\t_\t_\t_\t_\t_\t_\t_\t\n"
    "2-1.1\t25-30\tفرنسا\tGPE\t3\t*\t*\t\tr3\t*\t2-2[3_0]\t\n"
    "2-2\t31-36\tجامعة\tORG[3]|\\*[4]\t4[3]|5[4]\t*[3]|*[4]\t*[3]|*[4]\t_\t_\t_\t_\t\n"
    "2-3\t37-42\tالدول\tORG[3]|\\*[4]\t4[3]|5[4]\t*[3]|*[4]\t*[3]|*[4]\t_\t_\t_\t_\t\n"
)


def write(path: Path, table: str) -> Path:
    path.write_bytes(table.encode())
    return path


def read_one(path: Path, table: str) -> Document:
    (document,) = read_webanno(write(path, table), StrictRejected())
    return document


def test_a_document_is_written_by_the_published_rules_and_read_back(tmp_path: Path):
    write_webanno(tmp_path / "folder", [HARD])
    assert (tmp_path / "folder" / "خبر 1%2F2.tsv").read_text("utf-8") == HARD_TABLE
    assert list(read_webanno(tmp_path / "folder", StrictRejected())) == [HARD]


def test_a_table_of_other_layers_is_read(tmp_path: Path):
    """As INCEpTION writes a project of its own: layers without ids, slots, a sentence's id."""
    table = (
        "#FORMAT=WebAnno TSV 3.3\n"
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue|coarseValue\n"
        "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value\n"
        "#T_SP=webanno.custom.Note|\n"
        "#T_SP=custom.Span|label|ROLE_custom.Span:of_custom.SpanOfLink|custom.Span\n"
        "#T_CH=de.tudarmstadt.ukp.dkpro.core.api.coref.type.CoreferenceLink|referenceType"
        "|referenceRelation\n"
        "#T_RL=webanno.custom.Relation|value|BT_de.tudarmstadt.ukp.dkpro.core.api.ner.type."
        "NamedEntity\n\n\n"
        "#Sentence.id=s1\n#Text=زار سالم عمان .\n"
        "1-1\t0-3\tزار\tV\t*\t_\t_\t_\tEVENT\tby;to\t1-2;1-3\t_\t_\t_\t_\t\n"
        "1-2\t4-8\tسالم\tN\t*\t*[1]|Q1[2]\tPERS[1]|ORG[2]\t*\t_\t_\t_\tp[1]\t*->1-1\t_\t_\t\n"
        "1-3\t9-13\tعمان\tN\t*\t*\tGPE\t_\t_\t_\t_\t_\t_\tvisited|x\t1-2[1_0]|1-2[2_0]\t\n"
        "1-4\t14-15\t.\tP\t*\t_\t_\t_\t_\t_\t_\t_\t_\t_\t_\t\n"
    )
    document = read_one(tmp_path / "a.tsv", table.replace("\n", "\r\n"))
    assert document == Document(
        id="a",
        text="زار سالم عمان .",
        entities=(
            Entity(id="1", type="EVENT", start=0, end=3, text="زار"),
            Entity(id="2", type="PERS", start=4, end=8, text="سالم"),
            Entity(id="3", type="ORG", start=4, end=8, text="سالم"),
            Entity(id="4", type="GPE", start=9, end=13, text="عمان"),
        ),
        relations=(
            Relation(id="1", type="visited", head="2", tail="4"),
            Relation(id="2", type="x", head="3", tail="4"),
        ),
    )


def test_gaps_between_sentences_are_as_the_offsets_say(tmp_path: Path):
    """No line feed between the first two, spaces before the third and before all."""
    table = HEAD.replace("|id|score|cluster", "").replace("|id|score", "") + (
        "\n#Text=أ\\tب\\\\n\n1-1\t2-3\tأ\t_\t_\t_\n"
        "\n#Text=😀\n2-1\t7-9\t😀\tX\t_\t_\n"
        "\n#Text=ج\n3-1\t12-13\tج\t_\t_\t_\n"
    )
    document = read_one(tmp_path / "a.tsv", table)
    assert document.text == "  أ\tب\\n😀\n  ج"
    assert [(e.start, e.text) for e in document.entities] == [(7, "😀")]


def test_a_table_of_version_3_1_has_javas_escapes(tmp_path: Path):
    letters = "".join(f"\\u{ord(letter):04X}" for letter in "خبر")
    table = (
        "#FORMAT=WebAnno TSV 3.1\n#T_SP=webanno.custom.Entity|value\n\n\n"
        f'#Text={letters} \\uD83D\\uDE00\\t\\"\n1-1\t0-3\t{letters}\tX\t\n1-2\t4-6\t😀\tY\t\n'
    )
    document = read_one(tmp_path / "a.tsv", table)
    assert document.text == 'خبر 😀\t"'
    assert [(e.start, e.end, e.text) for e in document.entities] == [(0, 3, "خبر"), (4, 5, "😀")]


def in_reading_order(document: Document) -> Document:
    """What a table has a place for: entities that start and end at a visible character."""
    entities = [e for e in document.entities if not (e.text[0] + e.text[-1]).isspace()]
    ids = {entity.id for entity in entities}
    return msgspec.structs.replace(
        document,
        id="x",
        entities=tuple(sorted(entities, key=lambda entity: (entity.start, -entity.end))),
        relations=tuple(r for r in document.relations if {r.head, r.tail} <= ids),
        meta={},
    )


@settings(max_examples=100)
@given(st.from_type(Document).map(in_reading_order))
def test_documents_come_back_equal_or_are_refused(tmp_path_factory, document: Document):
    path = tmp_path_factory.getbasetemp() / "x.tsv"
    try:
        write_webanno(path, [document])
    except FormatError as error:
        known = ("has no word; drop it", "a carriage return; rename it", "strip the text")
        assert str(error).endswith(known)  # noqa: PT017 - any of them, or none
        return
    (read,) = read_webanno(path, StrictRejected())
    assert read.text == document.text
    if not missing_from_webanno(document):
        assert set(read.entities) == set(document.entities)
        assert {r.id: r for r in read.relations} == {r.id: r for r in document.relations}


def test_spaces_at_edges_are_trimmed_and_counted(tmp_path: Path):
    document = Document(
        id="x",
        text="أ ب ج",
        entities=(Entity(id="1", type="X", start=1, end=4, text=" ب "),),
        meta={"source": "تجربة"},
    )
    assert missing_from_webanno(document) == {"spaces at entities' edges": 2, "meta.source": 1}
    write_webanno(tmp_path / "a.tsv", [document])
    (read,) = read_webanno(tmp_path / "a.tsv", StrictRejected())
    assert [(e.start, e.text) for e in read.entities] == [(2, "ب")]
    assert missing_from_webanno(HARD) == Counter()


@pytest.mark.parametrize(
    "text", ["", "   ", "\u200fأ\u200f", " \u200f أ", "أ\n\n", "أ\x0b\x0c\x85ب\r\n"]
)
def test_texts_with_little_or_invisible_in_them_come_back(tmp_path: Path, text: str):
    write_webanno(tmp_path / "x.tsv", [Document(id="x", text=text)])
    assert list(read_webanno(tmp_path / "x.tsv", StrictRejected())) == [Document(id="x", text=text)]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (Document(id="x", text=" \nأ"), "its text starts with a line end or a tab, which a table"),
        (marked("أ⟨1:X| ⟩ب", id="x"), "entity 1 ' ' has no word; drop it"),
        (marked("⟨1:X\\r|أ⟩", id="x"), "the name 'X\\\\r' holds a carriage return; rename it"),
        (Document(id="x", text="\ud800"), "holds the lone surrogate"),
    ],
)
def test_what_a_table_cannot_hold_is_refused(tmp_path: Path, document: Document, reason: str):
    with pytest.raises(FormatError, match=f"document 'x': .*{reason}"):
        write_webanno(tmp_path / "a.tsv", [document])


ONE = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Entity|value\n\n\n"


@pytest.mark.parametrize(
    ("table", "line", "reason"),
    [
        ("", 1, "'' is not `#FORMAT=WebAnno TSV 3.x`, with which such a file starts"),
        ("أ O\n", 1, "'أ O' is not `#FORMAT"),
        (ONE + "#Text=أ\n1-1\t0-1\tأ\n", 6, "is no token with 1 columns, as the head has them"),
        (ONE + "#Text=أ\n1-1\t0\tأ\t_\n", 6, "'0' is no place; write start-end"),
        (ONE + "1-1\t0-1\tأ\t_\n", 5, "a token without a line #Text= before it"),
        (
            ONE + "#Text=😀 أ\n1-1\t0-2\t😀\t_\n1-2\t2-3\tأ\t_\n",
            7,
            "says 'أ' of 1 to 2, where the text has ' '; offsets count UTF-16 units",
        ),
        (ONE + "#Text=😀\n1-1\t0-1\t😀\t_\n", 6, "lies inside a character that is two UTF-16"),
        (
            ONE + "#Text=أب\n1-1\t0-2\tأب\tX\n\n#Text=ج\n2-1\t1-2\tج\t_\n",
            9,
            "the one before ends after",
        ),
        (ONE + "#Text=أ\n1-1\t0-1\tأ\t*\n", None, "the entity 'أ' at 0 has no type"),
        (
            ONE.replace("\n\n", "\n#T_RL=custom.R|value|BT_webanno.custom.Entity\n\n", 1)
            + "#Text=أ\n1-1\t0-1\tأ\tX\tr\t1-2\n",
            7,
            "the relation's end 1-2 is no entity of ours",
        ),
        (
            ONE.replace("|value", "|value|id") + "#Text=أ\n1-1\t0-1\tأ\tX|Y\t1\n",
            6,
            "the columns of webanno.custom.Entity hold unequal numbers",
        ),
    ],
)
def test_a_bad_table_is_rejected_with_its_line(tmp_path: Path, table, line, reason: str):
    rejected = Rejected()
    assert list(read_webanno(write(tmp_path / "a.tsv", table), rejected)) == []
    (entry,) = rejected.entries
    assert entry.line == line
    assert reason in entry.reason


def test_a_bad_byte_is_rejected_and_the_other_files_are_read(tmp_path: Path):
    write_webanno(tmp_path / "folder", [Document(id="b", text="نص")])
    (tmp_path / "folder" / "a.tsv").write_bytes(ONE.encode() + b"#Text=\xff\n")
    rejected = Rejected()
    assert [d.id for d in read_webanno(tmp_path / "folder", rejected)] == ["b"]
    assert rejected.entries[0].line == 5
    shutil.rmtree(tmp_path / "folder")
    with pytest.raises(FormatError, match="is no folder and no file .tsv"):
        list(read_webanno(tmp_path / "folder", Rejected()))
