"""Locks, between real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from khabar.data.errors import ConfigError
from khabar.data.locks import only_writer

HOLDING = """\
import sys
from pathlib import Path
from khabar.data.locks import only_writer

with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_has_ended_however_it_ended(tmp_path: Path):
    folder = tmp_path / "new" / "out"
    command = [sys.executable, "-c", HOLDING, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        told = "another process is writing to this folder; wait until it has ended, or give another"
        with pytest.raises(ConfigError, match=f"out: {told} output$"), only_writer(folder):
            pytest.fail("two at a time")
        with only_writer(folder.with_name("other")):
            first.kill()
    with only_writer(folder):
        assert [path.name for path in folder.iterdir()] == [".lock"]


def test_an_error_lets_go(tmp_path: Path):
    with pytest.raises(KeyError), only_writer(tmp_path):
        raise KeyError
    with only_writer(tmp_path):
        pass
