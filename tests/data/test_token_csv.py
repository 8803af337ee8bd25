from collections import Counter
from itertools import accumulate
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity
from khabar.data.rejected import Rejected, StrictRejected
from khabar.data.tagged import TaggedTokens, tagged_document
from khabar.data.token_csv import missing_from_token_csv, read_token_csv, write_token_csv
from tests.marked import marked

SENTENCES = """\
Sentence_ID,Word_ID,Word,Annotator1,Revised_Label
3,13,زار,O,O
3,14,وزير,B_TIT,B_TIT
3,15,"الصحة",O,I_TIT
3,16,"1,000",O,O
7,17,في,O,O
7,18,عمان,B_ORG,B_LOC
"""


def write(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


def read(path: Path) -> list[Document]:
    return list(read_token_csv(path, StrictRejected()))


def found(document: Document) -> list[tuple[str, str]]:
    return [(entity.type, entity.text) for entity in document.entities]


def test_every_sentence_is_a_document_and_the_last_column_has_the_labels(tmp_path: Path):
    first, second = read(write(tmp_path / "a.csv", SENTENCES))
    assert (first.id, first.text) == ("a-1", "زار وزير الصحة 1,000")
    assert first.entities == (Entity(id="1", type="TIT", start=4, end=14, text="وزير الصحة"),)
    assert (second.id, second.text, found(second)) == ("a-2", "في عمان", [("LOC", "عمان")])


def test_a_blank_sentence_is_the_one_above(tmp_path: Path):
    content = "\ufeffSentence #,Word,POS,Tag\r\nSentence: 1,قطر,N,B-GPE\r\n,تفوز,V,O\r\n"
    content += "Sentence: 2,عمان,N,B-GPE\r\n\r\n"
    documents = read(write(tmp_path / "a.csv", content))
    assert [document.text for document in documents] == ["قطر تفوز", "عمان"]


def test_a_column_of_documents_joins_sentences(tmp_path: Path):
    content = "Document,Sentence,Token,Label\nx,1,قطر,B-GPE\nx,2,قطر,I-GPE\ny,2,عمان,B-GPE\n"
    first, second = read(write(tmp_path / "a.csv", content))
    assert (first.id, first.text) == ("x", "قطر\nقطر")
    assert found(first) == [("GPE", "قطر"), ("GPE", "قطر")]
    assert first.meta == {"mended": "1"}
    assert (second.id, second.text) == ("y", "عمان")


def test_without_both_columns_the_file_is_one_document(tmp_path: Path):
    (document,) = read(write(tmp_path / "a.csv", "word,tag\nقطر,B-GPE\nتفوز,O\n"))
    assert document.text == "قطر تفوز"


def test_of_a_token_inside_several_entities_all_labels_stand_in_the_cell(tmp_path: Path):
    (document,) = read(write(tmp_path / "a.csv", "word,tag\nبنك,B-ORG\nقطر,I-ORG B-GPE\n"))
    assert found(document) == [("ORG", "بنك قطر"), ("GPE", "قطر")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,قطر", "has 2 cells where the first line names 3 columns"),
        ("1,,O", "has no word; write one or drop the row"),
        ("1,قطر,", "has no label after 'قطر'; write O"),
        ("1,قطر,No_Agr", "'No_Agr' is no label: O, B-TYPE and I-TYPE are, B_TYPE as well"),
        ('1,"قطر,O', "is no row of CSV"),
    ],
)
def test_a_document_with_a_bad_row_is_rejected_with_its_line(row: str, reason: str, tmp_path: Path):
    content = f"sentence,word,tag\n0,قطر,O\n1,في,O\n{row}\n1,x,X\n2,عمان,O\n"
    rejected = Rejected()
    documents = list(read_token_csv(write(tmp_path / "a.csv", content), rejected))
    assert [document.id for document in documents] == ["a-1", "a-3"]
    assert [entry.line for entry in rejected.entries] == [4]
    assert reason in rejected.entries[0].reason


def test_a_bad_byte_costs_one_document(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"sentence,word,tag\n1,\xc7,O\n" + "2,عمان,O\n".encode())
    rejected = Rejected()
    assert [document.text for document in read_token_csv(path, rejected)] == ["عمان"]
    assert rejected.entries[0].line == 2
    assert "--encoding" in rejected.entries[0].reason


@pytest.mark.parametrize("content", ["", "a,b\n", "tag,word\n", "word\n"])
def test_a_file_without_a_column_of_tokens_before_the_labels_is_an_error(
    content: str, tmp_path: Path
):
    with pytest.raises(FormatError, match=r"a\.csv:1: the first line must name the columns, one"):
        read(write(tmp_path / "a.csv", content))


def test_a_document_is_written_with_its_sentences(tmp_path: Path):
    document = marked('قال ⟨1:OCC|وزير ⟨2:ORG|"الصحة⟩⟩\nأمس', id="خبر")
    write_token_csv(tmp_path / "a.csv", [document])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == (
        "Document_ID,Sentence_ID,Word,Label\n"
        'خبر,1,قال,O\nخبر,1,وزير,B-OCC\nخبر,1,"""الصحة",I-OCC B-ORG\nخبر,2,أمس,O\n'
    )
    assert read(tmp_path / "a.csv") == [document]


TOKENS = st.text(st.characters(exclude_characters=" \t\r\n", exclude_categories=["Cs"]), min_size=1)
LABELS = st.lists(st.sampled_from(["B-A", "I-A", "I-B", "B-B_C"]), max_size=2)
SENTENCES_OF_TOKENS = st.lists(st.lists(st.tuples(TOKENS, LABELS), min_size=1), min_size=1)


@given(st.lists(SENTENCES_OF_TOKENS, min_size=1, max_size=3))
def test_documents_come_back(tmp_path_factory, drawn):
    documents = []
    for number, sentences in enumerate(drawn):
        tokens, labels = zip(*(pair for sentence in sentences for pair in sentence), strict=True)
        starts = set(accumulate(len(sentence) for sentence in sentences)) - {len(tokens)}
        tagged = TaggedTokens(list(tokens), list(labels), starts)
        documents.append(tagged_document(tagged, f"d{number}")[0])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    write_token_csv(path, documents)
    again = read(path)
    for read_back, document in zip(again, documents, strict=True):
        assert msgspec.structs.replace(read_back, meta={}) == msgspec.structs.replace(
            document, meta={}
        )
        assert not missing_from_token_csv(document)


@pytest.mark.parametrize("ids", [("",), ("a\nb",), ("x", "x")])
def test_documents_that_rows_could_not_tell_apart_are_refused(ids, tmp_path: Path):
    documents = [Document(id=id, text="قطر") for id in ids]
    with pytest.raises(FormatError, match="rows need an id of one line, and each document its own"):
        write_token_csv(tmp_path / "a.csv", documents)


def test_entities_of_one_type_that_cross_are_refused(tmp_path: Path):
    document = marked("⟨1:ORG|أ ب⟩ ج")
    crossing = Entity(id="2", type="ORG", start=2, end=5, text="ب ج")
    both = msgspec.structs.replace(document, entities=(*document.entities, crossing))
    with pytest.raises(FormatError, match="document '1': two ORG cross"):
        write_token_csv(tmp_path / "a.csv", [both])


def test_what_rows_have_no_place_for_is_counted():
    document = Document(id="1", text="  قطر", meta={"source": "نشرة", "mended": "1"})
    assert missing_from_token_csv(document) == Counter({"meta.source": 1, "texts' own spaces": 1})
    assert missing_from_token_csv(Document(id="1", text=" "))["documents without a token"] == 1
