from pathlib import Path

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document, Entity, Relation
from khabar.data.schema import LabelSchema
from khabar.data.validate import validate_documents, validate_file, widen_to_words

SCHEMA = LabelSchema(name="tiny", nested=True, entities={"GPE": "places", "ORG": "bodies"})


def entity(id: str, type: str, text: str, mention: str) -> Entity:
    start = text.index(mention)
    return Entity(id=id, type=type, start=start, end=start + len(mention), text=mention)


def document(text: str, *mentions: tuple[str, str, str], **more: object) -> Document:
    entities = tuple(entity(id, type, text, mention) for id, type, mention in mentions)
    return Document(id="x", text=text, entities=entities, **more)


GOOD = document("قال مجلس عمان", ("1", "ORG", "مجلس عمان"), ("2", "GPE", "عمان"))
BAD = document("قال بعمان", ("1", "GPE", "عمان"), ("2", "CITY", "بعمان"))


def test_problems_name_the_origin_and_the_document():
    problems = list(validate_documents([GOOD, BAD], SCHEMA, origin="a.jsonl"))
    place = "a.jsonl: document 'x': "
    assert [problem.removeprefix(place) for problem in problems] == [
        "another document has this id; give each its own",
        "entity 2 'بعمان' has the type CITY, which schema tiny lacks; "
        "correct it or add it to the schema",
        "entity 1 'عمان' cuts a word; annotate 'بعمان' whole",
    ]
    assert all(problem.startswith(place) for problem in problems)


def test_a_good_file_has_no_problems_and_a_bad_line_is_one(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [GOOD])
    assert list(validate_file(path, SCHEMA)) == []
    path.write_bytes(path.read_bytes() + b"{}\n")
    assert list(validate_file(path, SCHEMA)) == [
        f"{path}:2: has no `text`; every article needs one"
    ]


def test_an_entity_that_cuts_a_word_is_widened_with_a_sentence():
    text = "قال (بعمان) اليوم"
    widened, sentences = widen_to_words(
        document(text, ("1", "GPE", "عما"), ("2", "ORG", "(بعمان)"))
    )
    assert [e.text for e in widened.entities] == ["بعمان", "(بعمان)"]
    assert sentences == ["document 'x': entity 1 'عما' cuts a word; widened to 'بعمان'"]


def test_whole_words_are_left_as_they_are():
    assert widen_to_words(GOOD) == (GOOD, [])


def test_entities_that_become_one_share_their_relations():
    relations = (
        Relation(id="r1", type="located_in", head="3", tail="1"),
        Relation(id="r2", type="located_in", head="3", tail="2"),
        Relation(id="r3", type="nearby", head="2", tail="3"),
        Relation(id="r4", type="nearby", head="1", tail="2"),
    )
    text = "مجلس بعمان"
    mentions = (("1", "GPE", "بعمان"), ("2", "GPE", "عمان"), ("3", "ORG", "مجلس"))
    widened, sentences = widen_to_words(document(text, *mentions, relations=relations))
    assert [e.id for e in widened.entities] == ["1", "3"]
    assert [(r.id, r.head, r.tail) for r in widened.relations] == [
        ("r1", "3", "1"),
        ("r3", "1", "3"),
    ]
    assert sentences == [
        "document 'x': entity 2 'عمان' cuts a word; widened to 'بعمان'",
        "document 'x': entity 2 is now the same GPE as 1; dropped",
    ]
