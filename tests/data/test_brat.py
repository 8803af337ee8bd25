from __future__ import annotations

from pathlib import Path

import pytest

from khabar.data.brat import missing_from_brat, read_brat, write_brat
from khabar.data.errors import FormatError
from khabar.data.files import write_chunks
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from tests.marked import marked

TEXT = "قالَ وزيرُ الخارجيّة سامـح شكري\nإن جامعة\nالدول العربية ترحب\n"
# As brat 1.3 writes them: an entity over a line end in pieces, an event with its trigger, a note.
LINES = [
    "T1\tOCC 5 20\tوزيرُ الخارجيّة",
    "T2\tORG 11 20\tالخارجيّة",
    "T3\tPERS 21 31\tسامـح شكري",
    "T4\tORG 35 40;41 54\tجامعة الدول العربية",
    "R1\temployee_of Arg1:T3 Arg2:T2\t",
    "T5\tWelcome 55 59\tترحب",
    "E1\tWelcome:T5 Agent:T4",
    "A1\tConfidence T3 High",
    "#1\tAnnotatorNotes T3\tانظر T2",
    "*\tEquiv T3 T1",
    "N1\tReference T4 Wikidata:Q7172\tجامعة الدول العربية",
]
KEPT = [LINES[6], LINES[7], LINES[8], LINES[10]]


def write_pair(folder: Path, name: str = "a", text: str = TEXT, lines: list[str] = LINES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_chunks(folder / f"{name}.txt", [text.encode()])
    path = folder / f"{name}.ann"
    write_chunks(path, ["".join(f"{line}\n" for line in lines).encode()])
    return path


def read(path: Path) -> list[Document]:
    return list(read_brat(path, StrictRejected()))


def reasons(path: Path) -> list[str]:
    rejected = Rejected()
    assert list(read_brat(path, rejected)) == []
    return [str(entry) for entry in rejected.entries]


def test_a_pair_of_brats_is_read_to_the_letter(tmp_path: Path):
    (document,) = read(write_pair(tmp_path))
    assert (document.id, document.text) == ("a", TEXT)
    assert [(e.id, e.type, e.text) for e in document.entities] == [
        ("T1", "OCC", "وزيرُ الخارجيّة"),
        ("T2", "ORG", "الخارجيّة"),
        ("T3", "PERS", "سامـح شكري"),
        ("T4", "ORG", "جامعة\nالدول العربية"),
        ("T5", "Welcome", "ترحب"),
    ]
    assert document.relations == (Relation(id="R1", type="employee_of", head="T3", tail="T2"),)
    assert [e.cluster for e in document.entities] == ["1", None, "1", None, None]
    assert document.meta == {"brat": "\n".join(KEPT)}


def test_a_pair_of_brats_is_written_back_with_all_its_lines(tmp_path: Path):
    (document,) = read(write_pair(tmp_path / "old"))
    write_brat(tmp_path / "new" / "a.ann", [document])
    assert (tmp_path / "new" / "a.txt").read_text(encoding="utf-8") == TEXT
    written = (tmp_path / "new" / "a.ann").read_text(encoding="utf-8").splitlines()
    assert sorted(written) == sorted(
        line.rstrip("\t").replace("Equiv T3 T1", "Equiv T1 T3") for line in LINES
    )
    assert missing_from_brat(document) == {}


def test_offsets_of_brats_page_count_utf_16_after_an_emoji(tmp_path: Path):
    text = "\U0001f534 قال عمر"
    for start in (6, 7):  # as Python counts and as JavaScript does
        path = write_pair(tmp_path, text=text, lines=[f"T1\tPERS {start} {start + 3}\tعمر"])
        (document,) = read(path)
        assert document.entities == (Entity(id="T1", type="PERS", start=6, end=9, text="عمر"),)


def test_a_folder_is_read_with_its_subfolders_in_order(tmp_path: Path):
    for name in ("b", "a", "sub/c.d"):
        write_pair(tmp_path / Path(name).parent, Path(name).name, text=name, lines=[])
    (tmp_path / "annotation.conf").touch()
    assert [(d.id, d.text) for d in read(tmp_path)] == [
        ("a", "a"),
        ("b", "b"),
        ("sub/c.d", "sub/c.d"),
    ]
    assert [d.id for d in read(tmp_path / "a.txt")] == ["a"]


def test_documents_become_a_folder_named_by_their_ids(tmp_path: Path):
    ids = ["خبر 1", "https://site/a?b=1", ".hidden", "100%", "..", "a/b"]
    documents = [marked("قال ⟨1:PERS|عمر⟩", id=id) for id in ids]
    write_brat(tmp_path / "out", documents)
    assert all(path.parent == tmp_path / "out" for path in (tmp_path / "out").rglob("*"))
    assert {d.id: d.entities[0].text for d in read(tmp_path / "out")} == dict.fromkeys(ids, "عمر")


def test_ids_that_are_not_brats_are_numbered_anew(tmp_path: Path):
    document = marked("⟨x:A|أ⟩ ⟨T1:A|ب⟩", "T1 r x")
    write_brat(tmp_path / "a.ann", [document])
    assert (tmp_path / "a.ann").read_text(encoding="utf-8") == (
        "T1\tA 0 1\tأ\nT2\tA 2 3\tب\nR1\tr Arg1:T2 Arg2:T1\n"
    )


def test_other_lines_are_not_written_where_ids_no_longer_are_brats(tmp_path: Path):
    document = Document(
        id="1",
        text="أ",
        entities=(Entity(id="x", type="A", start=0, end=1, text="أ"),),
        meta={"brat": "A1\tNegated T1"},
    )
    assert missing_from_brat(document) == {"meta.brat": 1}
    write_brat(tmp_path / "a.ann", [document])
    assert (tmp_path / "a.ann").read_text(encoding="utf-8") == "T1\tA 0 1\tأ\n"


# What is refused


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "T1\tPERS 0 3;8 11\tقال أمس",
            "T1 is in 2 pieces with ' عمر ' between, and an entity is one stretch of text",
        ),
        ("T1\tPERS 0 3\tعمر", "T1 says 'عمر' of 0 to 3, where the text has 'قال'"),
        ("T1 PERS 0 3 قال", "'T1 PERS 0 3 قال' is no annotation of brat's"),
        ("T1\tPERS 0\tقال", "is no annotation of brat's; an entity is an id, a tab, type, start"),
        ("R1\tx Arg1:T1", "is no annotation of brat's"),
    ],
)
def test_a_line_that_cannot_be_held_rejects_its_document(line: str, reason: str, tmp_path: Path):
    path = write_pair(tmp_path, text="قال عمر أمس", lines=["", "#1\tAnnotatorNotes T1\t", line])
    (told,) = reasons(path)
    assert told.startswith(f"{path}:3: ")
    assert reason in told


