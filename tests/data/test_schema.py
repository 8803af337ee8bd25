import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.errors import SchemaError
from khabar.data.records import Document, Entity, Relation
from khabar.data.schema import (
    LabelSchema,
    RelationRule,
    check_document,
    cut_words,
    decode_schema,
    load_schema,
)
from khabar.data.words import split_words

NESTED = LabelSchema(
    name="small",
    nested=True,
    entities={"PERS": "person", "ORG": "organization", "GPE": "place"},
    relations={
        "manager_of": RelationRule(head=("PERS",), tail=("ORG",)),
        "partner_of": RelationRule(head=("ORG", "GPE"), tail=("ORG",), symmetric=True),
    },
)
FLAT = msgspec.structs.replace(NESTED, name="flat", nested=False)
TEXT = "أعلن اتحاد كرة القدم القطري في الدوحة اسم رئيسه حمد الكعبي."


def document(
    *entities: tuple[str, str], relations: tuple[tuple[str, str, str], ...] = ()
) -> Document:
    """Make a document of (type, words) mentions of TEXT, ids e0, e1, …, relations r0, …"""
    made = []
    for number, (type, words) in enumerate(entities):
        start = TEXT.index(words)
        end = start + len(words)
        made.append(Entity(id=f"e{number}", type=type, start=start, end=end, text=words))
    links = (
        Relation(id=f"r{number}", type=type, head=head, tail=tail)
        for number, (type, head, tail) in enumerate(relations)
    )
    return Document(id="d", text=TEXT, entities=tuple(made), relations=tuple(links))


# Loading


def test_the_shipped_wojood_schema_has_the_published_types():
    schema = load_schema("wojood")
    assert schema.nested
    assert len(schema.entity_types) == 21
    assert len(schema.relation_types) == 40 + 3  # WojoodRelations', then WojoodHadath's of events
    assert schema.entity_types[:5] == ("PERS", "NORP", "OCC", "ORG", "GPE")
    symmetric = [name for name, rule in schema.relations.items() if rule.symmetric]
    assert len(symmetric) == 9
    assert "PartOf.subsidiary" not in symmetric


def test_the_shipped_anercorp_schema_is_flat_with_four_types():
    schema = load_schema("anercorp")
    assert not schema.nested
    assert schema.entity_types == ("PERS", "LOC", "ORG", "MISC")
    assert schema.relation_types == ()


def test_a_schema_is_loaded_from_a_path_in_its_own_order(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nnested: true\nentities: {Z: last, A: first}\n", encoding="utf-8")
    assert load_schema(path).entity_types == load_schema(str(path)).entity_types == ("Z", "A")


def test_a_schema_survives_json_as_a_model_folder_holds_it():
    schema = load_schema("wojood")
    assert msgspec.json.decode(msgspec.json.encode(schema), type=LabelSchema) == schema


def test_an_unknown_name_is_answered_with_the_names_there_are():
    with pytest.raises(SchemaError) as caught:
        load_schema("wojod")
    assert str(caught.value) == (
        "no schema is named 'wojod': give one of anercorp, wojood, or the path of a .yaml file"
    )


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SchemaError, match=r"gone\.yaml: no such schema file$"):
        load_schema(tmp_path / "gone.yaml")


@pytest.mark.parametrize(
    ("yaml", "fault"),
    [
        ("nested: true\nentities: {A: a}", "missing required field `name`"),
        ("name: x\nnested: maybe\nentities: {A: a}", "got `str` - at `$.nested`"),
        ("name: x\nnested: true\nentities: {}", "`entities` is empty; name at least one type"),
        ("name: x\nnested: true\nentity: {A: a}", "unknown field `entity`"),
        (
            "name: x\nnested: true\nentities: {A: a}\n"
            "relations: {r: {head: [A], tail: [A], symetric: true}}",
            "unknown field `symetric` - at `$.relations[...]`",
        ),
        (
            "name: x\nnested: true\nentities: {A: a}\nrelations: {r: {head: [A], tail: [B]}}",
            "relation r names the entity type B, which `entities` does not list",
        ),
        ("name: [x", "expected ',' or ']'"),
        ("- name", "Expected `object`, got `array`"),
        ("", "Expected `object`, got `null`"),
    ],
)
def test_a_malformed_schema_is_refused_with_its_place(yaml, fault):
    with pytest.raises(SchemaError) as caught:
        decode_schema(yaml.encode(), origin="mine.yaml")
    assert str(caught.value).startswith("mine.yaml: ")
    assert fault in str(caught.value)


