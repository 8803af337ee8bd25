import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from khabar.data.errors import ConfigError, FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected, StrictRejected
from khabar.data.spacy_docbin import SPANS, annotate, document_of, read_docbin, to_doc, write_docbin

NLP = spacy.blank("ar")
# Diacritics, tatweel, an emoji of two code points past U+FFFF, two spaces, an empty line.
TEXT = "قالَ  وزيـر 👨‍🌾 الصحّة:\n\n\u200fإنَّ (داعش) 😀 هُزِمت"
DOCUMENT = Document(
    id="خبر 1",
    text=TEXT,
    entities=(
        Entity(id="a", type="OCC", start=6, end=22, text=TEXT[6:22], score=0.1, cluster="c1"),
        Entity(id="b", type="ORG", start=16, end=22, text="الصحّة"),
        Entity(id="c", type="ORG", start=32, end=36, text="داعش", score=1 / 3),
    ),
    relations=(
        Relation(id="r1", type="Affiliation.employee_of", head="a", tail="b", score=0.25),
        Relation(id="r2", type="x", head="c", tail="c"),
    ),
    meta={"source": "تجربة"},
)


def storable(document: Document) -> Document:
    """An empty cluster is none, an empty id is the file's to give: all else comes back."""
    entities = tuple(
        msgspec.structs.replace(entity, cluster=entity.cluster or None)
        for entity in document.entities
    )
    return msgspec.structs.replace(document, id=document.id or "x", entities=entities)


@settings(max_examples=60)
@given(st.lists(st.from_type(Document).map(storable), max_size=3))
def test_documents_come_back_equal(tmp_path_factory, documents: list[Document]):
    path = tmp_path_factory.getbasetemp() / "round.spacy"
    write_docbin(path, documents)
    assert list(read_docbin(path, StrictRejected())) == documents


def test_real_spacy_reads_text_spans_and_relations(tmp_path: Path):
    write_docbin(tmp_path / "a.spacy", [DOCUMENT])
    code = (
        "import sys, spacy\n"
        "from spacy.tokens import Doc, DocBin\n"
        "Doc.set_extension('khabar_relations', default=[])\n"
        "(doc,) = DocBin().from_disk(sys.argv[1]).get_docs(spacy.blank('ar').vocab)\n"
        "spans = [(s.text, s.label_, s.id_, s.kb_id_) for s in doc.spans['khabar']]\n"
        "relations = [(r['head'], r['type'], r['tail']) for r in doc._.khabar_relations]\n"
        "print(ascii((doc.text, spans, relations)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.spacy")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    spans = [
        (TEXT[6:22], "OCC", "a", "c1"),
        ("الصحّة", "ORG", "b", ""),
        ("داعش", "ORG", "c", ""),
    ]
    relations = [("a", "Affiliation.employee_of", "b"), ("c", "x", "c")]
    assert done.stdout.strip() == ascii((TEXT, spans, relations))


def test_tokens_are_our_words_and_the_text_is_kept_to_the_letter():
    doc = to_doc(DOCUMENT, NLP.vocab)
    assert doc.text == TEXT
    words = ["قالَ", " ", "وزيـر", "👨", "\u200d", "🌾", "الصحّة", ":", "\n\n\u200f"]
    assert [token.text for token in doc][:9] == words
    assert [token.whitespace_ for token in doc][:4] == [" ", "", " ", ""]


def test_an_entity_that_cuts_a_word_or_starts_or_ends_in_space_keeps_its_extent():
    entities = (
        Entity(id="1", type="GPE", start=1, end=6, text="فرنسا"),
        Entity(id="2", type="X", start=6, end=7, text=" "),
        Entity(id="3", type="X", start=7, end=10, text=" كب"),
        Entity(id="4", type="X", start=8, end=14, text="كبيرة "),
    )
    document = Document(id="x", text="وفرنسا  كبيرة جدا", entities=entities)
    assert document_of(to_doc(document, NLP.vocab)) == document


def test_a_pipelines_own_tokens_widen_spans_but_not_the_record():
    text = "مـحمّد،وسعيد 😀 هنا"
    doc = NLP(text)
    assert doc[0].text == "مـحمّد،وسعيد"
    entities = (Entity(id="1", type="PERS", start=0, end=6, text="مـحمّد", score=0.5),)
    document = Document(id="x", text=text, entities=entities)
    annotate(doc, document)
    assert [span.text for span in doc.spans[SPANS]] == ["مـحمّد،وسعيد"]
    assert doc._.khabar == document
    copy = next(DocBin(store_user_data=True, docs=[doc]).get_docs(NLP.vocab))
    assert copy._.khabar == document


