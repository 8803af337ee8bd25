from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.records import Document, Entity, Relation
from khabar.data.statistics import Statistics, corpus_statistics

TEXT = "وزير خارجية مصر في تونس"


def entity(id: str, type: str, mention: str) -> Entity:
    start = TEXT.index(mention)
    return Entity(id=id, type=type, start=start, end=start + len(mention), text=mention)


def test_a_corpus_is_counted():
    first = Document(
        id="1",
        text=TEXT,
        entities=(
            entity("1", "OCC", "وزير خارجية مصر"),
            entity("2", "ORG", "خارجية مصر"),
            entity("3", "ORG", "مصر"),
            entity("4", "GPE", "مصر"),
            entity("5", "GPE", "تونس"),
        ),
        relations=(Relation(id="1", type="part_of", head="2", tail="4"),),
    )
    assert corpus_statistics([first, Document(id="2", text="خبر")]) == Statistics(
        documents=2,
        characters=26,
        words=6,
        document_words=(5, 1),
        entities={"ORG": 2, "GPE": 2, "OCC": 1},
        relations={"part_of": 1},
        nested=3,
        nested_in_own_type=1,
        depth=4,
    )


def test_nothing_has_no_depth():
    assert corpus_statistics([]).depth == 0
    assert corpus_statistics([]).document_words == ()
    assert corpus_statistics([Document(id="1", text="خبر")]).depth == 0


@settings(max_examples=50)
@given(st.from_type(Document))
def test_nesting_is_what_comparing_all_pairs_gives(document: Document):
    def around(inner: int, outer: int) -> bool:
        a, b = document.entities[inner], document.entities[outer]
        same = (a.start, a.end) == (b.start, b.end)
        return b.start <= a.start and a.end <= b.end and (outer < inner if same else True)

    numbers = range(len(document.entities))
    nested = sum(any(around(i, o) for o in numbers if o != i) for i in numbers)
    statistics = corpus_statistics([document])
    assert statistics.nested == nested
    assert statistics.nested_in_own_type <= nested
    assert sum(statistics.entities.values()) == len(document.entities)