def test_a_schema_that_is_not_utf_8_is_refused_with_its_place():
    with pytest.raises(SchemaError, match=r"^mine\.yaml: "):
        decode_schema("name: عربي".encode("cp1256"), origin="mine.yaml")


def test_a_relation_that_nothing_may_begin_is_refused():
    with pytest.raises(SchemaError, match=r"`head` and `tail` must each name .* `\$.relations"):
        decode_schema(
            b"{name: x, nested: true, entities: {A: a}, relations: {r: {head: [], tail: [A]}}}",
            origin="mine.yaml",
        )


@pytest.mark.parametrize(
    ("second", "symmetric"), [(("e0", "e1"), False), (("e1", "e0"), True)], ids=["same", "turned"]
)
def test_a_relation_stated_twice_is_told(second, symmetric):
    name = "partner_of" if symmetric else "manager_of"
    types = ("ORG", "ORG") if symmetric else ("PERS", "ORG")
    twice = Document(
        id="d",
        text="حمد اتحاد",
        entities=(
            Entity(id="e0", type=types[0], start=0, end=3, text="حمد"),
            Entity(id="e1", type=types[1], start=4, end=9, text="اتحاد"),
        ),
        relations=(
            Relation(id="r0", type=name, head="e0", tail="e1"),
            Relation(id="r1", type=name, head=second[0], tail=second[1]),
        ),
    )
    assert list(check_document(twice, NESTED)) == [
        f"relation r1 states {name} a second time; drop it"
    ]


# What a relation may join


@pytest.mark.parametrize(
    ("relation", "head", "tail", "allowed"),
    [
        ("manager_of", "PERS", "ORG", True),
        ("manager_of", "ORG", "PERS", False),
        ("manager_of", "PERS", "GPE", False),
        ("partner_of", "GPE", "ORG", True),
        ("partner_of", "ORG", "GPE", True),  # symmetric: the rule read the other way round
        ("partner_of", "ORG", "PERS", False),
        ("partner_of", "GPE", "GPE", False),  # but never two of what stands on one side only
    ],
)
def test_a_relation_joins_what_its_rule_says(relation, head, tail, allowed):
    assert NESTED.allows(relation, head, tail) is allowed


# Checking documents


def test_a_document_within_the_schema_gives_no_sentence():
    fine = document(
        ("ORG", "اتحاد كرة القدم القطري"),
        ("GPE", "القطري"),
        ("PERS", "حمد الكعبي"),
        ("ORG", "حمد الكعبي"),  # one extent may carry two types
        relations=(("manager_of", "e2", "e0"), ("partner_of", "e0", "e1")),
    )
    assert list(check_document(fine, NESTED)) == []


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (
            document(("SPORT", "كرة القدم")),
            "entity e0 'كرة القدم' has the type SPORT, which schema small lacks; "
            "correct it or add it to the schema",
        ),
        (
            document(("GPE", "دوحة")),
            "entity e0 'دوحة' cuts a word; annotate 'الدوحة' whole",
        ),
        (
            document(("SPORT", "كرة القد")),  # of an unknown type, and cut
            "entity e0 'كرة القد' cuts a word; annotate 'كرة القدم' whole",
        ),
        (
            document(("ORG", "اتحاد كرة القدم"), ("GPE", "القدم القطري")),
            "entity e0 'اتحاد كرة القدم' and entity e1 'القدم القطري' cross; "
            "one of two overlapping entities must lie inside the other",
        ),
        (
            document(("GPE", "الدوحة"), ("GPE", "الدوحة")),
            "entity e0 'الدوحة' and entity e1 'الدوحة' are the same GPE twice; drop one",
        ),
        (
            document(("PERS", "حمد"), relations=(("knows", "e0", "e0"),)),
            "relation r0 has the type knows, which schema small lacks; "
            "correct it or add it to the schema",
        ),
        (
            document(("ORG", "اتحاد"), relations=(("partner_of", "e0", "e0"),)),
            "relation r0 joins entity e0 'اتحاد' to itself; drop it",
        ),
        (
            document(("ORG", "اتحاد"), ("PERS", "حمد"), relations=(("manager_of", "e0", "e1"),)),
            "relation r0 is manager_of from 'اتحاد' (ORG) to 'حمد' (PERS); it runs from PERS "
            "to ORG: correct an entity's type, the direction or the relation",
        ),
        (
            document(("GPE", "القطري"), ("GPE", "الدوحة"), relations=(("partner_of", "e0", "e1"),)),
            "relation r0 is partner_of from 'القطري' (GPE) to 'الدوحة' (GPE); it runs from ORG "
            "or GPE to ORG: correct an entity's type, the direction or the relation",
        ),
    ],
)
def test_each_fault_is_one_sentence_with_its_mend(broken, sentence):
    assert sentence in list(check_document(broken, NESTED))