def test_a_file_of_span_categorizer_or_recognizer_is_read(tmp_path: Path):
    nested = NLP("وزير الصحة سالم الراشد")
    spans = [Span(nested, 0, 2, label="OCC"), Span(nested, 1, 2, label="ORG")]
    scores = {"scores": [0.5, 0.25]}
    nested.spans["sc"] = SpanGroup(nested, name="sc", spans=spans, attrs=scores)
    flat = NLP("قال سالم الراشد")
    flat.ents = [Span(flat, 1, 3, label="PERS")]
    DocBin(docs=[nested, flat, NLP("نص")]).to_disk(tmp_path / "a.spacy")
    assert list(read_docbin(tmp_path / "a.spacy", StrictRejected())) == [
        Document(
            id="a-1",
            text="وزير الصحة سالم الراشد",
            entities=(
                Entity(id="1", type="OCC", start=0, end=10, text="وزير الصحة", score=0.5),
                Entity(id="2", type="ORG", start=5, end=10, text="الصحة", score=0.25),
            ),
        ),
        Document(
            id="a-2",
            text="قال سالم الراشد",
            entities=(Entity(id="1", type="PERS", start=4, end=15, text="سالم الراشد"),),
        ),
        Document(id="a-3", text="نص"),
    ]


def test_a_doc_that_breaks_the_record_is_rejected_and_the_others_are_read(tmp_path: Path):
    added = to_doc(DOCUMENT, NLP.vocab)
    added.spans[SPANS].append(Span(added, 0, 1, label="X"))
    dangling = to_doc(DOCUMENT, NLP.vocab)
    dangling._.khabar_relations[0]["tail"] = "z"
    other = to_doc(DOCUMENT, NLP.vocab)
    other._.khabar_relations = [{"head": "a"}]
    docs = [added, dangling, other, to_doc(DOCUMENT, NLP.vocab)]
    DocBin(store_user_data=True, docs=docs).to_disk(tmp_path / "a.spacy")
    rejected = Rejected()
    assert list(read_docbin(tmp_path / "a.spacy", rejected)) == [DOCUMENT]
    assert [entry.line for entry in rejected.entries] == [1, 2, 3]
    reasons = [entry.reason for entry in rejected.entries]
    assert reasons[0] == (
        "the span group 'khabar' has 4 spans and 3 scores; mend or delete its attrs['scores']"
    )
    assert "relation r1: its tail 'z' is the id of no entity here" in reasons[1]
    assert "missing required field" in reasons[2]


def test_a_file_that_is_none_is_an_error(tmp_path: Path):
    with pytest.raises(FormatError, match=r"none\.spacy: cannot be read: No such file"):
        list(read_docbin(tmp_path / "none.spacy", Rejected()))
    write_docbin(tmp_path / "a.spacy", [DOCUMENT])
    whole = (tmp_path / "a.spacy").read_bytes()
    for bad in (b"", b"text", whole[:40], whole[:-40]):
        (tmp_path / "b.spacy").write_bytes(bad)
        with pytest.raises(FormatError, match=r"b\.spacy: is damaged or no DocBin"):
            list(read_docbin(tmp_path / "b.spacy", Rejected()))


def test_a_lone_surrogate_is_not_written(tmp_path: Path):
    with pytest.raises(FormatError, match="document 'x': holds the lone surrogate"):
        write_docbin(tmp_path / "a.spacy", [Document(id="x", text="\ud800")])
    assert not (tmp_path / "a.spacy").exists()


def test_without_spacy_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("khabar.data.optional.find_spec", lambda name: None)
    sentence = r"spaCy's files need spacy: pip install 'khabar\[spacy\]'"
    with pytest.raises(ConfigError, match=sentence):
        write_docbin(tmp_path / "a.spacy", [])
    with pytest.raises(ConfigError, match=sentence):
        list(read_docbin(tmp_path / "a.spacy", Rejected()))


def test_a_doc_never_annotated_has_an_empty_record():
    assert document_of(Doc(NLP.vocab, words=["نص"], spaces=[False])) == Document(id="", text="نص")
