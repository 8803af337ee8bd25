from __future__ import annotations

import msgspec
from hypothesis import given

from khabar.data.facts import document_facts, document_things
from khabar.data.records import Document
from khabar.data.schema import LabelSchema, RelationRule
from tests.marked import marked

ARTICLE = marked(
    "⟨1:PERS|سامي حداد⟩ يدير ⟨2:ORG|شركة «⟨3:ORG|نور⟩⟩» (⟨4:ORG|نن⟩) في ⟨5:GPE|بدبي⟩ "
    "منذ ⟨6:DATE|2019⟩ . و⟨7:PERS|حداد⟩ مدير ⟨8:ORG|الشركة⟩ تنافس ⟨9:ORG|سهل⟩ "
    "و⟨10:ORG|سهل⟩ تنافس ⟨11:ORG|نور⟩",
    "1 Administration.manager_of 2",
    "7 Administration.manager_of 8",
    "8 Business.has_competitor 9",
    "10 Business.has_competitor 11",
    "2 Organization.has_alternate_name 4",
    "3 Organization.found_on 6",
)


def told(document: Document) -> list[tuple[str, str, str, list[str]]]:
    return [
        (fact.head.name, fact.type, fact.tail.name, [r.id for r in fact.relations])
        for fact in document_facts(document)
    ]


def test_facts_join_things_and_an_alias_is_none() -> None:
    assert told(ARTICLE) == [
        ("سامي حداد", "Administration.manager_of", "نور", ["r1", "r2"]),
        ("نور", "Business.has_competitor", "سهل", ["r3", "r4"]),
        ("نور", "Organization.found_on", "2019", ["r6"]),
    ]


def test_a_directed_relation_and_its_reverse_are_two_facts() -> None:
    document = marked("⟨1:GPE|سهل⟩ ⟨2:GPE|ريف⟩", "1 within 2", "2 within 1")
    assert len(told(document)) == 2


def test_a_schema_says_what_is_symmetric() -> None:
    document = marked("⟨1:GPE|سهل⟩ ⟨2:GPE|ريف⟩", "1 beside 2", "2 beside 1")
    beside = RelationRule(head=("GPE",), tail=("GPE",), symmetric=True)
    schema = LabelSchema(
        name="own", nested=False, entities={"GPE": ""}, relations={"beside": beside}
    )
    assert [fact.head.name for fact in document_facts(document, schema)] == ["سهل"]


def test_a_fact_has_the_best_score_of_its_relations() -> None:
    scores = [0.5, 0.75, None, None, None, None]
    relations = tuple(
        msgspec.structs.replace(relation, score=score)
        for relation, score in zip(ARTICLE.relations, scores, strict=True)
    )
    facts = document_facts(msgspec.structs.replace(ARTICLE, relations=relations))
    assert [fact.score for fact in facts] == [0.75, None, None]


def test_names_have_no_particles_and_the_best_comes_first() -> None:
    names = {thing.mentions[0].id: thing.names for thing in document_things(ARTICLE)}
    assert names["1"] == ("سامي حداد", "حداد")
    assert names["2"] == ("نور", "نن", "شركة نور")  # الشركة names nothing
    assert names["5"] == ("دبي",)
    assert names["6"] == ("2019",)


def test_an_arabic_name_comes_before_a_longer_latin_one() -> None:
    (thing,) = document_things(marked("⟨1:ORG|نور⟩ (⟨2:ORG|Noor Light Company⟩)"))
    assert thing.name == "نور"


def test_a_capital_goes_by_its_name() -> None:
    things = document_things(marked("⟨1:GPE|العاصمة ⟨2:NORP|السويدية⟩⟩ و⟨3:GPE|ستوكهولم⟩"))
    assert things[0].name == "ستوكهولم"


def test_clusters_that_are_there_are_kept() -> None:
    document = marked("⟨1:GPE cluster=x|سهل⟩ ⟨2:PERS cluster=x|ريف⟩ ⟨3:GPE|سهل⟩ ⟨4:GPE|سهل⟩")
    things = document_things(document)
    assert [thing.cluster for thing in things] == ["x", None, None]
    assert [thing.id for thing in things] == ["x", "3", "4"]


def test_a_first_name_or_a_noun_tells_nothing_beyond_the_article() -> None:
    document = marked("⟨1:PERS|سامي⟩ ⟨2:PERS|هدى نجار⟩ ⟨3:ORG|الوزارة⟩ ⟨4:ORG|نور⟩ ⟨5:DATE|أمس⟩")
    proper = [thing.name for thing in document_things(document) if thing.proper]
    assert proper == ["هدى نجار", "نور"]


@given(...)
def test_things_share_out_the_entities_and_facts_are_stated(document: Document) -> None:
    things = document_things(document)
    ids = [entity.id for thing in things for entity in thing.mentions]
    assert sorted(ids) == sorted(entity.id for entity in document.entities)
    assert all(thing.name in thing.names for thing in things)
    stated = [relation for fact in document_facts(document) for relation in fact.relations]
    assert len(stated) == len({relation.id for relation in stated})
    assert {relation.id for relation in stated} <= {r.id for r in document.relations}
