"""``khabar graph`` as a user gives it."""

from __future__ import annotations

from pathlib import Path

import networkx

from khabar.data.jsonl import write_jsonl
from tests.front.conftest import Khabar
from tests.marked import marked

FIRST = marked("⟨1:PERS|سامي حداد⟩ في ⟨2:GPE|تونس⟩", "1 Location.lives_in 2", id="first")
SECOND = marked("عاد ⟨1:PERS|سامي حداد⟩", id="second")


def test_files_and_folders_become_one_graph(tmp_path: Path, khabar: Khabar) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    write_jsonl(folder / "part-00000.jsonl", [FIRST])
    write_jsonl(tmp_path / "more.jsonl", [SECOND])
    output = tmp_path / "news.graphml"
    ran = khabar("graph", folder, tmp_path / "more.jsonl", "--output", output)
    assert ran.code == 0, ran.err
    assert ran.text == f"The graph of 2 articles is in {output}\n"
    assert networkx.read_graphml(output).nodes["PERS:سامي حداد"]["articles"] == 2


def test_an_output_of_no_graph_format_is_told_in_one_line(tmp_path: Path, khabar: Khabar) -> None:
    write_jsonl(tmp_path / "a.jsonl", [FIRST])
    ran = khabar("graph", tmp_path / "a.jsonl", "--output", tmp_path / "a.png")
    assert ran.code == 1
    assert ran.err.startswith(f"khabar: {tmp_path / 'a.png'}: no graph format has the suffix")
    assert ran.err.count("\n") == 1
