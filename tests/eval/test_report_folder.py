from __future__ import annotations

from pathlib import Path

import msgspec

from khabar.data.formats import read_documents
from khabar.eval.errors import Example
from khabar.eval.report_folder import write_report
from khabar.eval.sections import Provenance
from tests.eval.news import full_analysis, predictions


def test_a_report_is_five_files_and_what_else_is_there_stays(nested, tmp_path: Path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "notes.txt").write_text("mine", encoding="utf-8")
    analysis, predicted = full_analysis(nested), predictions(nested).predicted
    write_report(tmp_path / "report", analysis, Provenance(system="news", data="dev"), predicted)
    files = {path.name: path for path in (tmp_path / "report").iterdir()}
    assert set(files) == {
        "report.html", "report.md", "report.json", "errors.jsonl", "predictions.jsonl", "notes.txt",
    }  # fmt: skip
    assert files["report.html"].read_text(encoding="utf-8").startswith("<!doctype html>")
    assert msgspec.json.decode(files["report.json"].read_bytes())["evaluation"]["documents"] == 2
    assert list(read_documents(files["predictions.jsonl"])) == list(predicted)
    lines = files["errors.jsonl"].read_bytes().splitlines()
    errors = [msgspec.json.decode(line, type=Example) for line in lines]
    assert errors == list(analysis.examples())
