"""``khabar predict`` as a user gives it, killed, and gone on with. The model is tiny."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.front.conftest import TEXT, Khabar


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    lines = [msgspec.json.encode({"text": f"{TEXT} {number}"}) for number in range(30)]
    lines[7] = b'{"text": "\\ud800"}'
    lines[20] = b"no JSON"
    (folder / "a.jsonl").write_bytes(b"\n".join(lines[:18]))
    (folder / "b.jsonl").write_bytes(b"\n".join(lines[18:]))
    return folder


def predict(archive: Path, output: Path, model: Path) -> list[str]:
    options = {"--input": archive / "*.jsonl", "--output": output, "--model": model}
    given = [str(part) for option in options.items() for part in option]
    return ["predict", *given, "--shard-articles", "4"]


KILLED = """\
import os, signal
from pathlib import Path
from khabar.cli import main

replace = Path.replace

def killed(self, target):
    if Path(target).name == "part-00003.jsonl":
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)

Path.replace = killed
main()
"""


def test_predict_goes_on_after_a_kill_and_ends_as_an_unbroken_run(
    khabar: Khabar, tiny_khabar: Path, archive: Path, tmp_path: Path
):
    """A real process is killed when it has written its fourth shard, but not yet named it so."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    unbroken = khabar(*predict(archive, whole, tiny_khabar))
    assert (unbroken.code, unbroken.err) == (0, "")
    assert unbroken.text == (
        f"30 articles = 28 records + 2 errors, in 8 shards (0 done earlier) in {whole}\n"
    )
    arguments = predict(archive, cut, tiny_khabar)
    killed = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert killed.returncode == -9
    assert {"part-00002.jsonl", "part-00003.jsonl.partial"} <= {p.name for p in cut.iterdir()}
    assert not (cut / "part-00003.jsonl").exists()
    resumed = khabar(*arguments)
    assert "28 records + 2 errors, in 8 shards (3 done earlier)" in resumed.text
    assert [p.name for p in sorted(cut.iterdir())] == [p.name for p in sorted(whole.iterdir())]
    for path in whole.iterdir():
        assert (cut / path.name).read_bytes() == path.read_bytes()


PAUSED = """\
import sys
from pathlib import Path
from khabar.cli import main

replace = Path.replace

def paused(self, target):
    if Path(target).name == "part-00001.jsonl":
        print("writes", flush=True)
        sys.stdin.read()
    return replace(self, target)

Path.replace = paused
main()
"""


def test_a_second_predict_leaves_a_folder_that_another_writes_to(
    khabar: Khabar, tiny_khabar: Path, archive: Path, tmp_path: Path
):
    out = tmp_path / "out"
    arguments = predict(archive, out, tiny_khabar)
    command = [sys.executable, "-c", PAUSED, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"writes\n"
        before = sorted(path.name for path in out.iterdir())
        second = khabar(*arguments)
        assert (second.code, second.out) == (1, b"")
        told = "wait until it has ended, or give another output"
        assert second.err == (f"khabar: {out}: another process is writing to this folder; {told}\n")
        assert sorted(path.name for path in out.iterdir()) == before
        rest, _ = first.communicate(b"")
    assert first.returncode == 0
    assert "28 records + 2 errors, in 8 shards (0 done earlier)" in rest.decode()


def test_predict_takes_what_a_shell_made_of_a_pattern(
    khabar: Khabar, tiny_khabar: Path, archive: Path, tmp_path: Path
):
    files = sorted(archive.iterdir())
    output = ("--output", tmp_path / "out", "--model", tiny_khabar)
    ran = khabar("predict", "--input", *files, *output)
    assert ran.text.startswith("30 articles = 28 records + 2 errors, in 1 shards")


def test_predict_says_when_a_file_breaks_off(khabar: Khabar, tiny_khabar: Path, tmp_path: Path):
    (tmp_path / "a.jsonl.gz").write_bytes(b"no gz")
    (tmp_path / "b.txt").write_text("تونس", encoding="utf-8")
    pattern, output = tmp_path / "*.*", tmp_path / "out"
    ran = khabar("predict", "--input", pattern, "--output", output, "--model", tiny_khabar)
    assert ran.code == 1
    assert ran.text.startswith("2 articles = 1 records + 1 errors")
    assert ran.err.startswith("khabar: 1 files could not be read to their end")


def test_predict_without_a_file_says_so(khabar: Khabar, tmp_path: Path):
    ran = khabar("predict", "--input", tmp_path / "*.parquet", "--output", tmp_path / "out")
    assert ran.code == 1
    assert ran.err.endswith("*.parquet: names no file; correct the path or the pattern\n")
