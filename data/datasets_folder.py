"""Datasets on disk: the folders that ``save_to_disk`` of Hugging Face's ``datasets`` makes.

Enters: the folder of a ``Dataset``, a split of a ``DatasetDict`` being such a folder inside, with
the columns of ``articles.py``. Leaves: such a folder, with the columns of ``Document``; ``meta`` is
a list of ``{key, value}``, as Arrow has no place in a dataset for a map. Rows stay on disk while
they are read and written. ``datasets`` loads on first use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from khabar.data.articles import document_from_fields
from khabar.data.atomic import write_folder_atomically
from khabar.data.errors import FormatError
from khabar.data.parquet import write_parquet
from khabar.data.records import Document
from khabar.data.rejected import Rejected

if TYPE_CHECKING:
    from datasets import Dataset

_META = "meta"


def read_datasets_folder(path: Path, rejected: Rejected) -> Iterator[Document]:
    """Every row becomes a document or an entry of ``rejected``, its line being the row's number.

    An article without an id is named by the folder and the row, ``<name>-<row>``, counted from 1.

    Raises:
        FormatError: no such folder, one with several splits, or no column ``text``.
    """
    dataset = _load(path)
    if "text" not in dataset.column_names:
        raise FormatError(f"{path}: has no column `text`; rename the one with the articles")
    for number, row in enumerate(dataset, start=1):
        try:
            document = document_from_fields(_fields(row), default_id=f"{path.name}-{number}")
        except (FormatError, msgspec.MsgspecError) as error:
            rejected.add(path, number, str(error))
        else:
            yield document


def write_datasets_folder(path: Path, documents: Iterable[Document]) -> None:
    """Write a new folder with one document a row, atomically.

    Raises:
        FormatError: the folder is there and not empty, or a document holds a lone surrogate.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise FormatError(f"{path}: is there already; name a new folder")
    write_folder_atomically(path, lambda folder: _save(folder, documents))


def _load(path: Path) -> Dataset:
    from datasets import DatasetDict, load_from_disk

    try:
        loaded = load_from_disk(str(path))
    except (OSError, ValueError, KeyError, IndexError) as error:  # all of other folders' errors
        raise FormatError(f"{path}: is no dataset, or a damaged one: {error}") from error
    if not isinstance(loaded, DatasetDict):
        return loaded
    if len(loaded) != 1:
        names = ", ".join(str(path / name) for name in loaded)
        raise FormatError(f"{path}: holds {len(loaded)} splits; name one of {names}")
    return next(iter(loaded.values()))


def _fields(row: dict[str, object]) -> dict[str, object]:
    """Return a row with ``meta`` as a mapping, where pairs or a struct stand for one.

    A struct has every key of all rows; those without a value are absent.
    """
    meta = row.get(_META)
    if isinstance(meta, list):
        return {**row, _META: {pair["key"]: pair["value"] for pair in meta}}
    if isinstance(meta, dict):
        return {**row, _META: {key: value for key, value in meta.items() if value is not None}}
    return row


def _save(folder: Path, documents: Iterable[Document]) -> None:
    from datasets import Dataset

    with TemporaryDirectory(dir=folder.parent) as name:
        scratch = Path(name)
        write_parquet(scratch / "rows.parquet", documents)
        _to_stream(scratch / "rows.parquet", scratch / "rows.arrow")
        dataset = Dataset.from_file(str(scratch / "rows.arrow"))
        # Without rows datasets 5.2 writes no shard, and then cannot load the folder.
        dataset.save_to_disk(str(folder), num_shards=None if len(dataset) else 1)


def _to_stream(parquet: Path, stream: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    pairs = pa.list_(pa.struct({"key": pa.string(), "value": pa.string()}))
    with pyarrow.parquet.ParquetFile(parquet) as file:
        schema = file.schema_arrow
        schema = schema.set(schema.get_field_index(_META), pa.field(_META, pairs))
        with pa.ipc.new_stream(stream, schema) as writer:
            for batch in file.iter_batches():
                writer.write_batch(batch.cast(schema))
