from pathlib import Path

from khabar.data.plain import read_plain
from khabar.data.records import Document
from khabar.data.rejected import Rejected, StrictRejected

TEXT = "\n عاجل\r\nنص\u2028\x85\0\ufeff\t\n\n"


def test_the_text_is_unchanged_to_the_letter(tmp_path: Path):
    path = tmp_path / "news.1.txt"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert list(read_plain(path, StrictRejected())) == [Document(id="news.1", text=TEXT)]


def test_an_empty_file_is_an_empty_article(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.touch()
    assert list(read_plain(path, StrictRejected())) == [Document(id="a", text="")]


def test_a_bad_byte_rejects_the_article_with_its_line(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes("خبر\nعاجل".encode("cp1256"))
    rejected = Rejected()
    assert list(read_plain(path, rejected)) == []
    (entry,) = rejected.entries
    assert entry.line == 1
    assert "at offset 0 is not utf-8" in entry.reason
    (document,) = read_plain(path, StrictRejected(), encoding="cp1256")
    assert document.text == "خبر\nعاجل"
