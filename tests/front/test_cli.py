"""The commands as a user gives them. Everything is real; the model is tiny and untrained."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from khabar.cli import main, train_command
from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document, Entity
from tests.chromium import Dom
from tests.front.conftest import Khabar, Ran
from tests.rawnews import raw_texts, write_raw

TEXT = "زار سامي الحداد تونس"
GOLD = Document(
    id="1",
    text=TEXT,
    entities=(
        Entity(id="1", type="PERS", start=4, end=15, text="سامي الحداد"),
        Entity(id="2", type="GPE", start=16, end=20, text="تونس"),
    ),
)
COMMAND = [sys.executable, "-c", "from khabar.cli import main; main()"]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def records(ran: Ran) -> list[Document]:
    return [msgspec.json.decode(line, type=Document) for line in ran.out.splitlines()]


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    write_jsonl(tmp_path / "gold.jsonl", [GOLD])
    return tmp_path / "gold.jsonl"


# extract


def test_extract_writes_a_record_a_line_in_the_order_of_the_files(
    khabar: Khabar, tiny_khabar: Path, tmp_path: Path
):
    last, first = write(tmp_path / "z.txt", TEXT), write(tmp_path / "a.text", "تونس")
    listed = tmp_path / "two.jsonl"
    write_jsonl(listed, [Document(id="x", text="عمان"), Document(id="y", text="قال")])
    ran = khabar("extract", last, "-", first, listed, "--model", tiny_khabar, stdin=b"2023")
    assert (ran.code, ran.err) == (0, "")
    assert [d.id for d in records(ran)] == ["z", "stdin", "a", "x", "y"]
    assert [d.text for d in records(ran)] == [TEXT, "2023", "تونس", "عمان", "قال"]
    assert all(d.meta["model"] == "tiny" for d in records(ran))


def test_extract_reads_several_models_as_one(khabar: Khabar, tiny_khabar: Path, tmp_path: Path):
    article = write(tmp_path / "a.txt", TEXT)
    alone, both = (
        khabar("extract", article, "--model", model)
        for model in (tiny_khabar, f"{tiny_khabar},{tiny_khabar}")
    )
    assert (both.code, both.err) == (0, "")
    extents = [[(e.type, e.start) for e in records(ran)[0].entities] for ran in (alone, both)]
    assert extents[0] == extents[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\r\n ",
        "\0\0خبر\0",
        "؟؟!!…«»،؛ -- ()",
        "Reuters reported from Tunis.",
        "ـــ ﷺ \u200fقال\u200e \u202bزار\u202c لا\u200cيعرف",
        "سطر\r\nثان\rثالث\u2028رابع\x85",
        "\x1b[31mخبر",
        "نص\n\n\n",
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_extract_gives_odd_texts_back_to_the_letter(
    mark: str, text: str, khabar: Khabar, tiny_khabar: Path, tmp_path: Path
):
    path = write(tmp_path / "a.txt", mark + text)
    ran = khabar("extract", path, "-", "--model", tiny_khabar, stdin=path.read_bytes())
    assert (ran.code, ran.err) == (0, "")
    assert [d.text for d in records(ran)] == [text, text]


def test_extract_reads_old_encodings(khabar: Khabar, tiny_khabar: Path, tmp_path: Path):
    path = write(tmp_path / "a.txt", TEXT, "cp1256")
    options = ("--encoding", "cp1256", "--model", tiny_khabar)
    ran = khabar("extract", path, "-", *options, stdin=path.read_bytes())
    assert [d.text for d in records(ran)] == [TEXT, TEXT]


def test_extract_names_each_bad_file_in_a_line_and_reads_the_others(
    khabar: Khabar, tiny_khabar: Path, tmp_path: Path
):
    bad = write(tmp_path / "bad.txt", f"سطر\n{TEXT}", "cp1256")
    lone = tmp_path / "lone.jsonl"
    lone.write_bytes(b'{"text": "a\\ud800"}\n{"id": "after", "text": "b"}\n')
    good = write(tmp_path / "good.txt", TEXT)
    missing = tmp_path / "missing.txt"
    ran = khabar("extract", bad, missing, lone, "-", good, "--model", tiny_khabar, stdin=b"\xd3\n")
    assert ran.code == 1
    assert [d.id for d in records(ran)] == ["after", "good"]
    first, second, third, fourth = ran.err.splitlines()
    assert first.startswith(f"khabar: {bad}:1: byte 0xd3 at offset 0 is not utf-8")
    assert first.endswith("--encoding cp1256")
    assert second == f"khabar: {missing}: cannot be read: No such file or directory"
    assert third.startswith(f"khabar: {lone}:1: holds the lone surrogate \\ud800")
    assert fourth.startswith("khabar: stdin: byte 0xd3 at offset 0 is not utf-8")


def test_extract_knows_no_unknown_encoding(khabar: Khabar, tiny_khabar: Path):
    ran = khabar("extract", "-", "--encoding", "arabic-1", "--model", tiny_khabar)
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err.startswith("khabar: stdin: no text encoding is named 'arabic-1'")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--model", "no/such-model"), "khabar: model no/such-model: no such folder, and the hub"),
        (("--device", "tpu"), "khabar: device 'tpu' cannot be used here"),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    options: tuple[str, str], complaint: str, khabar: Khabar, tiny_khabar: Path
):
    model = () if "--model" in options else ("--model", tiny_khabar)
    ran = khabar("extract", "-", *options, *model)
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err.startswith(complaint)
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_on_a_terminal_extract_shows_the_article_unless_json_is_asked_for(
    options: tuple[str, ...], khabar: Khabar, tiny_khabar: Path, monkeypatch: pytest.MonkeyPatch
):
    master, slave = pty.openpty()
    seen = io.BytesIO()
    reader = threading.Thread(target=read_terminal, args=(master, seen))
    reader.start()
    with os.fdopen(slave, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        ran = khabar("extract", "-", *options, "--model", tiny_khabar, stdin="تونس".encode())
    reader.join()
    os.close(master)
    assert (ran.code, ran.out) == (0, b"")
    shown = seen.getvalue().decode()
    assert ("\u2067" in shown) == (not options)
    assert ("الكيانات" in shown) == (not options)
    assert ('"text":"تونس"' in shown) == bool(options)


def test_extract_writes_one_page_of_all_articles_and_says_where_it_is(
    khabar: Khabar, tiny_khabar: Path, tmp_path: Path
):
    article, page = write(tmp_path / "a.txt", TEXT), tmp_path / "pages" / "news.html"
    ran = khabar("extract", article, "-", "--html", page, "--model", tiny_khabar, stdin=b"2023")
    assert (ran.code, ran.err, ran.text) == (0, "", f"The page is {page}\n")
    shown = page.read_text(encoding="utf-8")
    assert [e.text for e in Dom(shown).of("p") if e.text] == [TEXT, "2023"]
    assert "model: <bdi>tiny" in shown
    assert [p.name for p in page.parent.iterdir()] == ["news.html"]


def test_extract_shows_what_can_be_read_and_leaves_the_page_when_nothing_can(
    khabar: Khabar, tiny_khabar: Path, tmp_path: Path
):
    bad, good = write(tmp_path / "bad.txt", TEXT, "cp1256"), write(tmp_path / "good.txt", TEXT)
    page = tmp_path / "page.html"
    options = ("--html", page, "--model", tiny_khabar)
    ran = khabar("extract", bad, good, *options)
    assert (ran.code, ran.text) == (1, f"The page is {page}\n")
    assert ran.err.startswith(f"khabar: {bad}:1: byte 0x")
    before = page.read_bytes()
    ran = khabar("extract", bad, *options)
    assert (ran.code, ran.out) == (1, b"")
    assert page.read_bytes() == before


def test_extract_writes_no_page_over_an_article_and_no_page_beside_json(
    khabar: Khabar, tmp_path: Path
):
    article = write(tmp_path / "a.txt", TEXT)
    ran = khabar("extract", article, "--html", tmp_path / "." / "a.txt")
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err == (
        f"khabar: --html {article}: is one of the articles; name another file for the page\n"
    )
    ran = khabar("extract", article, "--html", tmp_path / "page.html", "--json")
    assert (ran.code, ran.out) == (1, b"")
    assert ran.err.endswith("give --json or --html, not both\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert article.read_text(encoding="utf-8") == TEXT


def read_terminal(master: int, seen: io.BytesIO) -> None:
    try:
        while chunk := os.read(master, 65536):
            seen.write(chunk)
    except OSError:  # Linux's way of saying that the other end is closed
        return


# predict


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


# train


@pytest.fixture
def run_file(tiny_encoder: Path, gold: Path, tmp_path: Path) -> Path:
    return write(
        tmp_path / "run.yaml",
        f"name: small\n"
        f"output: {tmp_path / 'run'}\n"
        f"encoder: {tiny_encoder}\n"
        f"corpora: [{{path: {gold}}}]\n"
        f"dev: [{{path: {gold}}}]\n"
        f"train: {{epochs: 1}}\n",
    )


@pytest.mark.parametrize("entry", [main, train_command])
def test_train_shows_the_dev_scores_and_where_the_model_is(
    entry: object, khabar: Khabar, run_file: Path, tmp_path: Path
):
    arguments = [run_file, "--set", "name=other", "--set", "train.micro_windows=1"]
    ran = khabar(*(["train"] if entry is main else []), *arguments, entry=entry)
    assert ran.code == 0, ran.err
    assert "entity strict, all layers" in ran.text
    best = tmp_path / "run" / "best"
    assert ran.text.endswith(f"The model is in {best}\n")
    assert b'"name": "other"' in (best / "config.json").read_bytes()


def test_train_names_a_wrong_key(khabar: Khabar, run_file: Path):
    ran = khabar(run_file, "--set", "train.epoch=3", entry=train_command)
    assert ran.code == 1
    assert "unknown field `epoch` - at `$.train`" in ran.err
    assert ran.err.count("\n") == 1


def test_a_process_that_is_not_the_first_writes_nothing(
    khabar: Khabar, run_file: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("RANK", "1")
    assert khabar(run_file, entry=train_command).out == b""


def test_pretrain_shows_what_the_held_out_articles_say(
    khabar: Khabar, tiny_encoder: Path, tmp_path: Path
):
    raw = write_raw(tmp_path / "raw.jsonl", raw_texts(40))
    settings = {
        "corpora.0.path": raw,
        "init": tiny_encoder,
        "output": tmp_path / "run",
        "cache": tmp_path / "cache",
        "held_out": 0.2,
        "optimizer.warmup_steps": 1,
        "train.steps": 2,
        "train.sequence_pieces": 32,
        "train.batch_sequences": 2,
        "train.micro_sequences": 1,
    }
    overrides = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    ran = khabar("pretrain", "pretrain", *overrides)
    assert ran.code == 0, ran.err
    assert "articles held out" in ran.text


# The command line itself


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