def test_nesting_is_a_fault_in_a_flat_schema_alone():
    nested = document(("ORG", "اتحاد كرة القدم القطري"), ("GPE", "القطري"))
    assert list(check_document(nested, NESTED)) == []
    assert list(check_document(nested, FLAT)) == [
        "entity e0 'اتحاد كرة القدم القطري' and entity e1 'القطري' are nested, "
        "but schema flat is flat; keep one"
    ]


def test_two_types_on_one_extent_are_a_fault_in_a_flat_schema():
    both = document(("ORG", "الدوحة"), ("GPE", "الدوحة"))
    assert len(list(check_document(both, FLAT))) == 1


def test_neighbours_neither_cross_nor_nest():
    text = "قطر-الأردن"
    pair = (
        Entity(id="a", type="GPE", start=0, end=3, text="قطر"),
        Entity(id="dash", type="GPE", start=3, end=4, text="-"),
        Entity(id="b", type="GPE", start=4, end=10, text="الأردن"),
    )
    assert list(check_document(Document(id="d", text=text, entities=pair), FLAT)) == []


def test_every_fault_of_a_document_is_told():
    broken = document(
        ("SPORT", "كرة"),
        ("GPE", "دوحة"),
        ("PERS", "حمد"),
        ("PERS", "حمد"),
        relations=(("manager_of", "e2", "e3"), ("knows", "e2", "e3"), ("manager_of", "e2", "e0")),
    )
    sentences = list(check_document(broken, NESTED))
    # A relation of an entity of unknown type is told with the entity, not twice.
    assert len(sentences) == 5
    assert [s.split()[1] for s in sentences] == ["e0", "e1", "e2", "r0", "r1"]


# Entities and words


@pytest.mark.parametrize(
    ("text", "extent", "widened"),
    [
        ("في بيروت اليوم", (3, 8), None),
        ("في بيروت اليوم", (4, 8), (3, 8)),
        ("في بيروت اليوم", (3, 7), (3, 8)),
        ("في بيروت اليوم", (4, 11), (3, 14)),
        ("في بيروت اليوم", (2, 8), None),  # a blank at the edge cuts no word
        ("في بيروت اليوم", (2, 7), (2, 8)),  # and is not lost when the rest is widened
        ("\u200fبيروت", (0, 4), (0, 6)),
        ("(داعش)", (1, 5), None),
        ("رسمياً.", (0, 5), (0, 6)),  # the mark at the end belongs to the word
        (" \u200f ", (1, 2), None),  # no word at all
    ],
)
def test_an_entity_that_cuts_a_word_is_widened_to_whole_words(text, extent, widened):
    start, end = extent
    entity = Entity(id="e", type="GPE", start=start, end=end, text=text[start:end])
    found = cut_words(Document(id="d", text=text, entities=(entity,)))
    assert found == ({} if widened is None else {"e": widened})


@settings(deadline=None)
@given(st.text("اب\u064b\u0640 .\u200f\u200d(", min_size=1, max_size=20), st.data())
def test_a_widened_entity_cuts_no_word_and_holds_the_old_one(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    entity = Entity(id="e", type="ORG", start=start, end=end, text=text[start:end])
    widened = cut_words(Document(id="d", text=text, entities=(entity,))).get("e")
    edges = {edge for word in split_words(text) for edge in range(word[0] + 1, word[1])}
    assert (widened is None) == (not {start, end} & edges)
    if widened is not None:
        assert not set(widened) & edges
        assert widened[0] <= start < end <= widened[1]
