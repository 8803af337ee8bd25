from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import msgspec
import networkx
import pytest

from khabar.data.errors import ConfigError, FormatError
from khabar.data.graph_files import graph_format, write_graph
from khabar.data.records import Document, Entity
from tests.marked import marked

FIRST = marked(
    '⟨1:PERS|سامي حداد⟩ في ⟨2:ORG|نور & "سهل"⟩ منذ ⟨3:DATE|2019⟩ و⟨4:PERS|حداد⟩',
    "1 Affiliation.owner_of 2",
    "1 Personal.birth_date 3",
    id="أ 1",
)
SECOND = marked("⟨1:PERS|سامي حدّاد⟩ يملك ⟨2:ORG|نور & سهل⟩", "1 Affiliation.owner_of 2", id="b")


def test_networkx_reads_the_graphml(tmp_path: Path) -> None:
    path = tmp_path / "news.graphml"
    assert write_graph(path, [FIRST, SECOND]) == 2
    graph = networkx.read_graphml(path)
    assert graph.nodes["PERS:سامي حداد"] == {
        "type": "PERS",
        "name": "سامي حداد",
        "names": "سامي حداد|حداد",
        "mentions": 3,
        "articles": 2,
    }
    owned = graph.get_edge_data("PERS:سامي حداد", "ORG:نور سهل")
    assert [(edge["relation"], edge["article"]) for edge in owned.values()] == [
        ("Affiliation.owner_of", "أ 1"),
        ("Affiliation.owner_of", "b"),
    ]
    assert graph.number_of_nodes() == 5
    assert graph.number_of_edges() == 8


def test_graphml_may_be_compressed_and_is_the_same(tmp_path: Path) -> None:
    write_graph(tmp_path / "a.graphml", [FIRST])
    write_graph(tmp_path / "a.graphml.gz", [FIRST])
    packed = gzip.decompress((tmp_path / "a.graphml.gz").read_bytes())
    assert packed == (tmp_path / "a.graphml").read_bytes()


def test_what_no_xml_can_hold_is_replaced(tmp_path: Path) -> None:
    odd = Entity(id="1", type="ORG", start=0, end=5, text="a\x00b\ud800c")
    path = tmp_path / "odd.graphml"
    write_graph(path, [Document(id="x", text="a\x00b\ud800c", entities=(odd,))])
    assert "a\ufffdb\ufffdc" in path.read_text(encoding="utf-8")
    assert networkx.read_graphml(path).number_of_nodes() == 2


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_neo4j_gets_nodes_once_and_relationships_between_them(tmp_path: Path) -> None:
    folder = tmp_path / "neo4j"
    write_graph(folder, [FIRST, SECOND])
    nodes = {row["id:ID"]: row for row in rows(folder / "nodes.csv")}
    relationships = rows(folder / "relationships.csv")
    assert nodes["PERS:سامي حداد"] == {
        "id:ID": "PERS:سامي حداد",
        "name": "سامي حداد",
        "names:string[]": "سامي حداد;حداد",
        "mentions:int": "3",
        "articles:int": "2",
        ":LABEL": "PERS",
    }
    assert len(nodes) == 5
    assert {row[end] for row in relationships for end in (":START_ID", ":END_ID")} == nodes.keys()
    assert [r["article"] for r in relationships if r[":TYPE"] == "Affiliation.owner_of"] == [
        "أ 1",
        "b",
    ]


def test_a_folder_of_tables_is_replaced_and_another_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "neo4j"
    write_graph(folder, [FIRST])
    write_graph(folder, [SECOND])
    assert len(rows(folder / "nodes.csv")) == 3
    (folder / "notes").touch()
    with pytest.raises(ConfigError, match="would be replaced whole; name a folder"):
        write_graph(folder, [FIRST])
    assert (folder / "notes").exists()


def test_json_ld_has_an_article_a_line_and_values_as_text(tmp_path: Path) -> None:
    path = tmp_path / "news.jsonl"
    write_graph(path, [FIRST, SECOND])
    first, second = (msgspec.json.decode(line) for line in path.read_bytes().splitlines())
    person, owned = first["mentions"]
    assert person["@type"] == "PERS"
    assert person["alternateName"] == ["حداد"]
    assert person["Affiliation.owner_of"] == [{"@id": owned["@id"]}]
    assert person["Personal.birth_date"] == ["2019"]
    assert second["mentions"][0]["@id"] == person["@id"]
    assert first["@context"]["PERS"] == "https://schema.org/Person"
    assert " " not in first["@id"]


def test_json_ld_streams(tmp_path: Path) -> None:
    def broken() -> Iterator[Document]:
        yield FIRST
        raise FormatError("the second cannot be read")

    with pytest.raises(FormatError, match="cannot be read"):
        write_graph(tmp_path / "news.jsonl", broken())
    assert not (tmp_path / "news.jsonl").exists()
    partial = (tmp_path / "news.jsonl.partial").read_bytes()
    assert len(partial.splitlines()) <= 1


def test_half_a_character_is_told(tmp_path: Path) -> None:
    odd = Entity(id="1", type="ORG", start=0, end=3, text="a\ud800c")
    with pytest.raises(FormatError, match=r"document 'x': holds the lone surrogate U\+D800"):
        write_graph(tmp_path / "x.jsonl", [Document(id="x", text="a\ud800c", entities=(odd,))])


def test_a_suffix_without_a_format_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no graph format has the suffix '.csv'; write .graphml"):
        graph_format(tmp_path / "a.csv")
