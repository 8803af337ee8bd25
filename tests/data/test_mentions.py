from __future__ import annotations

import pytest

from khabar.data.mentions import Mention, nation_stem, read_mentions
from tests.marked import marked


def read(text: str) -> list[Mention]:
    return read_mentions(marked(text))


def displays(text: str) -> list[str]:
    return [mention.display for mention in read(text)]


@pytest.mark.parametrize(
    ("type", "written", "name"),
    [
        ("ORG", "للتحالف", "التحالف"),
        ("ORG", "وللتحالف", "التحالف"),
        ("GPE", "بالكويت", "الكويت"),
        ("GPE", "والجزائر", "الجزائر"),
        ("GPE", "وفرنسا", "فرنسا"),
        ("GPE", "لليبيا", "ليبيا"),
        ("GPE", "بـتونس", "تونس"),
        ("GPE", "وإيران", "إيران"),
        ("GPE", "وطانطان", "طانطان"),
        ("ORG", "بجامعة الجزيرة", "جامعة الجزيرة"),
        ("ORG", "ووزارة التجارة", "وزارة التجارة"),
        ("PERS", "لمحمد العريفي", "محمد العريفي"),
    ],
)
def test_particles_are_told_from_well_known_words_and_forms(
    type: str, written: str, name: str
) -> None:
    assert displays(f"⟨1:{type}|{written}⟩") == [name]


@pytest.mark.parametrize(
    "marks",
    [
        "⟨1:GPE|واشنطن⟩",
        "⟨1:GPE|وهران⟩",
        "⟨1:ORG|وكالة الشبكة⟩",
        "⟨1:GPE|بالي⟩",
        "⟨1:PERS|وليد سالم⟩",
        "⟨1:PERS|لحسن الوردي⟩",
        "⟨1:PERS|كريم فارس⟩ و ⟨2:PERS|ريم فارس⟩",
    ],
)
def test_a_first_letter_of_the_name_stays(marks: str) -> None:
    first = marks.partition("|")[2].partition("⟩")[0]
    assert displays(marks)[0] == first


def test_other_mentions_tell_that_a_letter_is_a_particle() -> None:
    text = "⟨1:PERS|هيا ناصر⟩ ثم ⟨2:PERS|لهيا⟩ و⟨3:ORG|نورث بيم⟩ ⟨4:ORG|لنورث بيم⟩"
    assert displays(text) == ["هيا ناصر", "هيا", "نورث بيم", "نورث بيم"]


def test_a_name_right_after_another_of_its_type_begins_with_and() -> None:
    assert displays("⟨1:PERS|سامي⟩ ⟨2:PERS|ويوسا⟩")[1] == "يوسا"
    assert displays("قال ⟨2:PERS|ويوسا⟩") == ["ويوسا"]


def test_values_and_signs_name_nothing_but_signs_of_currencies_do() -> None:
    assert displays("⟨1:DATE|أمس⟩ ⟨2:CARDINAL|3⟩ ⟨3:ORG|«»⟩ ⟨4:CURR|$⟩") == ["$"]


def test_a_class_noun_before_a_name_leaves_a_bare_name() -> None:
    town, company = read("⟨1:GPE|مدينة الموصل⟩ و ⟨2:ORG|الشركة الوطنية⟩")
    assert (town.bare, town.kind) == (("الموصل",), "town")
    assert company.bare == company.words  # the article makes it one description
    assert company.kind == "company"


def test_a_ministers_portfolio_is_the_ministry_and_has_its_nationality() -> None:
    mentions = read(
        "⟨1:OCC|وزير ⟨2:ORG|الخزانة⟩ ⟨3:NORP|الأميركي⟩⟩ في ⟨4:ORG|وزارة الخزانة ⟨5:NORP|الأمريكية⟩⟩"
    )
    portfolio, ministry = (m for m in mentions if m.entity.type == "ORG")
    assert portfolio.words == ministry.words


@pytest.mark.parametrize(
    "forms",
    ["الأمريكي أميركية الأميركيين", "الترك تركي الأتراك", "ألماني الألمانية ألمان", "عربي العرب"],
)
def test_forms_of_a_nationality_share_a_stem(forms: str) -> None:
    from khabar.data.spelling import fold

    assert len({nation_stem(fold(form)) for form in forms.split()}) == 1


def test_titles_are_no_part_of_a_persons_name() -> None:
    (person,) = read("⟨1:PERS|الدكتور سامي الحداد⟩")
    assert person.words == ("سامي", "الحداد")
