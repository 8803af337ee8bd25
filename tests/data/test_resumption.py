from __future__ import annotations

from tests.clustered import groups
from tests.marked import marked


def test_a_definite_noun_is_the_last_named_of_its_class() -> None:
    document = marked("⟨1:ORG|وزارة العمل⟩ و⟨2:ORG|وزارة النقل⟩ و⟨3:ORG|للوزارة⟩")
    assert groups(document) == [["وزارة النقل", "للوزارة"]]


def test_it_keeps_its_meaning_when_another_of_its_class_is_named() -> None:
    document = marked("⟨1:ORG|شركة نور⟩ و⟨2:ORG|الشركة⟩ لا ⟨3:ORG|شركة سهل⟩ : ⟨4:ORG|للشركة⟩")
    assert groups(document) == [["شركة نور", "الشركة", "للشركة"]]


def test_it_is_nothing_that_comes_later() -> None:
    assert groups(marked("⟨1:ORG|الشركة⟩ ثم ⟨2:ORG|شركة نور⟩")) == []


def test_without_a_name_of_the_class_equal_nouns_are_one_thing() -> None:
    assert groups(marked("⟨1:ORG|الشركة⟩ ثم ⟨2:ORG|للشركة⟩")) == [["الشركة", "للشركة"]]


def test_a_hospital_that_acts_is_the_one_that_is_a_place() -> None:
    document = marked("في ⟨1:FAC|المستشفى⟩ قال ⟨2:ORG|المستشفى⟩")
    assert groups(document) == [["المستشفى", "المستشفى"]]


def test_a_synonym_resumes() -> None:
    document = marked("⟨1:ORG|نادي جنك⟩ و⟨2:ORG|شركة نور⟩ و⟨3:ORG|الفريق⟩")
    assert groups(document) == [["نادي جنك", "الفريق"]]


def test_a_noun_may_tell_the_class_of_a_name_without_one() -> None:
    document = marked("⟨1:ORG|ريال سهل⟩ و⟨2:ORG|جامعة سهل⟩ و⟨3:ORG|النادي⟩")
    assert groups(document) == [["ريال سهل", "النادي"]]


def test_the_first_word_of_a_name_stands_for_it() -> None:
    document = marked(
        "⟨1:ORG|شركة سيروكو موتورز⟩ و⟨2:ORG|سيروكو⟩ و⟨3:ORG|الفتح الرباطي⟩ و⟨4:ORG|الفتح⟩"
    )
    assert groups(document) == [["شركة سيروكو موتورز", "سيروكو"], ["الفتح الرباطي", "الفتح"]]


def test_a_country_is_not_one_with_a_longer_name() -> None:
    assert groups(marked("⟨1:GPE|غينيا بيساو⟩ و⟨2:GPE|غينيا⟩")) == []
    assert groups(marked("⟨1:LOC|النيل الأزرق⟩ و⟨2:LOC|النيل⟩")) == []


def test_a_kingdom_is_resumed_by_its_form() -> None:
    assert groups(marked("⟨1:GPE|السعودية⟩ و⟨2:GPE|قطر⟩ و⟨3:GPE|المملكة⟩")) == [
        ["السعودية", "المملكة"]
    ]


def test_a_product_goes_by_its_last_word() -> None:
    document = marked("⟨1:PRODUCT|تويوتا هايلوكس⟩ ثم ⟨2:PRODUCT|الهايلوكس⟩")
    assert groups(document) == [["تويوتا هايلوكس", "الهايلوكس"]]


def test_happenings_need_their_noun_or_a_synonym() -> None:
    document = marked("⟨1:EVENT|كأس الريف⟩ و⟨2:EVENT|البطولة⟩ و⟨3:EVENT|الحرب⟩")
    assert groups(document) == [["كأس الريف", "البطولة"]]


def test_a_noun_that_resumed_by_a_synonym_takes_a_name_of_its_own_that_comes_later() -> None:
    document = marked("⟨1:ORG|نادي جنك⟩ و⟨2:ORG|الفريق⟩ و⟨3:ORG|فريق سهل⟩ و⟨4:ORG|الفريق⟩")
    assert groups(document) == [["نادي جنك", "الفريق", "فريق سهل", "الفريق"]]


def test_each_indefinite_happening_is_the_one_named_last() -> None:
    document = marked(
        "⟨1:EVENT|مباراة سهل⟩ ثم ⟨2:EVENT|مباراة⟩ و⟨3:EVENT|مباراة الريف⟩ ثم ⟨4:EVENT|مباراة⟩"
    )
    assert groups(document) == [["مباراة سهل", "مباراة"], ["مباراة الريف", "مباراة"]]
