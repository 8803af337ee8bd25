import gzip
import lzma
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import FormatError
from khabar.data.files import (
    Line,
    encode_text,
    file_stem,
    has_byte_order_mark,
    read_lines,
    write_chunks,
)

TEXT = "الأول\n\nالثالث بلا نهاية"
SUFFIXES = ["", ".gz", ".xz", ".zst"]


def decoded(path: Path, encoding: str = "utf-8") -> list[str]:
    return [line.decode() for line in read_lines(path, encoding)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lines_come_back_through_every_compression(suffix: str, tmp_path: Path):
    path = tmp_path / f"a.txt{suffix}"
    write_chunks(path, [TEXT.encode()[:5], TEXT.encode()[5:]])
    assert decoded(path) == ["الأول\n", "\n", "الثالث بلا نهاية"]
    assert [line.number for line in read_lines(path)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [(".gz", gzip.compress), (".xz", lzma.compress), (".zst", zstandard.compress)],
)
def test_what_other_programs_compressed_is_read_in_several_members(suffix, compress, tmp_path):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(compress("أ\n".encode()) + compress("ب\n".encode()))
    assert decoded(path) == ["أ\n", "ب\n"]


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
@pytest.mark.parametrize("kept", [0.5, 0.99])
def test_a_compressed_file_that_is_cut_short_is_an_error(suffix: str, kept: float, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    write_chunks(path, (f"{number} خبر\n".encode() for number in range(20_000)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(FormatError, match=rf"a{suffix}: is damaged, cut short or no {suffix} file"):
        list(read_lines(path))


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".zst"])
def test_a_file_that_is_not_compressed_as_its_suffix_says_is_an_error(suffix, tmp_path: Path):
    path = tmp_path / f"a{suffix}"
    path.write_text(TEXT, encoding="utf-8")
    with pytest.raises(FormatError, match="is damaged"):
        list(read_lines(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_content_gives_equal_files(suffix: str, tmp_path: Path):
    for name in ("a", "b"):
        write_chunks(tmp_path / f"{name}{suffix}", [b"x"])
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_a_missing_file_and_a_folder_are_errors_that_name_them(tmp_path: Path):
    with pytest.raises(FormatError, match=r"none\.txt: cannot be read: No such file"):
        list(read_lines(tmp_path / "none.txt"))
    with pytest.raises(FormatError, match="cannot be read: Is a directory"):
        list(read_lines(tmp_path))


def test_a_bad_byte_costs_one_line_and_is_named_with_its_place(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes("سطر\n".encode() + b"ab\xc7\n" + "سطر\n".encode())
    first, second, third = read_lines(path)
    assert first.decode() == third.decode() == "سطر\n"
    with pytest.raises(FormatError, match=r"^byte 0xc7 at offset 9 is not utf-8; .*cp1256"):
        second.decode()


def test_a_byte_order_mark_is_no_text_but_counts_in_offsets(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfa\xff")
    assert has_byte_order_mark(path)
    (line,) = read_lines(path)
    with pytest.raises(FormatError, match="byte 0xff at offset 4 "):
        line.decode()
    path.write_bytes(b"\xef\xbb\xbfa\n\xef\xbb\xbfb")
    assert decoded(path) == ["a\n", "\ufeffb"]


@pytest.mark.parametrize("encoding", ["cp1256", "iso-8859-6", "utf-16", "utf-16-le", "utf-32"])
def test_old_encodings_are_read_by_name(encoding: str, tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes("خبر\r\nعاجل\n".encode(encoding))
    assert decoded(path, encoding) == ["خبر\r\n", "عاجل\n"]


def test_a_bad_byte_of_a_wide_encoding_is_named_when_decoded(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes("خبر".encode("utf-16") + b"\x00")
    (line,) = read_lines(path, "utf-16")
    with pytest.raises(FormatError, match="at offset 8 is not utf-16"):
        line.decode()


@pytest.mark.parametrize("encoding", ["arabic-windows", "base64"])
def test_an_unknown_encoding_is_an_error_before_anything_is_read(encoding: str, tmp_path: Path):
    with pytest.raises(FormatError, match=f"no text encoding is named '{encoding}'.*cp1256"):
        list(read_lines(tmp_path / "none.txt", encoding))


@given(st.lists(st.binary(max_size=4), max_size=6))
def test_lines_are_the_file_cut_after_each_line_feed(tmp_path_factory, chunks: list[bytes]):
    path = tmp_path_factory.getbasetemp() / "lines"
    raw = b"".join([b"x", *chunks])
    path.write_bytes(raw)
    expected = [part + b"\n" for part in raw.split(b"\n")]
    expected[-1] = expected[-1][:-1]
    lines: list[Line] = list(read_lines(path))
    assert [line.raw for line in lines] == [part for part in expected if part]
    assert all(raw[line.offset :].startswith(line.raw) for line in lines)


def test_a_lone_surrogate_cannot_be_written_and_is_named():
    with pytest.raises(FormatError, match=r"document 'x': holds the lone surrogate U\+D812"):
        encode_text("ab\ud812", origin="document 'x'")


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.txt", "a"), ("a.b.jsonl.gz", "a.b"), ("a.zst", "a"), ("a", "a"), ("a.conll.xz", "a")],
)
def test_a_stem_is_the_name_without_compression_and_format(name: str, stem: str):
    assert file_stem(Path("folder") / name) == stem
