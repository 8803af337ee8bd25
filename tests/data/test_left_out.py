from collections import Counter

from khabar.data.left_out import LeftOut, missing, nothing
from khabar.data.records import Document, Entity, Relation

DOCUMENT = Document(
    id="1",
    text="قطر",
    entities=(Entity(id="1", type="GPE", start=0, end=3, text="قطر", score=0.5, cluster="c"),),
    relations=(Relation(id="r", type="x", head="1", tail="1"),),
    meta={"source": "أ", "page": "3"},
)


def test_parts_are_counted_and_meta_by_field():
    assert missing(DOCUMENT, "relations", "scores", "clusters", "meta", kept_meta=("page",)) == {
        "relations": 1,
        "scores": 1,
        "clusters of entities": 1,
        "meta.source": 1,
    }
    assert missing(Document(id="2", text=""), "relations", "meta") == Counter()


def test_documents_pass_and_are_told_of_in_one_sentence():
    left_out = LeftOut("conll")
    assert list(left_out.watch([DOCUMENT] * 1_200, lambda d: missing(d, "scores"))) == (
        [DOCUMENT] * 1_200
    )
    assert str(left_out) == "conll has no place for what is left out: 1,200 scores"


def test_nothing_left_out_is_false():
    left_out = LeftOut("jsonl")
    list(left_out.watch([DOCUMENT], nothing))
    assert not left_out
