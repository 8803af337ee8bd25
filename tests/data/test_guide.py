import pytest

from khabar.data.guide import LEADERSHIP, SCHEMA, check_guide
from khabar.data.schema import load_schema
from tests.marked import marked


def problems(text: str, *relations: str) -> list[str]:
    return list(check_guide(marked(text, *relations)))


def test_a_document_that_follows_the_guide_has_no_problem():
    text = (
        "قال ⟨1:OCC|مدير ⟨2:ORG|بنك النسيم⟩⟩ ⟨3:PERS|سامي الحداد⟩ إنه أقرض نحو "
        "⟨4:MONEY|5 ملايين ⟨5:CURR|دينار⟩⟩ لمشروع على أكثر من ⟨6:QUANTITY|3 ⟨7:UNIT|هكتارات⟩⟩."
    )
    assert problems(text, "3 Administration.manager_of 2", "3 Personal.has_occupation 1") == []


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("شركة «⟨1:ORG|النسيم»⟩", "النسيم»"),
        ("شركة ⟨1:ORG|(النسيم⟩)", "(النسيم"),
        ("في ⟨1:GPE|تونس،⟩", "تونس،"),
        ("في⟨1:GPE| تونس⟩", " تونس"),
        ("⟨1:WEBSITE|khabar@⟩", "khabar@"),
        ("⟨1:GPE|.⟩", "."),
    ],
)
def test_punctuation_stays_outside(text: str, mention: str):
    assert problems(text) == [
        f"entity 1 {mention!r} begins or ends with punctuation; leave it outside"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "⟨1:PERCENT|5%⟩",
        "⟨1:PERCENT|٥٪⟩",
        "⟨1:PERCENT|٪٥⟩",
        "⟨1:MONEY|$5⟩",
        "⟨1:MONEY|5 ¥⟩",
        "⟨1:WEBSITE|@khabar⟩",
        "⟨1:EVENT|#عاصفة_الشمال⟩",
        "⟨1:GPE|تونسُ⟩",
        "⟨1:GPE|مصـ⟩",
        "⟨1:ORG|قناة «الفجر» الأولى⟩",
    ],
)
def test_signs_that_belong_to_a_mention_are_no_punctuation(text: str):
    assert problems(text) == []


@pytest.mark.parametrize(
    ("mention", "word"),
    [
        ("نحو 50", "نحو"),
        ("حوالي 50", "حوالي"),
        ("بقرابة 50", "قرابة"),
        ("وبزهاء 50", "زهاء"),
        ("لأكثر من 50", "أكثر من"),
        ("اكثر من 50", "اكثر من"),
        ("أقل من 50", "أقل من"),
        ("ما يقرب من 50", "ما يقرب من"),
        ("ما يزيد على 50", "ما يزيد على"),
    ],
)
@pytest.mark.parametrize("type", ["CARDINAL", "DATE", "MONEY", "PERCENT", "TIME"])
def test_what_only_bounds_a_number_stays_outside(type: str, mention: str, word: str):
    assert problems(f"⟨1:{type}|{mention}⟩") == [
        f"entity 1 {mention!r} begins with {word!r}, which only bounds the number; leave it outside"
    ]


@pytest.mark.parametrize("text", ["⟨1:ORG|نحو الأمل⟩", "⟨1:CARDINAL|نحوي⟩", "نحو ⟨1:CARDINAL|50⟩"])
def test_the_same_words_elsewhere_are_left_alone(text: str):
    assert problems(text) == []


@pytest.mark.parametrize(
    "text",
    ["⟨1:QUANTITY|5 أمتار⟩", "⟨1:QUANTITY|٥ أمتار⟩ ⟨2:UNIT|متر⟩", "⟨1:QUANTITY|5 ⟨2:CURR|دنانير⟩⟩"],
)
def test_a_quantity_in_digits_has_its_unit_inside(text: str):
    (problem,) = problems(text)
    assert problem.startswith("entity 1 '")
    assert problem.endswith("' is a QUANTITY without UNIT in it; mark it")


@pytest.mark.parametrize(
    "text", ["⟨1:QUANTITY|5 ⟨2:UNIT|أمتار⟩⟩", "⟨1:QUANTITY|خمسة أمتار⟩", "⟨1:CARDINAL|5⟩"]
)
def test_a_quantity_with_its_unit_or_in_words_is_left_alone(text: str):
    assert problems(text) == []


@pytest.mark.parametrize("stated", [(1, 3), (3, 1)])
def test_of_a_person_and_an_institution_the_most_specific_relation_is_kept(stated: tuple[int, int]):
    relations = [f"1 {LEADERSHIP[number]} 2" for number in stated]
    assert problems("⟨1:PERS|سامي⟩ ⟨2:ORG|النسيم⟩", *relations) == [
        "relations Administration.manager_of, Affiliation.employee_of all run from entity 1 to 2; "
        "keep the most specific, Administration.manager_of"
    ]


def test_other_pairs_and_other_relations_are_left_alone():
    text = "⟨1:PERS|سامي⟩ ⟨2:ORG|النسيم⟩ ⟨3:ORG|الفجر⟩"
    manager, founder = "1 Administration.manager_of 2", "1 Productivity.founder_of 2"
    assert problems(text, manager, "1 Affiliation.employee_of 3", founder) == []


def test_a_relation_that_is_stated_twice_is_not_two_relations():
    """The schema's check says that it is there twice."""
    text = "⟨1:PERS|سامي⟩ ⟨2:ORG|النسيم⟩"
    assert problems(text, *["1 Affiliation.employee_of 2"] * 2) == []


def test_the_guide_speaks_of_relations_of_its_schema():
    assert set(LEADERSHIP) <= set(load_schema(SCHEMA).relations)
