"""The command line, run in this process as a user runs it: arguments and input to what it wrote."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from khabar.cli import main
from khabar.data.jsonl import write_jsonl
from tests.marked import marked

TEXT = "زار سامي الحداد تونس"
GOLD = marked("زار ⟨1:PERS|سامي الحداد⟩ ⟨2:GPE|تونس⟩", id="1")


class Ran(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


Khabar = Callable[..., Ran]


@pytest.fixture
def khabar(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Khabar:
    def run(*arguments: str | Path, stdin: bytes = b"", entry: Callable[[], None] = main) -> Ran:
        monkeypatch.setattr(sys, "argv", ["khabar", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as ended:
            entry()
        out, err = capfdbinary.readouterr()
        assert isinstance(ended.value.code, int)
        return Ran(ended.value.code, out, err.decode())

    return run


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """A file with one annotated article."""
    write_jsonl(tmp_path / "gold.jsonl", [GOLD])
    return tmp_path / "gold.jsonl"
