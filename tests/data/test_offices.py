from __future__ import annotations

from tests.clustered import groups
from tests.marked import marked


def offices(document_text: str, *relations: str) -> list[list[str]]:
    document = marked(document_text, *relations)
    texts = {entity.text for entity in document.entities if entity.type == "OCC"}
    return [group for group in groups(document) if group[0] in texts]


def test_an_office_is_its_words_and_the_body_it_names() -> None:
    text = (
        "⟨1:OCC|رئيس ⟨2:ORG|اتحاد السلة⟩⟩ انتخب ⟨3:OCC|رئيسا ⟨4:ORG|للاتحاد⟩⟩ "
        "و⟨5:OCC|رئيس ⟨6:ORG|غرفة السلة⟩⟩"
    )
    assert offices(text) == [["رئيس اتحاد السلة", "رئيسا للاتحاد"]]


def test_women_and_men_hold_one_office() -> None:
    text = "⟨1:OCC|وزيرة ⟨2:ORG|العمل⟩⟩ خلفت ⟨3:OCC|وزير ⟨4:ORG|العمل⟩ السابق⟩"
    assert offices(text) == [["وزيرة العمل", "وزير العمل السابق"]]


def test_a_definite_title_resumes_the_office() -> None:
    assert offices("⟨1:OCC|عريف ⟨2:FAC|فلج دارس⟩⟩ قال. ⟨3:OCC|العريف⟩") == [
        ["عريف فلج دارس", "العريف"]
    ]


def test_it_resumes_no_office_of_another_person() -> None:
    text = "⟨1:OCC|مدير ⟨2:ORG|بنك سهل⟩⟩ ⟨3:PERS|علي نجار⟩ و⟨4:OCC|المدير⟩ ⟨5:PERS|هدى سالم⟩"
    assert offices(text) == []


def test_a_trade_or_title_is_one_for_one_person_alone() -> None:
    two = "⟨1:OCC|المهندس⟩ ⟨2:PERS|علي نجار⟩ و⟨3:OCC|المهندس⟩ ⟨4:PERS|سالم هادي⟩"
    one = "⟨1:OCC|الدكتورة⟩ ⟨2:PERS|هدى نجار⟩ ثم ⟨3:OCC|الدكتورة⟩ ⟨4:PERS|هدى⟩"
    assert offices(two) == []
    assert offices(one) == [["الدكتورة", "الدكتورة"]]


def test_a_stated_occupation_says_whose_it_is() -> None:
    text = "⟨1:PERS|علي نجار⟩ ، وهو ⟨2:OCC|معلم⟩ ، و⟨3:PERS|هدى سالم⟩ ، وهي ⟨4:OCC|معلم⟩"
    told = ("1 Personal.has_occupation 2", "3 Personal.has_occupation 4")
    assert offices(text, *told) == []


def test_a_title_resumes_the_office_named_last() -> None:
    text = (
        "⟨1:OCC|رئيس ⟨2:ORG|نادي سهل⟩⟩ و⟨3:OCC|رئيس ⟨4:ORG|نادي الريف⟩⟩ "
        "و⟨5:OCC|رئيس ⟨6:ORG|نادي سهل⟩⟩ ثم ⟨7:OCC|الرئيس⟩"
    )
    assert offices(text) == [["رئيس نادي سهل", "رئيس نادي سهل", "الرئيس"]]
