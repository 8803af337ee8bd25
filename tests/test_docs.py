"""The documentation is true: its samples run, its commands are there, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from khabar.cli import app
from khabar.data.embedded import load_corpus
from khabar.data.formats import write_documents

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(r"^```(python|sh|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ON_LONG_RUNS = ["--set", "train.max_steps=1"]
RUN = {"tutorial.md", "howto.md", "corpus.md", "model.md", "arabic.md", "index.md"}
"""Pages whose samples run from top to bottom, in one folder and one Python."""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages speak of."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "data/samples/article.txt").read_text(encoding="utf-8")
    Path("article.txt").write_text(text, encoding="utf-8")
    Path("old.txt").write_text("وصل الوفد إلى تونس أمس.", encoding="cp1256")
    Path("archive").mkdir()
    write_documents(Path("archive/a.jsonl"), load_corpus().dev[:2])
    write_documents(Path("mine.inline"), load_corpus().dev[:3])
    Path("NewsFANE_Gold.txt").write_text("زار O\nسامي B-PERS\n\nسافر O\n\n", encoding="utf-8")
    Path("ANERCorp_CamelLab_test.txt").write_text(
        "زار O\nنبيل B-PERS\nأمس O\nأسواق O\nالقدس B-LOC\n\n", encoding="utf-8"
    )
    return tmp_path


@pytest.mark.parametrize("page", sorted(RUN))
def test_samples_run(desk: Path, page: str):
    names: dict[str, object] = {}
    for kind, code in BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8")):
        if kind == "python":
            exec(compile(code, page, "exec"), names)
        elif kind == "yaml" and code.startswith("# "):
            Path(code[2:].split("\n")[0]).write_text(code, encoding="utf-8")
        elif kind == "sh":
            for line in code.strip().split("\n"):
                run_command(line)


def run_command(line: str) -> None:
    if line.startswith("#"):
        return  # what the line before prints
    command, *arguments = shlex.split(line.split(" > ")[0], comments=True)
    if command != "khabar":
        assert line == "pip install ."
        return
    if arguments[0] == "train":
        arguments += ON_LONG_RUNS
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, (line, result.output, result.exception)


def test_pages_that_do_not_run_have_valid_samples():
    for page in PAGES:
        for kind, code in BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind == "python":
                compile(code, page.name, "exec")
            elif kind == "yaml":
                yaml.safe_load(code)


def test_every_linked_file_is_there():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (page.parent / link).exists(), (page.name, link)


def test_every_command_that_is_named_is_there():
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    for page in PAGES:
        named = re.findall(
            r"(?:^|`)khabar ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert set(named) <= commands, page.name


def test_every_page_is_in_the_site():
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if page.name not in site] == []
