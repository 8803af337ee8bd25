from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from khabar.data.columns import DOCUMENT_END, DOCUMENT_START, MARKS
from khabar.data.conll import missing_from_conll, read_conll, write_conll
from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected

# Two layers of one type, an orphan I-, labels in an odd order, and marks with and without a blank.
NESTED = """\
نادي B-ORG
مدرسي I-ORG
مدرسة I-ORG B-ORG
نابلس I-ORG I-ORG B-GPE
. O
$#$ O

سمير I-PERS
مدير O
المصنع B-GPE B-ORG
$#$ O
في O
أمس B-DATE
"""
FILES = {
    "spaces, no end of the last line": "قطر B-GPE\n. O\n\nو O\nعمان B-GPE",
    "tabs, byte order mark, CRLF": "\ufeff\u200eقطر\tB-GPE\r\n.\tO\r\n\t\r\n\u200eعمان\tB-GPE\r\n",
    "nested": NESTED,
    "blank lines around and between": "\n\nقطر B-GPE\n\n \n\nعمان B-GPE\n\n\n",
    "starts": "-DOCSTART- -X- O\n\nقطر B-GPE\n\n-DOCSTART- -X- O\n\nعمان B-GPE\n\n",
    "an end before any token": "$#$ O\nقطر B-GPE\n$#$ O\nعمان B-GPE",
    "several columns": "وزير\tB-OCC\tO\nقطر\tI-OCC\tB-GPE\n\nعمان\tO\tB-GPE\n\n",
    "uneven spaces and mixed line ends": "قطر   B-GPE \r\nو O\n  . O\r\n",
    "spaces in tokens": "1 000\tB-CARDINAL\nرام\u00a0الله\tB-GPE\n\n",
}


