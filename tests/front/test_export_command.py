"""``khabar export`` as a user gives it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from tests.front.conftest import Khabar
from tests.tiny import SENTENCES


def test_an_exported_folder_is_a_model_for_other_commands(
    khabar: Khabar, tiny_khabar: Path, tmp_path: Path
):
    ran = khabar("export", tiny_khabar, tmp_path / "onnx")
    assert (ran.code, ran.text) == (0, f"The graphs are in {tmp_path / 'onnx'}\n")
    write_jsonl(tmp_path / "in.jsonl", [Document(id="a", text=SENTENCES[0])])
    own, other = (
        khabar("extract", tmp_path / "in.jsonl", "--model", model, "--precision", "fp32").text
        for model in (tiny_khabar, tmp_path / "onnx")
    )
    labels = [
        [(e.type, e.start, e.end) for e in msgspec.json.decode(line, type=Document).entities]
        for line in (own, other)
    ]
    assert labels[0] == labels[1] != []


def test_an_unknown_model_is_told_in_one_line(khabar: Khabar, tmp_path: Path):
    ran = khabar("export", tmp_path / "missing", tmp_path / "onnx")
    assert ran.code == 1
    assert ran.err.startswith(f"khabar: model {tmp_path / 'missing'}: no such folder")
