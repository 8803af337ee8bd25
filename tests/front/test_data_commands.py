"""``khabar data`` as a user gives it: files and folders, and every table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from tests.front.conftest import Khabar
from tests.marked import marked

STORM = "هطل المطر على الطريق صباح أمس ثم توقف"
FIRST = marked(
    f"⟨1:PERS|سامي الحداد⟩ يعيش في ⟨2:GPE|تونس⟩ وزار ⟨3:GPE|عمان⟩ . {STORM}",
    "1 Location.lives_in 2",
    id="first",
)
SECOND = marked(f"قال ⟨1:PERS|سامي الحداد⟩ ثم ⟨2:PERS|ليلى⟩ . {STORM}", id="second")
CLEFT = marked("في ⟨1:GPE|تونس،⟩ أمس", id="cleft")
"""It breaks the guide, and not the schema."""
SCHEMA = "name: tiny\nnested: true\nentities: {PERS: a person, GPE: a country}\n"


def write(path: Path, *documents: Document) -> Path:
    path.parent.mkdir(exist_ok=True)
    write_jsonl(path, documents)
    return path


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of all tables by their first cell."""
    cells = [line.strip("│").split("│") for line in text.splitlines() if line.startswith("│")]
    return {first.strip(): [cell.strip() for cell in rest] for first, *rest in cells}


# validate


def test_validate_is_silent_about_a_sound_corpus(khabar: Khabar, tmp_path: Path):
    corpus = write(tmp_path / "a.jsonl", FIRST)
    ran = khabar("data", "validate", corpus)
    assert (ran.code, ran.out, ran.err) == (0, b"", f"{corpus}: no problem\n")


def test_validate_names_the_file_of_each_problem_in_a_folder(khabar: Khabar, tmp_path: Path):
    write(tmp_path / "a.jsonl", FIRST)
    again = write(tmp_path / "b.jsonl", SECOND, FIRST)
    ran = khabar("data", "validate", tmp_path)
    assert (ran.code, ran.err) == (1, f"{tmp_path}: 1 problems\n")
    twice = "another document has this id; give each its own"
    assert ran.text == f"{again}: document 'first': {twice}\n"


@pytest.mark.parametrize(
    ("schema", "option", "problems"),
    [
        ("wojood", (), 1),
        ("wojood", ("--guide",), 1),
        ("wojood", ("--no-guide",), 0),
        ("tiny.yaml", (), 0),
        ("tiny.yaml", ("--guide",), 1),
    ],
)
def test_validate_checks_the_guide_of_the_schema_wojood_unless_told_otherwise(
    schema: str, option: tuple[str, ...], problems: int, khabar: Khabar, tmp_path: Path
):
    (tmp_path / "tiny.yaml").write_text(SCHEMA, encoding="utf-8")
    name = schema if schema == "wojood" else tmp_path / schema
    ran = khabar("data", "validate", write(tmp_path / "a.jsonl", CLEFT), "--schema", name, *option)
    assert (ran.code, ran.text.count("begins or ends with punctuation")) == (problems, problems)


@pytest.mark.parametrize("command", ["validate", "stats"])
def test_a_folder_without_a_corpus_is_one_line(command: str, khabar: Khabar, tmp_path: Path):
    ran = khabar("data", command, tmp_path)
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err.startswith(f"khabar: {tmp_path}: the folder holds no file of .jsonl")
    assert ran.err.count("\n") == 1


# stats


def test_stats_of_a_folder_counts_all_files_and_what_two_share(khabar: Khabar, tmp_path: Path):
    write(tmp_path / "dev.jsonl", SECOND)
    write(tmp_path / "train.jsonl", FIRST, SECOND)
    found = rows(khabar("data", "stats", tmp_path).text)
    counted = [found[name] for name in ("documents", "words", "PERS", "GPE")]
    assert counted == [["3"], ["44"], ["5"], ["2"]]
    assert found["in the shortest document"] == ["14"]
    assert found["in the median one"] == ["14"]
    assert found["in the longest"] == ["16"]
    assert found["dev.jsonl, train.jsonl"] == ["1", "1"]
    assert found[""] == ["", "سامي الحداد"]


def test_stats_counts_files_that_differ_in_folder_or_suffix_alone(khabar: Khabar, tmp_path: Path):
    """Parts went by their names without suffix: of two equal ones the first was not counted."""
    write(tmp_path / "a.jsonl", FIRST)
    write(tmp_path / "a.ndjson", SECOND)
    write(tmp_path / "more" / "a.jsonl", CLEFT)
    found = rows(khabar("data", "stats", tmp_path).text)
    assert found["documents"] == ["3"]
    assert found["a.jsonl, a.ndjson"] == ["0", "1"]
    assert found["a.jsonl, more/a.jsonl"] == ["0", "0"]


