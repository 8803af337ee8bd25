from __future__ import annotations

from khabar.data.graphs import Node, article_graph, join_nodes
from khabar.data.records import Document
from tests.marked import marked

FIRST = marked(
    "⟨1:PERS|سامي حداد⟩ في ⟨2:GPE|مدينة سهل⟩ منذ ⟨3:DATE|أمس⟩ و⟨4:PERS|هدى⟩ و⟨5:DATE|غدا⟩",
    "1 Location.lives_in 2",
    "1 Personal.birth_date 3",
    id="a",
)
SECOND = marked("عاد ⟨1:PERS|سامي حدّاد⟩ إلى ⟨2:GPE|سهل⟩ و⟨3:PERS|هدى⟩ و⟨4:PERS|حداد⟩", id="b")


def nodes(*documents: Document) -> dict[str, Node]:
    joined: dict[str, Node] = {}
    for document in documents:
        join_nodes(joined, article_graph(document).nodes())
    return joined


def test_a_full_name_is_one_node_over_articles_and_a_first_name_is_not() -> None:
    found = nodes(FIRST, SECOND)
    assert found["PERS:سامي حداد"] == Node(
        id="PERS:سامي حداد",
        type="PERS",
        name="سامي حداد",
        names=("سامي حداد", "حداد"),
        mentions=3,
        articles=2,
    )
    assert [node.articles for node in found.values() if node.name == "هدى"] == [1, 1]


def test_a_town_is_one_node_with_its_class_noun_and_without() -> None:
    assert nodes(FIRST, SECOND)["GPE:سهل"].names == ("مدينة سهل", "سهل")


def test_values_are_nodes_where_a_fact_gives_them() -> None:
    assert [n.name for n in nodes(FIRST).values() if n.type == "DATE"] == ["أمس"]


def test_edges_are_facts_and_mentions_of_nodes_that_are_there() -> None:
    graph = article_graph(FIRST)
    edges = list(graph.edges())
    assert [edge.type for edge in edges] == [
        "Location.lives_in",
        "Personal.birth_date",
        *["mentioned_in"] * 4,
    ]
    assert {edge.article for edge in edges} == {"a"}
    assert {end for edge in edges for end in (edge.head, edge.tail)} == {
        n.id for n in graph.nodes()
    }


def test_two_things_of_an_article_with_one_name_are_one_node() -> None:
    document = marked("⟨1:GPE cluster=a|سهل⟩ ⟨2:GPE cluster=b|سهل⟩ ⟨3:GPE cluster=b|سهل⟩")
    (thing,) = article_graph(document).things
    assert (thing.mentions, thing.articles) == (3, 1)
