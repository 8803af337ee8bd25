"""``khabar evaluate`` and ``khabar compare`` as a user gives them; the model is tiny."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document, Entity
from tests.front.conftest import GOLD, TEXT, Khabar
from tests.marked import marked
from tests.tiny import tiny_khabar_model


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def found(tmp_path: Path) -> Path:
    """What another system predicted: the person, and the country as a place."""
    path = tmp_path / "found.jsonl"
    write_jsonl(path, [marked("زار ⟨1:PERS|سامي الحداد⟩ ⟨2:LOC|تونس⟩")])
    return path


# evaluate


def test_evaluate_shows_scores_by_type_and_writes_them_all(
    khabar: Khabar, tiny_khabar: Path, gold: Path, tmp_path: Path
):
    ran = khabar("evaluate", tiny_khabar, gold, "--json", tmp_path / "scores.json")
    assert (ran.code, ran.err) == (0, "")
    for metric in ("entity strict, all layers", "entity strict, outermost", "relation strict"):
        assert metric in ran.text
    assert "PERS *" in ran.text
    scores = msgspec.json.decode((tmp_path / "scores.json").read_bytes())
    assert scores["documents"] == 1
    assert scores["entities"]["strict"]["micro"]["gold"] == 2


def test_evaluate_measures_a_share(khabar: Khabar, tiny_khabar: Path, tmp_path: Path):
    path = tmp_path / "gold.jsonl"
    write_jsonl(path, [msgspec.structs.replace(GOLD, id=str(number)) for number in range(4)])
    ran = khabar("evaluate", tiny_khabar, path, "--share", "0.75", "1")
    assert "1 documents, schema wojood" in ran.text
    ran = khabar("evaluate", tiny_khabar, path, "--share", "0.75", "0.5")
    assert ran.code == 1
    assert ran.err.startswith("khabar: --share: `share` is [0.75, 0.5]")


def test_evaluate_tells_what_it_widened(khabar: Khabar, tiny_khabar: Path, tmp_path: Path):
    cut = Entity(id="1", type="GPE", start=16, end=18, text="تو")
    path = tmp_path / "gold.jsonl"
    write_jsonl(path, [Document(id="1", text=TEXT, entities=(cut,))])
    ran = khabar("evaluate", tiny_khabar, path)
    assert ran.code == 0
    assert "note:" in ran.err
    assert "entity 1 'تو' cuts a word; widened to 'تونس'" in ran.err


def test_evaluate_of_a_flat_corpus_in_its_own_tokens_scores_the_labels_as_written(
    khabar: Khabar, tmp_path: Path
):
    model = tiny_khabar_model(tmp_path / "flat", "anercorp")
    path = write(tmp_path / "test.txt", "زار O\nسامي I-PERS\nتونس B-LOC\n\nقال O\nعمان I-LOC\n")
    own = khabar("evaluate", model, path, "--tokens", "corpus", "--json", tmp_path / "a.json")
    assert own.code == 0, own.err
    assert "2 gold labels are an I- without its B-" in own.text
    assert "entity conlleval, gold labels as written" in own.text
    written = msgspec.json.decode((tmp_path / "a.json").read_bytes())["as_written"]
    assert written["orphans"] == 2
    assert written["conlleval"]["micro"]["gold"] == 3
    assert written["strict"]["micro"]["gold"] == 1
    assert "as written" not in khabar("evaluate", model, path).text


def test_evaluate_writes_a_report(khabar: Khabar, tiny_khabar: Path, gold: Path, tmp_path: Path):
    ran = khabar("evaluate", tiny_khabar, gold, "--report", tmp_path / "report", "--train", gold)
    assert (ran.code, ran.err) == (0, "")
    assert ran.text.endswith(f"The report is {tmp_path / 'report' / 'report.html'}\n")
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert f"tiny 0.1.0 ({tiny_khabar})" in page
    assert f"{gold}, 1 documents" in page
    assert "Mentions in training" in page
    assert "Learning curves" not in page


def test_evaluate_scores_a_file_of_predictions(khabar: Khabar, gold: Path, found: Path):
    ran = khabar("evaluate", found, gold)
    assert (ran.code, ran.err) == (0, "")
    row = next(line for line in ran.text.splitlines() if "entity strict, all layers" in line)
    assert [cell.strip() for cell in row.split("│")[2:8]] == [
        "50.00", "50.00", "50.00", "2", "2", "1",
    ]  # fmt: skip
    assert "given gold" not in ran.text


def test_evaluate_reads_predictions_in_the_schema_that_is_named(
    khabar: Khabar, gold: Path, found: Path
):
    ran = khabar("evaluate", found, gold, "--schema", "anercorp")
    assert ran.code == 1
    assert "the gold entity 2 has the type GPE, which schema anercorp lacks" in ran.err


def test_a_report_can_be_scored_again(khabar: Khabar, gold: Path, found: Path, tmp_path: Path):
    scores = []
    for number, system in enumerate((found, tmp_path / "report" / "predictions.jsonl")):
        json = tmp_path / f"{number}.json"
        ran = khabar("evaluate", system, gold, "--report", tmp_path / "report", "--json", json)
        assert ran.code == 0, ran.err
        scores.append(json.read_bytes())
    assert scores[0] == scores[1]


def test_the_learning_curves_are_those_of_the_run_that_the_model_lies_in(
    khabar: Khabar, gold: Path, found: Path, tmp_path: Path
):
    model = tiny_khabar_model(tmp_path / "run" / "best")
    line = '{"step":1,"tag_loss":2.0,"relation_loss":2.0}\n'
    log = write(tmp_path / "run" / "log.jsonl", line)
    for arguments in ((model,), (found, "--log", log)):
        report = tmp_path / "report"
        ran = khabar("evaluate", arguments[0], gold, "--report", report, *arguments[1:])
        assert ran.code == 0, ran.err
        assert "Learning curves" in (report / "report.md").read_text(encoding="utf-8")


def test_a_report_without_matplotlib_is_refused_before_anything_is_predicted(
    khabar: Khabar, gold: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it were not there
    ran = khabar("evaluate", tmp_path / "no model", gold, "--report", tmp_path / "report")
    assert ran.code == 1
    assert ran.err == "khabar: plots need matplotlib: pip install 'khabar[plots]'\n"
    assert not (tmp_path / "report").exists()


# compare


def test_compare_tells_two_systems_apart(
    khabar: Khabar, tiny_khabar: Path, gold: Path, found: Path, tmp_path: Path
):
    json = tmp_path / "c.json"
    ran = khabar("compare", tiny_khabar, found, gold, "--json", json)
    assert (ran.code, ran.err) == (0, "")
    assert ran.text.startswith(f"A: tiny 0.1.0 ({tiny_khabar})\nB: {found}\n")
    assert "95 % interval" in ran.text
    comparison = msgspec.json.decode(json.read_bytes())
    assert comparison["second"] == str(found)
    assert comparison["documents"] == 1
    assert comparison["differences"][0]["micro"]["second"] == 0.5


def test_compare_tells_what_gold_had_mended_once(khabar: Khabar, found: Path, tmp_path: Path):
    cut = Entity(id="1", type="GPE", start=16, end=18, text="تو")
    path = tmp_path / "cut.jsonl"
    write_jsonl(path, [Document(id="1", text=TEXT, entities=(cut,))])
    ran = khabar("compare", found, found, path)
    assert ran.code == 0
    assert ran.err.count("widened to 'تونس'") == 1


def test_compare_refuses_predictions_of_other_documents(
    khabar: Khabar, gold: Path, found: Path, tmp_path: Path
):
    other = tmp_path / "other.jsonl"
    write_jsonl(other, [Document(id="2", text=TEXT)])
    ran = khabar("compare", found, other, gold)
    assert ran.code == 1
    assert "1 of 1 documents have no predicted counterpart, the first is '1'" in ran.err


def test_compare_refuses_a_share_that_is_no_part(khabar: Khabar, gold: Path, found: Path):
    ran = khabar("compare", found, found, gold, "--share", "1", "0")
    assert (ran.code, ran.err.startswith("khabar: --share: ")) == (1, True)