def test_a_relation_between_events_rejects_its_document(tmp_path: Path):
    lines = ["T1\tX 0 3\tقال", "E1\tX:T1", "R1\tcauses Arg1:E1 Arg2:T1"]
    (told,) = reasons(write_pair(tmp_path, text="قال", lines=lines))
    assert "relation R1: its head 'E1' is the id of no entity here" in told


def test_half_a_pair_and_a_bad_byte_are_rejections(tmp_path: Path):
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.ann").touch()
    write_pair(tmp_path, "c", text="", lines=[])
    (tmp_path / "c.txt").write_bytes(b"\xc7")
    write_pair(tmp_path, "d", text="", lines=[])
    (tmp_path / "d.ann").write_bytes(b"\n\xc7")
    told = reasons(tmp_path)
    assert told[0].endswith("a.txt: has no a.ann beside it, which brat's files come with")
    assert told[1].endswith("b.ann: has no b.txt beside it, which brat's files come with")
    assert "c.txt:1: byte 0xc7" in told[2]
    assert "d.ann:2: byte 0xc7" in told[3]


def test_another_path_is_none_of_brats(tmp_path: Path):
    with pytest.raises(FormatError, match=r"a\.csv: is no folder and no file \.ann or \.txt"):
        read(tmp_path / "a.csv")


def test_a_folder_that_holds_something_is_not_written_over(tmp_path: Path):
    (tmp_path / "notes.md").touch()
    with pytest.raises(FormatError, match="is there already; name a new folder"):
        write_brat(tmp_path, [Document(id="1", text="")])
    assert (tmp_path / "notes.md").exists()


@pytest.mark.parametrize("count", [0, 2])
def test_a_pair_holds_one_document(count: int, tmp_path: Path):
    documents = [Document(id=str(number), text="") for number in range(count)]
    with pytest.raises(FormatError, match="holds one document, not (no|several) documents?; name"):
        write_brat(tmp_path / "a.ann", documents)


@pytest.mark.parametrize(
    ("documents", "reason"),
    [
        ([Document(id="1", text=""), Document(id="1", text="")], "two documents have the id '1'"),
        ([Document(id="", text="")], "the id '' of a document names its files, and has 0 bytes"),
        ([Document(id="خ" * 126, text="")], "has 252 bytes; give one of 1 to 250"),
        ([marked("⟨1:A\\sB|أ⟩")], "document '1': the type 'A B' is no single word; rename it"),
        ([marked("⟨1:A|أ\n⟩")], "document '1': entity 1 .* starts or ends with a line end"),
    ],
)
def test_what_brat_cannot_hold_is_refused(documents: list[Document], reason: str, tmp_path: Path):
    with pytest.raises(FormatError, match=reason):
        write_brat(tmp_path / "out", documents)
    assert not (tmp_path / "out").exists()
