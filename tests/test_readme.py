"""The README is true: its Python prints what it says, its files and commands are there."""

import contextlib
import io
import re
from pathlib import Path

import typer

from khabar.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_prints_what_the_readme_says():
    code, printed = re.findall(r"```(?:python)?\n(.*?)```", README, re.DOTALL)[1:3]
    assert "Extractor.load()" in code
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    assert out.getvalue() == printed


def test_every_linked_file_is_there():
    linked = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert linked
    assert [link for link in linked if not (ROOT / link).exists()] == []


def test_every_command_is_there():
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"(?:^|`)khabar ([a-z]+)", README, re.MULTILINE))
    assert named
    assert named <= commands
