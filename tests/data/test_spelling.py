from __future__ import annotations

import pytest

from khabar.data.spelling import (
    fold,
    folded_words,
    join_compounds,
    plain,
    same_sound,
    skeleton,
    without_quotes,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("أحمد", "احمد"),
        ("إسراء", "اسرا"),
        ("القاهرة", "القاهره"),
        ("مصطفى", "مصطفي"),
        ("مُحَمَّد", "محمد"),
        ("قـــطر", "قطر"),
        ("کرمان", "كرمان"),
        ("IHA", "iha"),
        ("ﻻهاي", "لاهاي"),
        ("فرنسا\u200f", "فرنسا"),
    ],
)
def test_spellings_of_a_name_fold_to_one_form(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_letters_that_tell_names_apart_stay() -> None:
    assert len({fold(name) for name in ("حسن", "حسين", "كريم", "ريم", "غانا")}) == 5


def test_plain_keeps_letters_and_opens_hashtags() -> None:
    assert plain("شبابُ_الدّيـر") == "شباب الدير"
    assert plain("إسراء") == "إسراء"


def test_quotes_go_and_other_signs_stay() -> None:
    assert without_quotes("شركة «نبضات") == "شركة نبضات"
    assert without_quotes("بيير-لوك") == "بيير-لوك"


def test_compounds_are_one_word() -> None:
    assert join_compounds(folded_words("عبد المنعم علي")) == ("عبدالمنعم", "علي")
    assert join_compounds(folded_words("عبدالمنعم علي")) == ("عبدالمنعم", "علي")


def alike(first: str, second: str, *, vowels: bool) -> bool:
    one, other = folded_words(first), folded_words(second)
    return skeleton(one) == skeleton(other) and same_sound(one, other, vowels=vowels)


@pytest.mark.parametrize("pair", ["غوغل جوجل", "تلغرام تيليجرام", "نتنياهو نتانياهو"])
def test_rival_transliterations_sound_the_same(pair: str) -> None:
    assert alike(*pair.split(), vowels=True)


@pytest.mark.parametrize("pair", ["غينيا كينيا", "الأفلاج الفلج", "مالي ملي"])
def test_other_names_of_like_sound_do_not(pair: str) -> None:
    assert not alike(*pair.split(), vowels=True)


@pytest.mark.parametrize("pair", ["سلمان سليمان", "جمال كمال"])
def test_persons_need_their_vowels_and_sounds(pair: str) -> None:
    assert not alike(*pair.split(), vowels=False)


def test_persons_have_rival_transliterations_too() -> None:
    assert alike("غوتيريش", "جوتيريش", vowels=False)
