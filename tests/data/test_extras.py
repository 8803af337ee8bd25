from hypothesis import given
from hypothesis import strategies as st

from khabar.data.extras import fields_to_meta, meta_to_fields

TAKEN = ("id", "text")


@given(st.dictionaries(st.sampled_from(["id", "text", "meta", "source", ""]), st.text(max_size=3)))
def test_meta_comes_back_whatever_its_names(meta: dict[str, str]):
    fields = meta_to_fields(meta, TAKEN)
    assert fields.keys().isdisjoint(TAKEN)
    assert fields_to_meta(fields, TAKEN) == meta


def test_fields_become_text_and_what_is_empty_is_absent():
    fields = {
        "id": 7,
        "source": "نشرة",
        "page": 3,
        "tags": ["أ", None],
        "meta": {"views": 1.5, "note": ""},
        "approver": None,
        "comments": [],
    }
    assert fields_to_meta(fields, TAKEN) == {
        "views": "1.5",
        "note": "",
        "source": "نشرة",
        "page": "3",
        "tags": '["أ",null]',
    }


def test_a_field_meta_that_is_no_object_is_a_field():
    assert fields_to_meta({"meta": "نص"}, TAKEN) == {"meta": "نص"}
