"""Graphs: the things and facts of articles, joined where a name tells that they are one.

Enters: documents. Leaves: the nodes and edges of each, one document at a time, and the nodes of
many. A node's id is made of its type and the folded words of its name, so that it is the same
wherever the thing is named; what a name alone does not identify (a first name, ``الوزارة``, a
date) belongs to its article. The files are written by ``graph_files.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from khabar.data.facts import Fact, Thing, document_things, facts_between
from khabar.data.mentions import VALUE_TYPES
from khabar.data.records import Document
from khabar.data.schema import LabelSchema

MENTIONED_IN = "mentioned_in"
"""The type of the edge from a thing to an article."""
ARTICLE = "ARTICLE"
"""The type of the node of an article."""


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A thing, a value that a fact gives, or an article."""

    id: str
    type: str
    name: str
    names: tuple[str, ...]
    """All its names without particles, ``name`` first."""
    mentions: int
    """How often it is mentioned; 0 of an article."""
    articles: int
    """How many articles mention it; 1 of an article."""

    def __add__(self, other: Node) -> Node:
        return msgspec.structs.replace(
            self,
            names=tuple(dict.fromkeys(self.names + other.names)),
            mentions=self.mentions + other.mentions,
            articles=self.articles + other.articles,
        )


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """A fact of one article, or a thing's being mentioned in it."""

    head: str
    """The id of a node."""
    tail: str
    """The id of a node."""
    type: str
    article: str
    """The id of the document."""
    count: int
    """How often the article says so."""
    score: float | None
    """The best of the relations'; None in gold, and of a mention."""


class ArticleGraph(msgspec.Struct, frozen=True):
    """What one article adds to a graph."""

    article: Node
    things: tuple[Node, ...]
    """Those it names, and the values of its facts, each once, in the order of the text."""
    facts: tuple[Edge, ...]

    def nodes(self) -> Iterator[Node]:
        """Yield the article and its things."""
        yield self.article
        yield from self.things

    def edges(self) -> Iterator[Edge]:
        """Yield the facts, then an edge from each thing to the article."""
        yield from self.facts
        for thing in self.things:
            yield Edge(
                head=thing.id,
                tail=self.article.id,
                type=MENTIONED_IN,
                article=self.article.name,
                count=thing.mentions,
                score=None,
            )


def article_graph(document: Document, schema: LabelSchema | None = None) -> ArticleGraph:
    """Return the graph of one document.

    Args:
        document: with entities and relations; where it has no clusters, they are made.
        schema: says which relations are symmetric; None: the shipped ``wojood``.
    """
    things = document_things(document)
    facts = facts_between(things, document.relations, schema)
    given = {end.mentions[0].id for fact in facts for end in (fact.head, fact.tail)}
    shown = [t for t in things if t.type not in VALUE_TYPES or t.mentions[0].id in given]
    article = Node(
        id=f"{ARTICLE}:{document.id}",
        type=ARTICLE,
        name=document.id,
        names=(document.id,),
        mentions=0,
        articles=1,
    )
    return ArticleGraph(
        article=article,
        things=tuple(_joined(_node(thing, document.id) for thing in shown)),
        facts=tuple(_edge(fact, document.id) for fact in facts),
    )


def join_nodes(nodes: dict[str, Node], more: Iterable[Node]) -> None:
    """Add nodes to those of earlier articles, by their ids."""
    for node in more:
        nodes[node.id] = nodes[node.id] + node if node.id in nodes else node


def _joined(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the nodes of one article, those with one id as one."""
    joined: dict[str, Node] = {}
    join_nodes(joined, nodes)
    for node in joined.values():
        yield msgspec.structs.replace(node, articles=1)


def _node(thing: Thing, document: str) -> Node:
    return Node(
        id=_id(thing, document),
        type=thing.type,
        name=thing.name,
        names=thing.names,
        mentions=len(thing.mentions),
        articles=1,
    )


def _id(thing: Thing, document: str) -> str:
    name = f"{thing.type}:{' '.join(thing.words)}"
    return name if thing.proper else f"{name}@{document}#{thing.id}"


def _edge(fact: Fact, document: str) -> Edge:
    return Edge(
        head=_id(fact.head, document),
        tail=_id(fact.tail, document),
        type=fact.type,
        article=document,
        count=len(fact.relations),
        score=fact.score,
    )