def write(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


def read(path: Path) -> list[Document]:
    return list(read_conll(path, StrictRejected()))


def marked(document: Document) -> list[tuple[str, str]]:
    return [(entity.type, entity.text) for entity in document.entities]


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_file_comes_back_byte_for_byte(content: str, tmp_path: Path):
    path = write(tmp_path / "a.conll", content)
    write_conll(tmp_path / "b.conll", read(path))
    assert (tmp_path / "b.conll").read_bytes() == path.read_bytes()


TOKENS = st.text(st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"]), min_size=1)
TOKENS = TOKENS.filter(lambda token: token not in MARKS)
LABELS = st.lists(st.sampled_from(["O", "B-A", "I-A", "I-B", "B-B-C"]), min_size=1, max_size=3)
LINES = st.builds(
    lambda token, labels, separator: separator.join([token, *labels]),
    TOKENS,
    LABELS,
    st.sampled_from([" ", "\t", "  "]),
)
OTHERS = st.sampled_from(["", "\t", "$#$ O", "$#$", "-DOCSTART-", "-DOCSTART- O", "-DOCSTART-\tO"])


@given(
    st.lists(st.one_of(LINES, LINES, OTHERS), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_any_file_with_a_document_comes_back(tmp_path_factory, lines, newline, has_mark):
    folder = tmp_path_factory.getbasetemp()
    content = ("\ufeff" if has_mark else "") + newline.join(lines)
    assume(has_mark or not content.startswith("\ufeff"))
    path = write(folder / "any.conll", content)
    if documents := read(path):
        write_conll(folder / "again.conll", documents)
        assert (folder / "again.conll").read_bytes() == path.read_bytes()


def test_text_and_entities_are_those_of_the_tokens(tmp_path: Path):
    first, second, third = read(write(tmp_path / "a.conll", NESTED))
    assert first.text == "نادي مدرسي مدرسة نابلس ."
    assert marked(first) == [
        ("ORG", "نادي مدرسي مدرسة نابلس"),
        ("ORG", "مدرسة نابلس"),
        ("GPE", "نابلس"),
    ]
    assert second.text == "سمير مدير المصنع"
    assert marked(second) == [("PERS", "سمير"), ("GPE", "المصنع"), ("ORG", "المصنع")]
    assert marked(third) == [("DATE", "أمس")]
    assert [document.id for document in (first, second, third)] == ["a-1", "a-2", "a-3"]
    assert [document.meta.get("mended") for document in (first, second, third)] == [None, "1", None]


def test_what_lines_say_beyond_the_document_is_kept_short(tmp_path: Path):
    (document,) = read(write(tmp_path / "a.conll", "قطر B-GPE\n. O\n\nو O\nفي O\n\n"))
    assert document.meta == {"conll": "{}"}
    assert document.text == "قطر .\nو في"


def test_other_columns_are_kept_with_their_lines(tmp_path: Path):
    content = "-DOCSTART- -X- -X- O\n\nقطر NNP B-NP B-GPE\nتفوز VB O O\n\n"
    path = write(tmp_path / "a.conll", content)
    documents = list(read_conll(path, StrictRejected(), label_column=-1))
    assert [marked(document) for document in documents] == [[("GPE", "قطر")]]
    write_conll(tmp_path / "b.conll", documents)
    assert (tmp_path / "b.conll").read_bytes() == path.read_bytes()


def test_a_file_without_marks_is_cut_after_sentences_of_2000_tokens(tmp_path: Path):
    sentence = "كلمة O\n" * 900 + "\n"
    documents = read(write(tmp_path / "a.conll", sentence * 4))
    assert [len(document.text.split()) for document in documents] == [2700, 900]
    documents = read(write(tmp_path / "a.conll", "-DOCSTART-\n" + sentence * 4))
    assert [len(document.text.split()) for document in documents] == [3600]


def test_a_long_marked_document_keeps_its_lines(tmp_path: Path):
    content = "أ I-X\n$#$ O\n" + ("كلمة O\n" * 1500 + "\n") * 2 + "ب I-X\n$#$ O\n"
    path = write(tmp_path / "a.conll", content)
    write_conll(tmp_path / "b.conll", read(path))
    assert (tmp_path / "b.conll").read_bytes() == path.read_bytes()


def test_a_document_with_a_bad_line_is_rejected_whole_and_only_that(tmp_path: Path):
    path = tmp_path / "a.conll"
    path.write_bytes("أ O\n$#$ O\nب\nج X\n$#$ O\nد O\n$#$ O\n".encode() + b"\xc7 O\n")
    rejected = Rejected()
    assert [document.id for document in read_conll(path, rejected)] == ["a-1", "a-3"]
    assert [entry.line for entry in rejected.entries] == [3, 8]
    assert "has no label after 'ب'" in rejected.entries[0].reason
    assert "--encoding" in rejected.entries[1].reason


def test_stored_lines_are_used_only_while_they_read_as_the_document(tmp_path: Path):
    (document,) = read(write(tmp_path / "a.conll", "علي I-PERS\nهنا O\n$#$ O\n"))
    person = document.entities[0]
    place = Entity(id="2", type="LOC", start=4, end=7, text="هنا")
    more = msgspec.structs.replace(document, entities=(person, place))
    none = msgspec.structs.replace(document, entities=())
    inside = Entity(id="1", type="PERS", start=1, end=3, text="لي")
    cut = msgspec.structs.replace(document, entities=(inside,))
    write_conll(tmp_path / "b.conll", [more, none, cut])
    assert (tmp_path / "b.conll").read_text(encoding="utf-8") == (
        "علي B-PERS\nهنا B-LOC\n$#$ O\n"
        "علي O\nهنا O\n$#$ O\n"
        "-DOCSTART- O\n\nع O\nلي B-PERS\nهنا O\n\n"
    )


def test_documents_from_elsewhere_are_cut_at_spaces_and_entities(tmp_path: Path):
    text = "قال (داعش)\nفي  رام\u00a0الله\r\nأمس"
    extents = [("ORG", 5, 9), ("GPE", 15, 23), ("DATE", 25, 28), ("X", 15, 28)]
    entities = tuple(
        Entity(id=type, type=type, start=start, end=end, text=text[start:end])
        for type, start, end in extents
    )
    path = tmp_path / "a.conll"
    write_conll(path, [Document(id="x", text=text, entities=entities)])
    assert path.read_text(encoding="utf-8") == (
        "-DOCSTART- O\n\nقال O\n( O\nداعش B-ORG\n) O\n\n"
        "في O\nرام\u00a0الله B-X B-GPE\nأمس I-X B-DATE\n\n"
    )


@settings(max_examples=50)
@given(st.lists(st.from_type(Document), min_size=1, max_size=3))
def test_documents_from_elsewhere_stay_apart_with_their_entities(tmp_path_factory, documents):
    path = tmp_path_factory.getbasetemp() / "elsewhere.conll"
    bare = [msgspec.structs.replace(document, meta={}) for document in documents]
    try:
        write_conll(path, bare)
    except FormatError:
        reject()
    again = read(path)
    assert [squeezed(document) for document in again] == [squeezed(document) for document in bare]
    write_conll(path.with_suffix(".again"), again)
    assert path.with_suffix(".again").read_bytes() == path.read_bytes()


def squeezed(document: Document) -> tuple[str, list[tuple[str, int, int]]]:
    """Offsets and text without what separates tokens."""
    kept = [0]
    for character in document.text:
        kept.append(kept[-1] + (character not in " \t\r\n"))
    text = "".join(character for character in document.text if character not in " \t\r\n")
    return text, sorted((e.type, kept[e.start], kept[e.end]) for e in document.entities)


def test_documents_of_several_files_stay_apart(tmp_path: Path):
    first = read(write(tmp_path / "a.conll", "قطر B-GPE\n. O"))
    second = read(write(tmp_path / "b.conll", "\ufeffعمان I-GPE\n. O\n"))
    write_conll(tmp_path / "c.conll", [*first, *second, *first])
    assert (tmp_path / "c.conll").read_text(encoding="utf-8") == (
        "قطر B-GPE\n. O\n\n-DOCSTART- O\n\nعمان I-GPE\n. O\n\n-DOCSTART- O\n\nقطر B-GPE\n. O"
    )
    assert [document.text for document in read(tmp_path / "c.conll")] == [
        "قطر .",
        "عمان .",
        "قطر .",
    ]


ORG = Entity(id="1", type="ORG", start=0, end=3, text="أ ب")


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (
            Document(
                id="x",
                text="أ ب ج",
                entities=(ORG, Entity(id="2", type="ORG", start=2, end=5, text="ب ج")),
            ),
            "document 'x': two ORG cross, over the tokens 0 to 1 and 1 to 2",
        ),
        (
            Document(
                id="x",
                text="أ ب",
                entities=(Entity(id="1", type="ORG", start=1, end=2, text=" "),),
            ),
            "document 'x': entity 1 ' ' has no token",
        ),
        (
            Document(
                id="x",
                text="أ",
                entities=(Entity(id="1", type="MY ORG", start=0, end=1, text="أ"),),
            ),
            "the type 'MY ORG' is no single word",
        ),
        (Document(id="x", text=f"أ {DOCUMENT_START}"), "token 1, -DOCSTART-, is a mark"),
        (Document(id="x", text=DOCUMENT_END), r"token 0, \$#\$, is a mark"),
        (Document(id="x", text="أ", meta={"conll": "[]"}), "`meta.conll` is kept for the layout"),
        (Document(id="x", text="\ud800"), "lone surrogate"),
    ],
)
def test_what_columns_cannot_hold_is_an_error(document: Document, reason: str, tmp_path: Path):
    with pytest.raises(FormatError, match=reason):
        write_conll(tmp_path / "a.conll", [document])


# What is left out


def test_what_columns_have_no_place_for_is_counted():
    entity = Entity(id="1", type="GPE", start=0, end=3, text="قطر", score=0.5, cluster="c")
    relation = Relation(id="r", type="x", head="1", tail="1")
    meta = {"source": "نشرة", "conll": "{}", "mended": "2"}
    document = Document(id="1", text="قطر", entities=(entity,), relations=(relation,), meta=meta)
    assert missing_from_conll(document) == {
        "relations": 1,
        "scores": 1,
        "clusters of entities": 1,
        "meta.source": 1,
    }


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_a_file_of_columns_misses_nothing(content: str, tmp_path: Path):
    for document in read(write(tmp_path / "a.conll", content)):
        assert missing_from_conll(document) == {}


@pytest.mark.parametrize(
    ("text", "extent"),
    [
        ("قال عمر\nأمس", (4, 7)),
        ("قال  عمر", (5, 8)),
        ("قال عمر ", (4, 7)),
        ("قال وعمر", (5, 8)),
        ("قال\nعمر", (0, 7)),
        ("قال\tعمر", (4, 7)),
    ],
)
def test_a_text_whose_spaces_change_is_told_of(text: str, extent: tuple[int, int], tmp_path: Path):
    start, end = extent
    entity = Entity(id="1", type="X", start=start, end=end, text=text[start:end])
    document = Document(id="1", text=text, entities=(entity,))
    write_conll(tmp_path / "a.conll", [document])
    (back,) = read(tmp_path / "a.conll")
    told = missing_from_conll(document) == {"texts' own spaces": 1}
    assert told == (back.text != text)
