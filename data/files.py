"""Files: lines from plain or compressed files, and the way back.

Enters: a path; its suffix ``.gz``, ``.xz`` or ``.zst`` says whether and how it is compressed.
Leaves: lines that decode on demand, so that one bad byte costs one line. A line ends at a line feed
alone: U+2028, U+0085 and a lone carriage return are text. Knows no format and no record.
"""

from __future__ import annotations

import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec
import zstandard

from khabar.data.atomic import write_atomically
from khabar.data.errors import FormatError

_COMPRESSIONS = (".gz", ".xz", ".zst")
_CHUNK_BYTES = 1 << 16


class Line(msgspec.Struct, frozen=True):
    """A line as its bytes, line end included."""

    number: int
    """Counted from 1."""
    offset: int
    """Bytes of the (uncompressed) file before it."""
    raw: bytes
    encoding: str

    def decode(self) -> str:
        """Return the line's text. Raises: FormatError without path and line, for the caller."""
        try:
            return self.raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise FormatError(
                f"byte 0x{self.raw[error.start]:02x} at offset {self.offset + error.start} is not "
                f"{self.encoding}; if the file has another encoding, name it, for many old "
                f"archives --encoding cp1256"
            ) from error


def read_lines(path: Path, encoding: str = "utf-8") -> Iterator[Line]:
    """Yield the lines of a file; a byte order mark at its start is left out.

    Raises:
        FormatError: the file is missing or not compressed as its suffix says, or the encoding is
            unknown. A bad byte raises when its line is decoded.
    """
    if _newline(encoding) != b"\n":
        yield from _lines_of_wide_text(b"".join(_read_chunks(path)), encoding)
        return
    offset = 0
    for number, raw in enumerate(_split_lines(_read_chunks(path)), start=1):
        mark = _mark_length(raw, encoding) if number == 1 else 0
        yield Line(number, offset + mark, raw[mark:], encoding)
        offset += len(raw)


def has_byte_order_mark(path: Path) -> bool:
    """Whether a file starts with the UTF-8 byte order mark. Raises: FormatError."""
    return next(_split_lines(_read_chunks(path)), b"").startswith(codecs.BOM_UTF8)


def write_chunks(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file atomically, compressed as its suffix says; equal chunks give equal files."""

    def write(partial: Path) -> None:
        with partial.open("wb") as file, _compressor(file, path.suffix) as stream:
            for chunk in chunks:
                stream.write(chunk)

    write_atomically(path, write)


def encode_text(text: str, *, origin: str) -> bytes:
    """Return ``text`` in UTF-8; ``origin`` names it in the error. Raises: FormatError."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise lone_surrogate(error, origin=origin) from error


def lone_surrogate(error: UnicodeEncodeError, *, origin: str) -> FormatError:
    """Return the error to raise for text that UTF-8 cannot encode; ``origin`` names the text."""
    return FormatError(
        f"{origin}: holds the lone surrogate U+{ord(error.object[error.start]):04X}, which no file "
        f"can carry; replace it, for instance by U+FFFD"
    )


def file_stem(path: Path) -> str:
    """Return a file's name without its compression's and its format's suffix."""
    return bare_path(path).stem


def bare_path(path: Path) -> Path:
    """Return the path without the suffix of a compression, so that its suffix is its format's."""
    return path.with_suffix("") if path.suffix in _COMPRESSIONS else path


def check_encoding(encoding: str) -> None:
    """Raise FormatError where no text encoding has this name."""
    _newline(encoding)


def _newline(encoding: str) -> bytes:
    try:
        return "\n".encode(encoding)
    except LookupError as error:
        raise FormatError(
            f"no text encoding is named {encoding!r}; give one that Python knows, such as utf-8 or "
            f"cp1256"
        ) from error


def _lines_of_wide_text(raw: bytes, encoding: str) -> Iterator[Line]:
    # UTF-16 and its like cannot be cut into lines before they are decoded.
    try:
        text = raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        yield Line(1, 0, raw, encoding)
        return
    for number, line in enumerate(_split_lines(iter([text.encode()])), start=1):
        yield Line(number, 0, line, "utf-8")


def _mark_length(raw: bytes, encoding: str) -> int:
    is_utf8 = codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}
    return len(codecs.BOM_UTF8) if is_utf8 and raw.startswith(codecs.BOM_UTF8) else 0


def _split_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    parts: list[bytes] = []
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for line in ended:
            yield b"".join([*parts, line, b"\n"])
            parts.clear()
        parts.append(rest)
    if last := b"".join(parts):
        yield last


def _read_chunks(path: Path) -> Iterator[bytes]:
    try:
        yield from _decompressed(path)
    except (EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError, gzip.BadGzipFile) as error:
        raise FormatError(
            f"{path}: is damaged, cut short or no {path.suffix} file: {error}"
        ) from error
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error


def _decompressed(path: Path) -> Iterator[bytes]:
    if path.suffix == ".zst":
        yield from _zst_chunks(path)
        return
    with path.open("rb") as file, _decompressor(file, path.suffix) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _decompressor(file: IO[bytes], suffix: str) -> IO[bytes] | gzip.GzipFile | lzma.LZMAFile:
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=file, mode="rb")
    if suffix == ".xz":
        return lzma.LZMAFile(file)
    return file


def _zst_chunks(path: Path) -> Iterator[bytes]:
    # Not zstandard's own reader: of a file that is cut short it gives the part in silence (0.25).
    frame = None
    with path.open("rb") as file:
        while compressed := file.read(_CHUNK_BYTES):
            while compressed:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(compressed)
                compressed = frame.unused_data
                frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("the last frame has no end")


@contextmanager
def _compressor(
    file: IO[bytes], suffix: str
) -> Iterator[IO[bytes] | gzip.GzipFile | lzma.LZMAFile | zstandard.ZstdCompressionWriter]:
    if suffix == ".gz":  # no name and no time, else equal content would give different files
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as gz:
            yield gz
    elif suffix == ".xz":
        with lzma.LZMAFile(file, "wb") as xz:
            yield xz
    elif suffix == ".zst":
        with zstandard.ZstdCompressor().stream_writer(file, closefd=False) as zst:
            yield zst
    else:
        yield file
