"""Formats by name, by suffix and by look: the one place that knows all readers and writers.

Enters: a path and, where neither its name nor its content says it, the name of its format. Leaves:
documents. A new format is one entry of ``REGISTRY``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from khabar.data.brat import missing_from_brat, read_brat, write_brat
from khabar.data.columns import line_kind, parse_token_line
from khabar.data.conll import missing_from_conll, read_conll, write_conll
from khabar.data.datasets_folder import read_datasets_folder, write_datasets_folder
from khabar.data.doccano import is_doccano, missing_from_doccano, read_doccano, write_doccano
from khabar.data.dygie import is_dygie, missing_from_dygie, read_dygie, write_dygie
from khabar.data.errors import FormatError
from khabar.data.files import bare_path, read_lines
from khabar.data.inline import read_inline, write_inline
from khabar.data.json_objects import read_elements
from khabar.data.jsonl import Fields, decode_fields, read_jsonl, write_jsonl
from khabar.data.label_studio import (
    is_label_studio,
    missing_from_label_studio,
    read_label_studio,
    write_label_studio,
)
from khabar.data.left_out import LeftOut, Misses, nothing
from khabar.data.offsets import Offsets
from khabar.data.parquet import read_parquet, write_parquet
from khabar.data.plain import read_plain
from khabar.data.records import Document
from khabar.data.rejected import Rejected, StrictRejected
from khabar.data.spacy_docbin import read_docbin, write_docbin
from khabar.data.spert import is_spert, missing_from_spert, read_spert, write_spert
from khabar.data.token_csv import missing_from_token_csv, read_token_csv, write_token_csv
from khabar.data.webanno import is_webanno, missing_from_webanno, read_webanno, write_webanno
from khabar.data.wojood_relations import (
    is_wojood_relations,
    missing_from_wojood_relations,
    read_wojood_relations,
    write_wojood_relations,
)
from khabar.data.xmi import missing_from_xmi, read_xmi, write_xmi


class Read(Protocol):
    """Reads a file, or the folder of a format of folders."""

    def __call__(self, path: Path, rejected: Rejected, *, encoding: str) -> Iterator[Document]:
        """Yield documents, and add what cannot be read to ``rejected``."""


Write: TypeAlias = Callable[[Path, Iterable[Document]], None]
"""Writes a file or a folder, atomically."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """What the package knows of a format."""

    name: str
    read: Read
    write: Write | None = None
    """None where a format holds no annotation."""
    suffixes: tuple[str, ...] = ()
    """Of its files; a suffix that several formats have says the format with the content."""
    folder_files: tuple[str, ...] = ()
    """Patterns; a folder that holds a file of such a name is in this format, as a whole."""
    recognizes: Callable[[Fields], bool] | None = None
    """Whether a JSON object, of an array or on a line, is of this format, by its keys."""
    misses: Misses = nothing
    """Counts what the format has no place for in a document."""


def _with_own_encoding(read: Callable[[Path, Rejected], Iterator[Document]]) -> Read:
    def read_whatever(path: Path, rejected: Rejected, *, encoding: str) -> Iterator[Document]:
        del encoding
        return read(path, rejected)

    return read_whatever


REGISTRY = (
    Format(name="jsonl", read=read_jsonl, write=write_jsonl, suffixes=(".jsonl", ".ndjson")),
    Format(
        name="conll",
        read=read_conll,
        write=write_conll,
        suffixes=(".conll", ".bio", ".iob2"),
        misses=missing_from_conll,
    ),
    Format(name="inline", read=read_inline, write=write_inline, suffixes=(".inline",)),
    Format(
        name="parquet",
        read=_with_own_encoding(read_parquet),
        write=write_parquet,
        suffixes=(".parquet",),
    ),
    Format(name="plain", read=read_plain, suffixes=(".txt",)),
    Format(
        name="brat",
        read=read_brat,
        write=write_brat,
        suffixes=(".ann",),
        folder_files=("*.ann",),
        misses=missing_from_brat,
    ),
    Format(
        name="label-studio",
        read=read_label_studio,
        write=write_label_studio,
        suffixes=(".json",),
        recognizes=is_label_studio,
        misses=missing_from_label_studio,
    ),
    Format(
        name="doccano",
        read=read_doccano,
        write=write_doccano,
        recognizes=is_doccano,
        misses=missing_from_doccano,
    ),
    Format(
        name="spert",
        read=read_spert,
        write=write_spert,
        suffixes=(".json",),
        recognizes=is_spert,
        misses=missing_from_spert,
    ),
    Format(
        name="dygie",
        read=read_dygie,
        write=write_dygie,
        recognizes=is_dygie,
        misses=missing_from_dygie,
    ),
    Format(
        name="spacy",
        read=_with_own_encoding(read_docbin),
        write=write_docbin,
        suffixes=(".spacy",),
    ),
    Format(
        name="xmi",
        read=_with_own_encoding(read_xmi),
        write=write_xmi,
        suffixes=(".xmi",),
        folder_files=("TypeSystem.xml",),
        misses=missing_from_xmi,
    ),
    Format(
        name="webanno",
        read=read_webanno,
        write=write_webanno,
        suffixes=(".tsv",),
        misses=missing_from_webanno,
    ),
    Format(
        name="datasets",
        read=_with_own_encoding(read_datasets_folder),
        write=write_datasets_folder,
        folder_files=("dataset_info.json", "dataset_dict.json"),
    ),
    Format(
        name="wojood-relations",
        read=read_wojood_relations,
        write=write_wojood_relations,
        recognizes=is_wojood_relations,
        misses=missing_from_wojood_relations,
    ),
    Format(
        name="token-csv",
        read=read_token_csv,
        write=write_token_csv,
        misses=missing_from_token_csv,
    ),
)
"""All formats. The first that has a suffix is the one that the suffix says."""

FORMATS = tuple(format.name for format in REGISTRY)
"""The names of the formats; plain text is read only."""

SUFFIXES = {
    suffix: tuple(format.name for format in REGISTRY if suffix in format.suffixes)
    for suffix in dict.fromkeys(suffix for format in REGISTRY for suffix in format.suffixes)
}
"""What a file's suffix says about its format: one, or several that have it."""

