"""``khabar extract`` as a user gives it. Everything is real; the model is tiny and untrained."""

from __future__ import annotations

import io
import os
import pty
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from tests.chromium import Dom
from tests.front.conftest import TEXT, Khabar, Ran


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def records(ran: Ran) -> list[Document]:
    return [msgspec.json.decode(line, type=Document) for line in ran.out.splitlines()]


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
