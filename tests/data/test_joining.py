from khabar.data.joining import join_documents, join_in_groups
from khabar.data.records import Document, Entity, Relation


def article(id: str) -> Document:
    text = "زار خالد تونس"
    return Document(
        id=id,
        text=text,
        entities=(
            Entity(id="1", type="PERS", start=4, end=8, text="خالد"),
            Entity(id="2", type="GPE", start=9, end=13, text="تونس"),
        ),
        relations=(Relation(id="1", type="lives_in", head="1", tail="2"),),
    )


def test_annotation_moves_with_its_text():
    """The record checks every extent against the text, so that it is enough to build it."""
    joined = join_documents([article("a"), article("b")])
    assert joined.id == "a+b"
    assert joined.text == "زار خالد تونس\n\nزار خالد تونس"
    assert [entity.start for entity in joined.entities] == [4, 9, 19, 24]
    assert [(r.head, r.tail) for r in joined.relations] == [("0.1", "0.2"), ("1.1", "1.2")]


def test_the_last_group_may_be_smaller():
    groups = join_in_groups([article(id) for id in "abcde"], 2)
    assert [document.id for document in groups] == ["a+b", "c+d", "e"]


def test_groups_of_one_are_the_documents_as_they_were():
    """What a document asks is in its ``meta``, by its entities' ids."""
    asking = Document(id="a", text="خبر", meta={"asked": "x"})
    assert join_in_groups([asking, article("b")], 1) == [asking, article("b")]
