from pathlib import Path

import pytest

from khabar.data.errors import FormatError
from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document, Entity, Relation
from khabar.data.schema import LabelSchema
from khabar.data.validate import Validator, widen_to_words
from tests.marked import marked

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
    problems = list(Validator(SCHEMA).documents([GOOD, BAD], origin="a.jsonl"))
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
    assert list(Validator(SCHEMA).path(path)) == []
    path.write_bytes(path.read_bytes() + b"{}\n")
    assert list(Validator(SCHEMA).path(path)) == [
        f"{path}:2: has no `text`; every article needs one"
    ]


def test_the_files_of_a_folder_are_checked_as_one_corpus_and_each_problem_names_its_file(
    tmp_path: Path,
):
    first, second = tmp_path / "a.jsonl", tmp_path / "more" / "b.jsonl"
    second.parent.mkdir()
    (tmp_path / "README.md").write_text("{}", encoding="utf-8")
    write_jsonl(first, [GOOD])
    first.write_bytes(first.read_bytes() + b"{}\n")
    write_jsonl(second, [BAD])
    problems = list(Validator(SCHEMA).path(tmp_path))
    assert problems[0] == f"{first}:2: has no `text`; every article needs one"
    twice = "another document has this id; give each its own"
    assert problems[1] == f"{second}: document 'x': {twice}"
    assert len(problems) == 4


def test_a_folder_of_one_format_may_name_it_and_its_encoding(tmp_path: Path):
    (tmp_path / "a.txt").write_bytes("عمان B-CITY\n".encode("cp1256"))
    problems = list(Validator(SCHEMA).path(tmp_path, format="conll", encoding="cp1256"))
    assert len(problems) == 1
    assert "entity 1 'عمان' has the type CITY" in problems[0]


def test_the_guide_is_checked_where_it_is_asked_for():
    document = marked("⟨1:GPE|عمان،⟩ أمس")
    assert list(Validator(SCHEMA).documents([document], origin="a")) == []
    assert list(Validator(SCHEMA, guide=True).documents([document], origin="a")) == [
        "a: document '1': entity 1 'عمان،' begins or ends with punctuation; leave it outside"
    ]


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path):
    with pytest.raises(FormatError, match=r"a\.jsonl: cannot be read"):
        list(Validator(SCHEMA).path(tmp_path / "a.jsonl"))


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
