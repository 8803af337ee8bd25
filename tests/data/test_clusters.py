from __future__ import annotations

import random
import time

import msgspec
from hypothesis import given

from khabar.data.clusters import with_clusters
from khabar.data.embedded import load_corpus
from khabar.data.joining import join_documents
from khabar.data.mentions import VALUE_TYPES
from khabar.data.records import Document
from khabar.data.spelling import folded_words
from tests.clustered import groups
from tests.marked import marked


def test_spellings_and_particles_of_a_name_are_one_thing() -> None:
    document = marked("في ⟨1:GPE|إسطنبول⟩ ⟨2:GPE|واسطنبول⟩ ثم ⟨3:GPE|بإسـطنبول⟩ لا ⟨4:GPE|دبي⟩")
    assert groups(document) == [["إسطنبول", "واسطنبول", "بإسـطنبول"]]


def test_a_stated_alternate_name_joins_across_types() -> None:
    document = marked(
        "⟨1:ORG|هيئة المرسى⟩ ، أي ⟨2:FAC|البيت الأزرق⟩", "1 Organization.has_alternate_name 2"
    )
    assert groups(document) == [["هيئة المرسى", "البيت الأزرق"]]


def test_an_alias_in_brackets_is_the_longest_name_before_it() -> None:
    document = marked("⟨1:ORG|لجنة ⟨2:ORG|نادي الريف⟩⟩ (⟨3:ORG|لنر⟩) ثم ⟨4:ORG|لنر⟩")
    assert groups(document) == [["لجنة نادي الريف", "لنر", "لنر"]]


def test_brackets_after_a_place_say_where_it_lies() -> None:
    assert groups(marked("⟨1:GPE|نيروبي⟩ (⟨2:GPE|كينيا⟩)")) == []


def test_a_bracket_that_holds_more_gives_no_alias() -> None:
    assert groups(marked("فاز ⟨1:ORG|نور⟩ (⟨2:ORG|سهل⟩ 2-1)")) == []


def test_words_may_say_that_a_name_is_another() -> None:
    document = marked("⟨1:PERS|سالم هادي⟩ المعروف بـ«⟨2:PERS|البحار⟩» و⟨3:PERS|البحار⟩")
    assert groups(document) == [["سالم هادي", "البحار", "البحار"]]


def test_a_quoted_name_inside_its_class_noun_is_the_thing_itself() -> None:
    document = marked("⟨1:ORG|مجلس ⟨2:ORG|شركة «⟨3:ORG|نبضات⟩⟩⟩» أعلنت ⟨4:ORG|نبضات⟩")
    assert groups(document) == [["شركة «نبضات", "نبضات", "نبضات"]]


def test_a_body_inside_anothers_name_is_another() -> None:
    document = marked(
        "⟨1:ORG|منظمة ⟨2:ORG|أمم البحار⟩ للتربية⟩ و⟨3:ORG|أمم البحار⟩ ثم ⟨4:ORG|المنظمة⟩"
    )
    assert groups(document) == [["منظمة أمم البحار للتربية", "المنظمة"], ["أمم البحار"] * 2]


def test_a_town_and_its_province_are_two_and_the_bare_name_the_first() -> None:
    document = marked("⟨1:GPE|محافظة سهل⟩ وفيها ⟨2:GPE|مدينة سهل⟩ وكل ⟨3:GPE|سهل⟩")
    assert groups(document) == [["محافظة سهل", "سهل"]]


def test_a_place_in_a_place_is_not_that_place() -> None:
    stated = marked("⟨1:GPE|سهل⟩ في ⟨2:GPE|ولاية سهل⟩", "1 PartOf.geopolitical_division 2")
    assert groups(stated) == []


def test_rival_transliterations_are_one_thing() -> None:
    assert groups(marked("⟨1:ORG|غوغل⟩ ثم ⟨2:ORG|وجوجل⟩")) == [["غوغل", "وجوجل"]]