_BY_NAME = {format.name: format for format in REGISTRY}
_JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
_NEVER_COMPRESSED = {
    "parquet": "Parquet is compressed inside the file",
    "spacy": "a DocBin is compressed inside the file",
    "xmi": "XMI is read and written as it is",
    "webanno": "WebAnno's tables are read and written as they are",
    "datasets": "a dataset is a folder",
}
_SNIFFED_LINES = 20


def read_documents(
    path: Path,
    *,
    format: str | None = None,
    encoding: str = "utf-8",
    rejected: Rejected | None = None,
) -> Iterator[Document]:
    """Read the documents of a file, or of a folder in a format of folders, one at a time.

    Args:
        path: the file; ``.gz``, ``.xz`` and ``.zst`` are decompressed.
        format: one of ``FORMATS``; None goes by the suffix, for JSON by the keys as well, and for
            ``.txt`` by the first lines: if each is a token with BIO labels, the file is in columns,
            else it is plain.
        encoding: of the file; Parquet has its own.
        rejected: takes the articles that cannot be read; None raises at the first.

    Raises:
        FormatError: the format or the encoding is unknown, the file cannot be read, or an article
            cannot and ``rejected`` is None.
    """
    ledger = StrictRejected() if rejected is None else rejected
    name = format_by_look(path, format, encoding)
    return _BY_NAME[name].read(path, ledger, encoding=encoding)


def format_by_look(path: Path, format: str | None = None, encoding: str = "utf-8") -> str:
    """Return the format in which ``read_documents`` reads a file. Raises: FormatError."""
    name = format_of(path, format)
    if format is None and name == "plain" and _looks_like_columns(path, encoding):
        return "conll"
    if format is None and bare_path(path).suffix in _JSON_SUFFIXES:
        return _name_by_keys(path, encoding) or _only_name(path, None)
    return name


def corpus_files(path: Path) -> list[Path]:
    """Return the files of a corpus: of a folder, all those whose suffix names a format, sorted.

    A folder in a format of folders is one, and so is such a folder inside.

    Raises:
        FormatError: a folder without such a file.
    """
    if not path.is_dir() or _folder_format(path):
        return [path]
    found = sorted(_parts(path))
    if not found:
        raise FormatError(f"{path}: the folder holds no file of {', '.join(SUFFIXES)}")
    return found


