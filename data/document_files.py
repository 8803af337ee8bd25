"""Files of one document each: a folder of them, named by the documents' ids, or a single one.

Enters: documents and how each becomes bytes, or a path. Leaves: files, or their ids and paths.
Characters that no file's name can hold are written ``%2F``, as in a URL. Knows no format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

import msgspec

from khabar.data.atomic import write_folder_atomically
from khabar.data.errors import FormatError
from khabar.data.files import encode_text, write_chunks
from khabar.data.records import Document


class NameRule(msgspec.Struct, frozen=True):
    """How an id names what is written of its document."""

    files: str = "its file"
    """What it names, for errors."""
    unsafe: re.Pattern[str] = re.compile(r'[%/\\:*?"<>|\x00-\x1f\x7f]|^\.|[. ]$')
    """Characters that are escaped."""
    longest: int = 240
    """Bytes of a name; file systems take 255 with what is appended."""


class FileKind(msgspec.Struct, frozen=True):
    """How a document becomes a file."""

    suffix: str
    encode: Callable[[Document], bytes]
    """Raises FormatError for a document that the format cannot hold."""
    beside: Mapping[str, bytes] = {}
    """Files that lie beside the documents', by name."""


def document_paths(path: Path, suffix: str) -> list[tuple[str, Path]]:
    """Return the ids and paths of a folder's documents, subfolders included, or of the one file.

    Raises:
        FormatError: the path is of another suffix, or a folder without such a file.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob(f"*{suffix}") if file.is_file())
        if not files:
            raise FormatError(f"{path}: the folder holds no file {suffix}")
        return [(document_id(file.relative_to(path).as_posix()), file) for file in files]
    if path.suffix != suffix:
        raise FormatError(f"{path}: is no folder and no file {suffix}")
    return [(document_id(path.name), path)]


def document_id(name: str) -> str:
    """Return the id of the document that a file's name, or path in a folder, names."""
    return unquote(name.rpartition(".")[0])


def write_document_files(path: Path, documents: Iterable[Document], kind: FileKind) -> None:
    """Write a new folder of files or, where the path has the suffix, the one file, atomically.

    Raises:
        FormatError: the folder is there and not empty, a file is to hold several documents or lies
            beside those of others, an id cannot name a file, two are equal, or the format cannot
            hold a document.
    """
    if path.suffix == kind.suffix:
        only = only_document(path, documents, holder=f"a file {path.suffix}")
        encoded = _encoded(only, kind)
        _check_beside(path.parent, kind)
        write_chunks(path, [encoded])
        _write_beside(path.parent, kind)
        return
    write_new_folder(path, lambda folder: _write_folder(folder, documents, kind))


def write_new_folder(path: Path, write: Callable[[Path], None]) -> None:
    """Write a folder atomically where none is, or an empty one. Raises: FormatError."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FormatError(f"{path}: is there already; name a new folder")
    write_folder_atomically(path, write)


def only_document(path: Path, documents: Iterable[Document], *, holder: str) -> Document:
    """Return the one document; ``holder`` says what holds no other. Raises: FormatError."""
    found = list(islice(documents, 2))
    if len(found) != 1:
        count = "several documents" if found else "no document"
        raise FormatError(f"{path}: {holder} holds one document, not {count}; name a folder")
    return found[0]


def named_documents(
    documents: Iterable[Document], rule: NameRule
) -> Iterator[tuple[str, Document]]:
    """Yield documents with the names that their ids give their files.

    Raises:
        FormatError: an id cannot name a file, or two are equal.
    """
    names: set[str] = set()
    for document in documents:
        name = _file_name(document, rule)
        if name in names:
            raise FormatError(f"two documents have the id {document.id!r}; give each its own")
        names.add(name)
        yield name, document


def _write_folder(folder: Path, documents: Iterable[Document], kind: FileKind) -> None:
    for name, document in named_documents(documents, NameRule()):
        (folder / f"{name}{kind.suffix}").write_bytes(_encoded(document, kind))
    _write_beside(folder, kind)


def _check_beside(folder: Path, kind: FileKind) -> None:
    for name, content in kind.beside.items():
        if (folder / name).exists() and (folder / name).read_bytes() != content:
            raise FormatError(f"{folder / name}: belongs to other files; name another folder")


def _write_beside(folder: Path, kind: FileKind) -> None:
    for name, content in kind.beside.items():
        write_chunks(folder / name, [content])


def _encoded(document: Document, kind: FileKind) -> bytes:
    try:
        return kind.encode(document)
    except FormatError as error:
        raise FormatError(f"document {document.id!r}: {error}") from error


def _file_name(document: Document, rule: NameRule) -> str:
    name = rule.unsafe.sub(lambda match: f"%{ord(match[0]):02X}", document.id)
    length = len(encode_text(name, origin=f"the id {document.id!r}"))
    if not 0 < length <= rule.longest:
        raise FormatError(
            f"the id {document.id!r} of a document names {rule.files}, and has {length} bytes; "
            f"give one of 1 to {rule.longest}"
        )
    return name
