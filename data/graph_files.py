"""Graph files: GraphML, CSV for Neo4j, and JSON-LD, over any number of articles.

Enters: documents, one at a time. Leaves: a file or a folder, written atomically. JSON-LD streams;
for the others the nodes are held in memory, as many as there are things, not mentions, while the
edges go to the disk at once.
"""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Literal, TypeAlias
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import msgspec
import regex

from khabar.data.atomic import write_folder_atomically
from khabar.data.errors import ConfigError
from khabar.data.files import bare_path, lone_surrogate, write_chunks
from khabar.data.graphs import ArticleGraph, Edge, Node, article_graph, join_nodes
from khabar.data.mentions import VALUE_TYPES
from khabar.data.records import Document
from khabar.data.schema import LabelSchema

GraphFormat: TypeAlias = Literal["graphml", "jsonld", "neo4j"]

_SUFFIXES: dict[str, GraphFormat] = {".graphml": "graphml", ".jsonl": "jsonld", "": "neo4j"}
_NODES, _RELATIONSHIPS = "nodes.csv", "relationships.csv"
_CHUNK_BYTES = 1 << 16
_NO_XML = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def graph_format(path: Path) -> GraphFormat:
    """Return the format that a path's suffix names: none names a folder for Neo4j.

    Raises:
        ConfigError: no graph is written to such a file.
    """
    suffix = bare_path(path).suffix
    if suffix not in _SUFFIXES:
        raise ConfigError(
            f"{path}: no graph format has the suffix {suffix!r}; write .graphml, .jsonl for "
            f"JSON-LD, or a folder without a suffix for Neo4j"
        )
    return _SUFFIXES[suffix]


def write_graph(
    path: Path, documents: Iterable[Document], schema: LabelSchema | None = None
) -> int:
    """Write the graph of documents as the path's suffix says; return how many documents it holds.

    Raises:
        ConfigError: the suffix names no format, or the folder holds other files.
    """
    counted = _Counted(article_graph(document, schema) for document in documents)
    _WRITERS[graph_format(path)](path, counted)
    return counted.count


class _Counted:
    """Yields graphs and counts them."""

    def __init__(self, graphs: Iterable[ArticleGraph]) -> None:
        self._graphs = graphs
        self.count = 0

    def __iter__(self) -> Iterator[ArticleGraph]:
        for graph in self._graphs:
            self.count += 1
            yield graph


# GraphML

_ATTRIBUTES = {
    "type": ("node", "string"),
    "name": ("node", "string"),
    "names": ("node", "string"),
    "mentions": ("node", "int"),
    "articles": ("node", "int"),
    "relation": ("edge", "string"),
    "article": ("edge", "string"),
    "weight": ("edge", "int"),
    "score": ("edge", "double"),
}
_GRAPHML_HEAD = "\n".join(
    [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *(
            f'<key id="{name}" for="{where}" attr.name="{name}" attr.type="{type}"/>'
            for name, (where, type) in _ATTRIBUTES.items()
        ),
        '<graph edgedefault="directed">\n',
    ]
)


def _write_graphml(path: Path, graphs: Iterable[ArticleGraph]) -> None:
    """Write GraphML (Brandes et al., 2002), which Gephi, yEd, Cytoscape and networkx read.

    A fact that several articles state is as many parallel edges; ``names`` are joined by ``|``.
    """
    write_chunks(path, _graphml(graphs))


def _graphml(graphs: Iterable[ArticleGraph]) -> Iterator[bytes]:
    nodes: dict[str, Node] = {}
    with tempfile.TemporaryFile() as edges:
        for graph in graphs:
            join_nodes(nodes, graph.nodes())
            for edge in graph.edges():
                edges.write(_edge_element(edge).encode())
        yield _GRAPHML_HEAD.encode()
        for node in nodes.values():
            yield _node_element(node).encode()
        yield from _contents(edges)
        yield b"</graph>\n</graphml>\n"


def _node_element(node: Node) -> str:
    given: dict[str, str | float] = {
        "type": node.type,
        "name": node.name,
        "names": "|".join(node.names),
        "mentions": node.mentions,
        "articles": node.articles,
    }
    return f"<node id={_attribute(node.id)}>{_fields(given)}</node>\n"


def _edge_element(edge: Edge) -> str:
    given: dict[str, str | float] = {
        "relation": edge.type,
        "article": edge.article,
        "weight": edge.count,
    }
    if edge.score is not None:
        given["score"] = edge.score
    ends = f"source={_attribute(edge.head)} target={_attribute(edge.tail)}"
    return f"<edge {ends}>{_fields(given)}</edge>\n"


def _fields(given: dict[str, str | float]) -> str:
    return "".join(
        f'<data key="{name}">{escape(_xml(str(value)))}</data>' for name, value in given.items()
    )


def _attribute(text: str) -> str:
    return quoteattr(_xml(text))


def _xml(text: str) -> str:
    clean: str = _NO_XML.sub("\ufffd", text)
    return clean