def test_stats_of_one_file_has_no_parts(khabar: Khabar, tmp_path: Path):
    ran = khabar("data", "stats", write(tmp_path / "a.jsonl", FIRST))
    assert "shared by two parts" not in ran.text


def test_stats_shows_fitting_pairs_beside_every_relation(khabar: Khabar, tmp_path: Path):
    ran = khabar("data", "stats", write(tmp_path / "a.jsonl", FIRST, SECOND))
    assert rows(ran.text)["Location.lives_in"] == ["1", "1"]
    assert "Location.has_border_with" not in ran.text  # it fits a pair, but is in no document


def test_stats_shows_repetition(khabar: Khabar, tmp_path: Path):
    """Two sequences are in both documents, of fourteen, or of twelve with names of one word."""
    found = rows(khabar("data", "stats", write(tmp_path / "a.jsonl", FIRST, SECOND)).text)
    plain, masked = "8-word sequences in several documents", ", mentions by their types"
    assert found[plain] == ["14.29%", ""]
    assert found[plain + masked] == ["16.67%", ""]
    assert found["PERS سامي الحداد"] == ["66.67%", "2"]
    assert found["PERS ليلى"] == ["33.33%", "1"]


def test_stats_of_bare_text_leaves_out_what_is_empty(khabar: Khabar, tmp_path: Path):
    ran = khabar("data", "stats", write(tmp_path / "a.jsonl", Document(id="1", text="خبر")))
    assert ran.code == 0
    assert rows(ran.text)["8-word sequences in several documents"] == ["0.00%", ""]
    assert "fitting pairs" not in ran.text


def test_stats_of_an_empty_file_has_lengths_of_zero(khabar: Khabar, tmp_path: Path):
    ran = khabar("data", "stats", write(tmp_path / "a.jsonl"))
    assert (ran.code, rows(ran.text)["in the longest"]) == (0, ["0"])


def test_stats_draws_a_plot(khabar: Khabar, tmp_path: Path):
    plot = tmp_path / "counts.png"
    ran = khabar("data", "stats", write(tmp_path / "a.jsonl", FIRST), "--plot", plot)
    assert ran.code == 0, ran.err
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_stats_says_what_a_plot_wants(
    khabar: Khabar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    corpus = write(tmp_path / "a.jsonl", FIRST)
    gif = tmp_path / "counts.gif"
    ran = khabar("data", "stats", corpus, "--plot", gif)
    assert (ran.code, ran.err) == (
        1,
        f"khabar: {gif}: name the plot as a .png, .svg, .pdf file\n",
    )
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # as if it were not there
    ran = khabar("data", "stats", corpus, "--plot", tmp_path / "counts.png")
    assert (ran.code, ran.err) == (
        1,
        "khabar: plots need matplotlib: pip install 'khabar[plots]'\n",
    )


# exclude


def test_exclude_tells_what_is_kept_and_dropped(khabar: Khabar, tmp_path: Path):
    other = marked("⟨1:PERS|ليلى⟩ في ⟨2:GPE|قطر⟩", "1 Location.lives_in 2", id="other")
    source = write(tmp_path / "a.jsonl", FIRST, SECOND, other)
    unseen = tmp_path / "test.txt"
    unseen.write_text("ثم قالت: هطل المَطَر على الطريق، صباح اليوم", encoding="utf-8")
    target = tmp_path / "b.conll"
    ran = khabar("data", "exclude", source, target, "--of", unseen)
    assert (ran.code, ran.out) == (0, b"")
    note = "conll has no place for what is left out: 1 relations"
    assert ran.err == f"{target}: 1 documents kept, 2 dropped\nnote: {target}: {note}\n"
    ran = khabar("data", "exclude", source, tmp_path / "c.jsonl", "--of", unseen, "--words", "6")
    assert ran.err == f"{tmp_path / 'c.jsonl'}: 3 documents kept, 0 dropped\n"
    assert (tmp_path / "c.jsonl").read_bytes() == source.read_bytes()


def test_exclude_says_when_there_is_nothing_to_compare_with(khabar: Khabar, tmp_path: Path):
    source, unseen = write(tmp_path / "a.jsonl", FIRST), write(tmp_path / "b.jsonl", CLEFT)
    ran = khabar("data", "exclude", source, tmp_path / "c.jsonl", "--of", unseen)
    told = f"{unseen}: holds no sequence of 5 words, so nothing would be excluded"
    assert (ran.code, ran.err) == (1, f"khabar: {told}\n")