def test_a_capital_may_be_named_by_its_nationality() -> None:
    document = marked("⟨1:GPE|ستوكهولم⟩ و⟨2:GPE|العاصمة ⟨3:NORP|السويدية⟩⟩ و⟨4:GPE|السويد⟩")
    assert groups(document) == [["ستوكهولم", "العاصمة السويدية"]]


def test_forms_of_a_nationality_are_one_and_a_language_of_that_name_is_not() -> None:
    document = marked("⟨1:NORP|فرنسي⟩ و⟨2:NORP|الفرنسيين⟩ و⟨3:NORP|فرنسية⟩ و⟨4:LANGUAGE|الفرنسية⟩")
    assert groups(document) == [["فرنسي", "الفرنسيين", "فرنسية"]]


def test_indefinite_happenings_are_new_each_time() -> None:
    document = marked("⟨1:EVENT|مباراة⟩ ثم ⟨2:EVENT|مباراة⟩ وانتهت ⟨3:EVENT|المباراة⟩")
    assert groups(document) == [["مباراة", "المباراة"]]


def test_values_have_no_cluster_and_a_thing_named_once_has_its_own() -> None:
    document = with_clusters(marked("⟨1:GPE|دبي⟩ ⟨2:DATE|أمس⟩ ⟨3:DATE|أمس⟩ ⟨4:GPE|تونس⟩"))
    assert [entity.cluster for entity in document.entities] == ["c1", None, None, "c2"]


def test_old_clusters_are_replaced() -> None:
    document = marked("⟨1:GPE cluster=x|دبي⟩ ⟨2:DATE cluster=x|أمس⟩")
    assert [entity.cluster for entity in with_clusters(document).entities] == ["c1", None]


@given(...)
def test_any_document_keeps_all_else_and_names_are_in_one_cluster(document: Document) -> None:
    clustered = with_clusters(document)
    assert clustered.entities == tuple(
        msgspec.structs.replace(old, cluster=new.cluster)
        for old, new in zip(document.entities, clustered.entities, strict=True)
    )
    assert msgspec.structs.replace(clustered, entities=document.entities) == document
    for entity in clustered.entities:
        named = entity.type not in VALUE_TYPES and folded_words(entity.text)
        assert entity.cluster is not None or not named


ARTICLE = marked(
    "قال ⟨1:OCC|وزير ⟨2:ORG|العمل⟩⟩ ⟨3:PERS|سامي حداد⟩ إن ⟨4:ORG|شركة «⟨5:ORG|نور⟩⟩» في ⟨6:GPE|دبي⟩"
    " و⟨7:ORG|الوزارة⟩ ، وأيد ⟨8:PERS|حداد⟩ و⟨9:OCC|الوزير⟩ ⟨10:ORG|الشركة⟩ ⟨11:GPE|بدبي⟩",
    "3 Personal.has_occupation 1",
)


def test_the_order_of_the_entities_changes_nothing() -> None:
    expected = {entity.id: entity.cluster for entity in with_clusters(ARTICLE).entities}
    for seed in range(10):
        entities = list(ARTICLE.entities)
        random.Random(seed).shuffle(entities)
        shuffled = with_clusters(msgspec.structs.replace(ARTICLE, entities=tuple(entities)))
        assert {entity.id: entity.cluster for entity in shuffled.entities} == expected


def test_an_article_is_grouped_as_a_reader_would() -> None:
    assert groups(ARTICLE) == [
        ["وزير العمل", "الوزير"],
        ["العمل", "الوزارة"],
        ["سامي حداد", "حداد"],
        ["شركة «نور", "نور", "الشركة"],
        ["دبي", "بدبي"],
    ]


def test_the_time_of_a_text_grows_about_as_its_mentions_do() -> None:
    """A text of a million characters took 45 seconds when every name was compared with all."""
    articles = load_corpus().train
    few, many = join_documents(articles[:20]), join_documents(articles[:160])

    def seconds(document: Document) -> float:
        begun = time.process_time()
        with_clusters(document)
        return time.process_time() - begun

    seconds(many)  # spellings are remembered
    assert min(seconds(many) for _ in range(2)) < 16 * min(seconds(few) for _ in range(3))
