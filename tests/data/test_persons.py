from __future__ import annotations

import pytest

from tests.clustered import groups
from tests.marked import marked


@pytest.mark.parametrize("part", ["تيلرسون", "ريكس", "وتيلرسون", "تِيلرسون"])
def test_a_part_is_the_whole(part: str) -> None:
    document = marked(f"قال ⟨1:PERS|ريكس تيلرسون⟩ ثم عاد ⟨2:PERS|{part}⟩")
    assert groups(document) == [["ريكس تيلرسون", part]]


def test_a_headline_may_name_the_part_first() -> None:
    document = marked("⟨1:PERS|تيلرسون⟩ يعود. وقال ⟨2:PERS|ريكس تيلرسون⟩")
    assert groups(document) == [["تيلرسون", "ريكس تيلرسون"]]


def test_a_shared_surname_is_whose_most_was_said_before() -> None:
    document = marked(
        "⟨1:PERS|هدى نجار⟩ عادت. ⟨2:PERS|هدى نجار⟩ ابنة ⟨3:PERS|علي نجار⟩ ، وقالت ⟨4:PERS|نجار⟩"
    )
    assert groups(document) == [["هدى نجار", "هدى نجار", "نجار"]]


def test_a_relation_says_that_two_are_not_one() -> None:
    document = marked("⟨1:PERS|هدى نجار⟩ وأخوها ⟨2:PERS|نجار⟩", "1 Family.has_sibling 2")
    assert groups(document) == []


def test_a_father_in_the_middle_or_at_the_end_is_another_person() -> None:
    document = marked("⟨1:PERS|سلطان بن زايد⟩ وأبوه ⟨2:PERS|زايد⟩ و⟨3:PERS|سلطان⟩")
    assert groups(document) == [["سلطان بن زايد", "سلطان"]]


def test_longer_parts_and_compounds_are_found() -> None:
    document = marked(
        "⟨1:PERS|مارغريت فان زيل⟩ و⟨2:PERS|فان زيل⟩ و⟨3:PERS|عبد الله هادي⟩ و⟨4:PERS|عبدالله⟩"
    )
    assert groups(document) == [["مارغريت فان زيل", "فان زيل"], ["عبد الله هادي", "عبدالله"]]


def test_other_persons_with_one_name_in_common_stay_apart() -> None:
    assert groups(marked("⟨1:PERS|هدى نجار⟩ و⟨2:PERS|هدى سالم⟩ و⟨3:PERS|علي نجار⟩")) == []


def test_a_whole_of_as_many_words_is_found_by_the_mentions_after_it() -> None:
    document = marked("⟨1:PERS|زايد بن سالم⟩ و⟨2:PERS|زايد هادي سالم⟩ و⟨3:PERS|زايد بن سالم⟩")
    assert groups(document) == [["زايد بن سالم", "زايد هادي سالم", "زايد بن سالم"]]
