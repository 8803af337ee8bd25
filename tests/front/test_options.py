"""Options that several commands have, as a user gives them."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from khabar.data.formats import read_documents
from khabar.data.records import Document, Entity
from khabar.model.extractor import Extractor
from tests.front.conftest import Khabar

TEXT = "زار سامي الحداد مدينة تونس أمس"


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def every(tiny_khabar: Path) -> tuple[Entity, ...]:
    """What an untrained model finds when it may write everything."""
    found = Extractor.load(tiny_khabar, "cpu")(TEXT, threshold=0.0).entities
    assert len({entity.type for entity in found}) > 2
    return found


def written(khabar: Khabar, article: Path, *options: str | Path) -> list[tuple[str, int, int]]:
    ran = khabar("extract", article, *options)
    assert (ran.code, ran.err) == (0, "")
    return [(e.type, e.start, e.end) for e in msgspec.json.decode(ran.out, type=Document).entities]


def test_one_threshold_is_of_everything(khabar, tiny_khabar, article, every):
    middle = sorted(entity.score for entity in every)[len(every) // 2]
    least = round(middle - 1e-3, 3)
    sure = [(e.type, e.start, e.end) for e in every if e.score >= least]
    assert 0 < len(sure) < len(every)
    assert written(khabar, article, "--model", tiny_khabar, "--threshold", str(least)) == sure


def test_thresholds_by_type_and_types(khabar, tiny_khabar, article, every):
    first, second, *_ = dict.fromkeys(entity.type for entity in every)
    options = ("--threshold", f"{first}=1", "--threshold", f"{second}=0")
    only = ("--types", f"{first}, {second}", "--model", tiny_khabar)
    expected = [(e.type, e.start, e.end) for e in every if e.type == second]
    assert written(khabar, article, *options, *only) == expected


def test_an_archive_is_predicted_with_them_too(khabar, tiny_khabar, article, every, tmp_path):
    type = every[0].type
    options = ("--threshold", "0", "--types", type, "--model", tiny_khabar)
    ran = khabar("predict", "--input", article, "--output", tmp_path / "out", *options)
    assert ran.code == 0
    (found,) = read_documents(tmp_path / "out" / "part-00000.jsonl")
    assert [e.start for e in found.entities] == [e.start for e in every if e.type == type]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["high"], "--threshold high: a score is a number from 0 to 1"),
        (["ORG=80"], "--threshold 80: a score is a number from 0 to 1"),
        (["nan"], "--threshold nan: a score is a number from 0 to 1"),
        (
            ["0.5", "ORG=0.4"],
            "--threshold 0.5 --threshold ORG=0.4: give one score, or one for each",
        ),
        (["ORG=0.5", "ORG=0.4"], "give one score, or one for each of some types"),
        (["PERSON=0.5"], "no type is named 'PERSON' in schema"),
    ],
)
def test_a_bad_threshold_is_told_before_a_folder_is_begun(
    khabar, tiny_khabar, article, tmp_path, values, message
):
    options = [part for value in values for part in ("--threshold", value)]
    output = tmp_path / "out"
    ran = khabar(
        "predict", "--input", article, "--output", output, "--model", tiny_khabar, *options
    )
    assert ran.code == 1
    assert message in ran.err
    assert not output.exists()
