"""The command line itself: what all commands share."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document, Entity
from tests.front.conftest import TEXT, Khabar

COMMAND = [sys.executable, "-c", "from khabar.cli import main; main()"]


def test_the_version_is_shown(khabar: Khabar):
    ran = khabar("--version")
    assert (ran.code, ran.text) == (0, "khabar 0.1.0\n")


def test_help_lists_the_commands_that_are_built(khabar: Khabar):
    text = khabar("--help").text
    listed = [line.split()[0] for line in text.split("Commands:\n")[1].splitlines()]
    looking = ["evaluate", "compare", "calibrate", "export", "view", "graph"]
    assert listed == ["extract", "predict", "train", "pretrain", *looking, "data"]


def test_what_the_system_refuses_is_one_line(khabar: Khabar, gold: Path):
    ran = khabar("data", "convert", gold, "/proc/none/a.jsonl")
    assert ran.code == 1
    assert ran.err.startswith("khabar: [Errno 2] No such file or directory")


def test_a_reader_that_goes_away_is_no_error(gold: Path):
    bad = Entity(id="1", type="NONE", start=0, end=3, text="زار")
    write_jsonl(gold, [Document(id=str(n), text=TEXT, entities=(bad,)) for n in range(3000)])
    arguments = ["data", "validate", str(gold)]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_an_interrupt_leaves_no_traceback():
    # In the background of a shell interrupts are ignored, and what is started inherits that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    arguments = ["data", "stats", "/dev/stdin", "--format", "jsonl"]
    with subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"text": "a"}\n' * 20_000)  # returns once it is being read
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    signal.signal(signal.SIGINT, before)
    assert process.returncode == 130
    assert err == b""