def _contents(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK_BYTES):
        yield chunk


# Neo4j


def _write_neo4j(path: Path, graphs: Iterable[ArticleGraph]) -> None:
    """Write ``nodes.csv`` and ``relationships.csv`` for ``neo4j-admin database import full``."""
    if path.exists() and (
        not path.is_dir() or {f.name for f in path.iterdir()} - {_NODES, _RELATIONSHIPS}
    ):
        raise ConfigError(
            f"{path} is no folder of {_NODES} and {_RELATIONSHIPS}, and would be replaced whole; "
            f"name a folder that is not there yet"
        )
    write_folder_atomically(path, lambda partial: _write_tables(partial, graphs))


def _write_tables(folder: Path, graphs: Iterable[ArticleGraph]) -> None:
    nodes: dict[str, Node] = {}
    with (folder / _RELATIONSHIPS).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([":START_ID", ":END_ID", ":TYPE", "article", "count:int", "score:float"])
        for graph in graphs:
            join_nodes(nodes, graph.nodes())
            table.writerows(
                [_cell(e.head), _cell(e.tail), e.type, _cell(e.article), e.count, e.score]
                for e in graph.edges()
            )
    with (folder / _NODES).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["id:ID", "name", "names:string[]", "mentions:int", "articles:int", ":LABEL"]
        )
        for node in nodes.values():
            names = ";".join(_cell(name).replace(";", ",") for name in node.names)
            row = [_cell(node.id), _cell(node.name), names, node.mentions, node.articles, node.type]
            table.writerow(row)


def _cell(text: str) -> str:
    return " ".join(_xml(text).split())  # the import reads one row a line


# JSON-LD

_VOCABULARY = "urn:x-khabar:"
_CLASSES = {
    "ARTICLE": "Article",
    "PERS": "Person",
    "ORG": "Organization",
    "GPE": "AdministrativeArea",
    "LOC": "Place",
    "FAC": "Place",
    "EVENT": "Event",
    "PRODUCT": "Product",
    "LAW": "Legislation",
    "LANGUAGE": "Language",
    "WEBSITE": "WebSite",
    "OCC": "Occupation",
}
_PROPERTIES = {
    "Family.has_parent": "parent",
    "Family.has_spouse": "spouse",
    "Family.has_sibling": "sibling",
    "Family.has_relative": "relatedTo",
    "Personal.birth_date": "birthDate",
    "Personal.death_date": "deathDate",
    "Personal.birth_place": "birthPlace",
    "Personal.has_occupation": "hasOccupation",
    "PartOf.geopolitical_division": "containedInPlace",
    "PartOf.subsidiary": "parentOrganization",
    "Affiliation.member_of": "memberOf",
    "Affiliation.employee_of": "worksFor",
    "Location.lives_in": "homeLocation",
    "Location.located_in": "location",
    "Organization.found_on": "foundingDate",
    "Event.has_location": "location",
}
"""Relations that schema.org has, in the same direction."""
CONTEXT: dict[str, str] = {
    "@vocab": _VOCABULARY,
    **{name: f"https://schema.org/{term}" for name, term in (_CLASSES | _PROPERTIES).items()},
    **{term: f"https://schema.org/{term}" for term in ("name", "alternateName", "mentions")},
}
"""What the names of types and relations mean; those that schema.org lacks are our own."""


def _write_jsonld(path: Path, graphs: Iterable[ArticleGraph]) -> None:
    """Write one JSON-LD document a line, an article with what it mentions and the facts of that.

    Values are plain text.
    """
    write_chunks(path, (_line(graph) for graph in graphs))


def _line(graph: ArticleGraph) -> bytes:
    values = {node.id: node.name for node in graph.things if node.type in VALUE_TYPES}
    told: defaultdict[str, defaultdict[str, list[object]]] = defaultdict(lambda: defaultdict(list))
    for fact in graph.facts:
        tail = {"@id": _iri(fact.tail)} if fact.tail not in values else values[fact.tail]
        told[fact.head][fact.type].append(tail)
    article = {
        "@context": CONTEXT,
        "@id": _iri(graph.article.id),
        "@type": graph.article.type,
        "name": graph.article.name,
        "mentions": [_described(n) | told[n.id] for n in graph.things if n.id not in values],
    }
    try:
        return msgspec.json.encode(article) + b"\n"
    except UnicodeEncodeError as error:
        raise lone_surrogate(error, origin=f"document {graph.article.name!r}") from error


def _described(node: Node) -> dict[str, object]:
    described: dict[str, object] = {"@id": _iri(node.id), "@type": node.type, "name": node.name}
    others = list(node.names[1:])
    return described | {"alternateName": others} if others else described


def _iri(id: str) -> str:
    return _VOCABULARY + quote(id.replace(" ", "_"), safe=":@_", errors="replace")


_WRITERS = {"graphml": _write_graphml, "neo4j": _write_neo4j, "jsonld": _write_jsonld}
