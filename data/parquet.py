"""Parquet: one document or one raw article a row, read and written in batches of rows.

Enters: files with the columns of ``articles.py``: ``text``, and where given ``id``, ``title``,
``date``, ``entities``, ``relations``, ``meta`` and others. Leaves: the same, with the columns of
``Document``: entities and relations are lists of structs with the fields of the records, ``meta``
is a map of strings. pyarrow is loaded on first use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from khabar.data.articles import document_from_fields
from khabar.data.atomic import write_atomically
from khabar.data.errors import FormatError
from khabar.data.files import file_stem
from khabar.data.jsonl import encode_document
from khabar.data.records import Document
from khabar.data.rejected import Rejected

if TYPE_CHECKING:
    import pyarrow

_ROWS_PER_BATCH = 1_000

_Row: TypeAlias = dict[str, object] | FormatError
"""The fields of a row as Arrow gives them, or why it gives none."""


def read_parquet(path: Path, rejected: Rejected) -> Iterator[Document]:
    """Every row becomes a document or an entry of ``rejected``, its line being the row's number.

    An article without an id is named by the file and the row, ``<stem>-<row>``, counted from 1.

    Raises:
        FormatError: the file is missing, no Parquet file, or without a column ``text``.
    """
    stem = file_stem(path)
    for number, row in enumerate(_rows(path), start=1):
        try:
            document = document_from_fields(_plain_fields(row), default_id=f"{stem}-{number}")
        except (FormatError, msgspec.MsgspecError) as error:
            rejected.add(path, number, str(error))
        else:
            yield document


def write_parquet(path: Path, documents: Iterable[Document]) -> None:
    """Write one document a row, atomically.

    Raises:
        FormatError: a document holds a lone surrogate.
    """
    import pyarrow.parquet

    def write(partial: Path) -> None:
        schema = _schema()
        with pyarrow.parquet.ParquetWriter(partial, schema) as writer:
            for batch in _batches(documents):
                rows = [_row(document) for document in batch]
                writer.write_table(pyarrow.Table.from_pylist(rows, schema=schema))

    write_atomically(path, write)


def _rows(path: Path) -> Iterator[_Row]:
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            if "text" not in file.schema_arrow.names:
                raise FormatError(f"{path}: has no column `text`; rename the one with the articles")
            for batch in file.iter_batches(_ROWS_PER_BATCH):
                yield from _rows_of(batch)
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    except pyarrow.ArrowInvalid as error:
        raise FormatError(f"{path}: is damaged or no Parquet file: {error}") from error


def _rows_of(batch: pyarrow.RecordBatch) -> list[_Row]:
    try:
        return list(batch.to_pylist())
    except ValueError:  # somewhere in the batch: look at each row by itself
        return [_row_of(batch.slice(number, 1)) for number in range(batch.num_rows)]


def _row_of(batch: pyarrow.RecordBatch) -> _Row:
    try:
        return dict(batch.to_pylist()[0])
    except ValueError as error:  # text that is no UTF-8, a time that Python has no value for
        return FormatError(f"holds a value that cannot be read ({error}); write the row again")


def _plain_fields(row: _Row) -> dict[str, object]:
    """Return the fields of a row, or raise why it has none."""
    if isinstance(row, FormatError):
        raise row
    # Arrow gives a map as pairs, and every field of a struct, null or not.
    fields = dict(row)
    if isinstance(pairs := fields.get("meta"), list):
        fields["meta"] = dict(pairs)
    return fields


def _row(document: Document) -> dict[str, object]:
    encode_document(document)  # names the document, which pyarrow's error does not
    return {**document.to_dict(), "meta": list(document.meta.items())}


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    remaining = iter(documents)
    while batch := list(islice(remaining, _ROWS_PER_BATCH)):
        yield batch


def _schema() -> pyarrow.Schema:
    import pyarrow as pa

    entity = {
        "id": pa.string(),
        "type": pa.string(),
        "start": pa.int64(),
        "end": pa.int64(),
        "text": pa.string(),
        "score": pa.float64(),
        "cluster": pa.string(),
    }
    relation = {
        "id": pa.string(),
        "type": pa.string(),
        "head": pa.string(),
        "tail": pa.string(),
        "score": pa.float64(),
    }
    return pa.schema(
        {
            "id": pa.string(),
            "text": pa.large_string(),  # a batch of long articles may pass two gigabytes
            "entities": pa.list_(pa.struct(entity)),
            "relations": pa.list_(pa.struct(relation)),
            "meta": pa.map_(pa.string(), pa.string()),
        }
    )
