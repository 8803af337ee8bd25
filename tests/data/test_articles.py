import datetime

import msgspec
import pytest

from khabar.data.articles import document_from_fields
from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity

ENTITY = {"id": "1", "type": "GPE", "start": 0, "end": 3, "text": "قطر"}


def test_the_title_of_a_raw_article_is_its_first_paragraph():
    document = document_from_fields({"title": "عنوان", "text": "نص\nآخر"}, default_id="a-1")
    assert document == Document(id="a-1", text="عنوان\nنص\nآخر")


@pytest.mark.parametrize("title", [None, "", "  "])
def test_an_empty_title_is_no_paragraph(title: str | None):
    assert document_from_fields({"title": title, "text": "نص"}, default_id="a").text == "نص"


def test_an_annotated_text_gets_no_title_because_offsets_count_in_it():
    fields = {"title": "عنوان", "text": "قطر", "entities": [ENTITY]}
    document = document_from_fields(fields, default_id="a-1")
    assert (document.text, document.entities) == ("قطر", (Entity(**ENTITY),))
    assert (document.id, document.meta) == ("a-1", {"title": "عنوان"})


def test_other_fields_go_to_meta_as_text_or_json():
    fields = {
        "id": 7,
        "text": "نص",
        "date": datetime.date(2017, 1, 20),
        "url": "http://a",
        "views": 1.5,
        "live": True,
        "tags": ["a", "ب"],
        "author": None,
        "meta": {"source": "s"},
    }
    document = document_from_fields(fields, default_id="a")
    assert document.id == "7"
    assert document.meta == {
        "source": "s",
        "date": "2017-01-20",
        "url": "http://a",
        "views": "1.5",
        "live": "true",
        "tags": '["a","ب"]',
    }


def test_a_field_and_meta_may_not_differ():
    fields = {"text": "نص", "date": "2017", "meta": {"date": "2018"}}
    with pytest.raises(FormatError, match=r"`date` and `meta\.date` differ; keep one"):
        document_from_fields(fields, default_id="a")


@pytest.mark.parametrize("fields", [{}, {"text": None}, {"title": "عنوان"}])
def test_an_article_without_a_text_is_an_error(fields: dict[str, object]):
    with pytest.raises(FormatError, match="has no `text`"):
        document_from_fields(fields, default_id="a")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"text": 5, "title": "ع"}, r"\$\.text"),
        ({"text": "قطر", "entities": [{**ENTITY, "end": "3"}]}, r"\$\.entities\[0\]\.end"),
        ({"text": "مصر", "entities": [ENTITY]}, r"text\[0:3\] is not 'قطر'"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(fields: dict[str, object], place: str):
    with pytest.raises(msgspec.ValidationError, match=place):
        document_from_fields(fields, default_id="a")