def write_documents(
    path: Path,
    documents: Iterable[Document],
    *,
    format: str | None = None,
    offsets: Offsets = "code-points",
) -> LeftOut:
    """Write documents to a file, atomically, in UTF-8, compressed as its suffix says.

    Args:
        path: the file, or the folder in a format of folders.
        documents: what to write.
        format: one of ``FORMATS`` but ``plain``; None goes by the suffix.
        offsets: what offsets count; only JSON lines can count UTF-16 code units.

    Returns:
        What the format has no place for and is left out; as text it is one sentence.

    Raises:
        FormatError: the format is unknown or cannot hold a document.
    """
    name = _only_name(path, format)
    chosen = _BY_NAME[name]
    if chosen.write is None:
        writable = ", ".join(format.name for format in REGISTRY if format.write)
        raise FormatError(f"{path}: plain text holds no annotation; write {writable} instead")
    left_out = LeftOut(name)
    watched = left_out.watch(documents, chosen.misses)
    if offsets == "code-points":
        chosen.write(path, watched)
    elif name == "jsonl":
        write_jsonl(path, watched, offsets=offsets)
    else:
        raise FormatError(
            f"{path}: {name} says itself what its offsets count; only jsonl counts {offsets}"
        )
    return left_out


def format_of(path: Path, format: str | None = None) -> str:
    """Return the format of a file, from its name alone, or of a folder, from its files' names.

    Of a suffix that several formats have it is the first.

    Raises:
        FormatError: the format is unknown, or none is named and the suffix says none.
    """
    known = ", ".join(FORMATS)
    bare = bare_path(path)
    suffix = bare.suffix
    for name in (format, *SUFFIXES.get(suffix, ())):
        if path != bare and name in _NEVER_COMPRESSED:
            raise FormatError(f"{path}: {_NEVER_COMPRESSED[name]}; name it {bare.name}")
    if format is not None:
        if format not in FORMATS:
            raise FormatError(f"no format is named {format!r}; give one of {known}")
        return format
    if path.is_dir() and (name := _folder_format(path)):
        return name
    if suffix not in SUFFIXES:
        raise FormatError(
            f"{path}: the suffix {suffix!r} says no format; name it with --format, one of {known}"
        )
    return SUFFIXES[suffix][0]


def _only_name(path: Path, format: str | None) -> str:
    name = format_of(path, format)
    suffix = bare_path(path).suffix
    names = SUFFIXES.get(suffix, ())
    if format is None and len(names) > 1:
        raise FormatError(
            f"{path}: a {suffix} file is {' or '.join(names)}, and this one does not say which; "
            f"name the format"
        )
    return name


def _folder_format(path: Path) -> str | None:
    found = (
        format.name
        for format in REGISTRY
        if any(next(path.glob(pattern), None) for pattern in format.folder_files)
    )
    return next(found, None)


def _parts(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        suffix = bare_path(entry).suffix
        if entry.is_dir() and not _folder_format(entry):
            yield from _parts(entry)
        elif entry.is_dir() or (suffix in SUFFIXES and _is_corpus(entry, suffix)):
            yield entry


def _is_corpus(path: Path, suffix: str) -> bool:
    """Whether a file is what its suffix says: other programs have .json and .tsv of many kinds."""
    if not path.is_file():
        return False
    if suffix == ".tsv":
        return is_webanno(path)
    return suffix != ".json" or _name_by_keys(path, "utf-8") is not None


def _name_by_keys(path: Path, encoding: str) -> str | None:
    """Return the format whose keys one of the first JSON objects has."""
    try:
        for element in islice(read_elements(path, encoding=encoding), _SNIFFED_LINES):
            fields = decode_fields(element.text)
            for format in REGISTRY:
                if format.recognizes is not None and format.recognizes(fields):
                    return format.name
    except (FormatError, msgspec.MsgspecError):
        return None  # whoever reads the file says what is wrong
    return None


def _looks_like_columns(path: Path, encoding: str) -> bool:
    found = False
    for line in islice(read_lines(path, encoding), _SNIFFED_LINES):
        try:
            text = line.decode()
            if line_kind(text) == "token":
                parse_token_line(text)
                found = True
        except FormatError:
            return False
    return found
