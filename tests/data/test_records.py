import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.errors import KhabarError, RecordError
from khabar.data.records import Document, Entity, Relation

TEXT = "التقى وزير الخارجية المصري سامح شكري نظيره في باريس."


def mention(text: str, words: str, id: str, type: str = "PERS") -> Entity:
    start = text.index(words)
    return Entity(id=id, type=type, start=start, end=start + len(words), text=words)


@pytest.fixture
def meeting() -> Document:
    """A minister's title with a people and his name: two layers, two relations."""
    return Document(
        id="meeting",
        text=TEXT,
        entities=(
            mention(TEXT, "المصري", "people", "NORP"),
            mention(TEXT, "وزير الخارجية المصري", "title", "OCC"),
            mention(TEXT, "سامح شكري", "name", "PERS"),
        ),
        relations=(
            Relation(id="r1", type="Personal.has_occupation", head="name", tail="title"),
            Relation(id="r2", type="Affiliation.member_of", head="name", tail="people"),
        ),
        meta={"date": "2016-03-12"},
    )


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any text that UTF-8 can carry, with entities anywhere, crossing ones included."""
    text = draw(st.text(min_size=1, max_size=30))
    extents = draw(st.lists(st.tuples(*[st.integers(0, len(text))] * 2), max_size=6))
    spans = [(min(pair), max(pair)) for pair in extents if pair[0] != pair[1]]
    scores = st.none() | st.floats(0, 1)
    entities = tuple(
        Entity(id=f"e{n}", type="ORG", start=s, end=e, text=text[s:e], score=draw(scores))
        for n, (s, e) in enumerate(spans)
    )
    ids = st.sampled_from([entity.id for entity in entities] or [""])
    pairs = draw(st.lists(st.tuples(ids, ids), max_size=4)) if entities else []
    relations = tuple(
        Relation(id=f"r{n}", type="PartOf.subsidiary", head=head, tail=tail, score=draw(scores))
        for n, (head, tail) in enumerate(pairs)
    )
    meta = draw(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2))
    return Document(
        id=draw(st.text()), text=text, entities=entities, relations=relations, meta=meta
    )


@settings(deadline=None)
@given(documents())
def test_a_record_survives_its_plain_form_and_json(document):
    assert Document.from_dict(document.to_dict()) == document
    assert Document.from_dict(json.loads(json.dumps(document.to_dict()))) == document
    assert msgspec.json.decode(msgspec.json.encode(document), type=Document) == document


def test_the_plain_form_leaves_out_only_what_is_none(meeting):
    empty = json.dumps(Document(id="empty", text="").to_dict())
    assert empty == '{"id": "empty", "text": "", "entities": [], "relations": [], "meta": {}}'
    assert meeting.to_dict()["entities"][0] == {
        "id": "people",
        "type": "NORP",
        "start": 20,
        "end": 26,
        "text": "المصري",
    }
    scored = Entity(id="e", type="GPE", start=0, end=1, text="م", score=0.5, cluster="c")
    assert msgspec.to_builtins(scored)["score"] == 0.5
    assert msgspec.to_builtins(scored)["cluster"] == "c"


def test_offsets_count_code_points_and_not_bytes_or_utf_16_units():
    text = "\U0001f6a8 عاجل: بيروت"
    entity = Entity(id="e", type="GPE", start=8, end=13, text="بيروت")
    assert Document(id="d", text=text, entities=(entity,)).entities == (entity,)


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(1, 5, "يروت "), (-5, 5, "بيروت"), (0, 6, "بيروت"), (3, 3, ""), (4, 2, "")],
)
def test_an_entity_that_is_not_the_text_there_is_refused_with_its_extent(start, end, text):
    entity = Entity(id="e7", type="GPE", start=start, end=end, text=text)
    with pytest.raises(RecordError) as caught:
        Document(id="d", text="بيروت", entities=(entity,))
    assert str(caught.value) == (
        f"entity e7: text[{start}:{end}] is not {text!r}; "
        "offsets count code points of the text, end exclusive"
    )


def test_an_entity_may_cut_a_word_as_the_record_knows_none():
    entity = Entity(id="e", type="GPE", start=0, end=4, text="بيرو")
    assert Document(id="d", text="بيروت", entities=(entity,)).entities == (entity,)


def test_two_equal_ids_are_refused_by_kind(meeting):
    twice = (*meeting.entities, mention(TEXT, "باريس", "name", "GPE"))
    with pytest.raises(RecordError, match=r"^two entity ids are 'name'; give each its own$"):
        msgspec.structs.replace(meeting, entities=twice)
    with pytest.raises(RecordError, match=r"^two relation ids are 'r1'; give each its own$"):
        msgspec.structs.replace(meeting, relations=(meeting.relations[0],) * 2)


@pytest.mark.parametrize("role", ["head", "tail"])
def test_a_relation_with_a_dangling_argument_is_refused_by_its_role(meeting, role):
    dangling = msgspec.structs.replace(meeting.relations[0], **{role: "gone"})
    with pytest.raises(RecordError) as caught:
        msgspec.structs.replace(meeting, relations=(dangling,))
    assert str(caught.value) == (
        f"relation r1: its {role} 'gone' is the id of no entity here; correct it or add the entity"
    )


def test_a_fault_found_while_json_is_decoded_is_a_validation_error_with_the_sentence(meeting):
    plain = meeting.to_dict()
    plain["entities"][1]["end"] += 1
    with pytest.raises(msgspec.ValidationError, match=r"^entity title: text\[6:27\] is not"):
        msgspec.json.decode(json.dumps(plain).encode(), type=Document)
    plain["entities"][1]["end"] = "26"
    with pytest.raises(msgspec.ValidationError, match=r"got `str` - at `\$.entities\[1\].end`$"):
        Document.from_dict(plain)


def test_a_record_error_is_one_of_khabars_and_a_value_error():
    assert issubclass(RecordError, KhabarError)
    assert issubclass(KhabarError, ValueError)


def test_a_record_does_not_change(meeting):
    with pytest.raises(AttributeError):
        meeting.text = ""


def test_an_entity_is_found_by_its_id(meeting):
    assert meeting.entity("name").text == "سامح شكري"
    with pytest.raises(KeyError, match="gone"):
        meeting.entity("gone")


def test_the_flat_view_keeps_what_lies_in_no_other_and_its_relations(meeting):
    flat = meeting.outermost()
    assert [entity.id for entity in flat.entities] == ["title", "name"]
    assert [relation.id for relation in flat.relations] == ["r1"]
    assert (flat.id, flat.text, flat.meta) == (meeting.id, meeting.text, meeting.meta)


def test_the_first_of_two_entities_with_one_extent_stays_in_the_flat_view():
    text = "بيروت"
    both = (mention(text, text, "b", "ORG"), mention(text, text, "a", "GPE"))
    flat = Document(id="d", text=text, entities=both).outermost()
    assert [entity.id for entity in flat.entities] == ["b"]


@settings(deadline=None)
@given(documents())
def test_the_flat_view_is_that_of_comparing_all_pairs(document):
    def around(outer: Entity, inner: Entity) -> bool:
        if (outer.start, outer.end) == (inner.start, inner.end):
            order = [entity.id for entity in document.entities]
            return order.index(outer.id) < order.index(inner.id)
        return outer.start <= inner.start and inner.end <= outer.end

    kept = {e.id for e in document.entities if not any(around(o, e) for o in document.entities)}
    flat = document.outermost()
    assert {entity.id for entity in flat.entities} == kept
    assert flat.relations == tuple(
        r for r in document.relations if r.head in kept and r.tail in kept
    )
    assert flat.outermost() == flat
