"""The embedded corpus: annotated Arabic news of the project's own, shipped with the package.

Leaves: the documents of its three parts, as records or as a ``datasets.DatasetDict``, and the
paths of its files. What it holds and how it was made: ``data/corpus/README.md``. The library
``datasets`` is loaded on first use.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from khabar.data.errors import ConfigError
from khabar.data.inline import read_inline
from khabar.data.records import Document
from khabar.data.rejected import StrictRejected

if TYPE_CHECKING:
    from datasets import DatasetDict

SPLITS = ("train", "dev", "test")
"""The parts of the corpus, by article."""
PREFIX = "bundled:"
"""Before the name of a part, where a path is wanted: ``bundled:train``."""


class Corpus(msgspec.Struct, frozen=True):
    """Documents in three parts that share no article and no invented person."""

    train: tuple[Document, ...]
    dev: tuple[Document, ...]
    test: tuple[Document, ...]

    def to_datasets(self) -> DatasetDict:
        """Return the parts as datasets, one document a row, with the fields that JSON has."""
        from datasets import Dataset, DatasetDict

        return DatasetDict(
            {name: Dataset.from_list([d.to_dict() for d in getattr(self, name)]) for name in SPLITS}
        )


def load_corpus() -> Corpus:
    """Return the embedded corpus."""
    return Corpus(*(_read(corpus_path(f"{PREFIX}{name}")) for name in SPLITS))


def corpus_path(path: str) -> Path:
    """Return the file that a path names: a part of the embedded corpus, or the path as it is.

    Args:
        path: ``bundled:train``, ``bundled:dev``, ``bundled:test``, or any other path.

    Raises:
        ConfigError: the embedded corpus has no such part.
    """
    if not path.startswith(PREFIX):
        return Path(path)
    name = path.removeprefix(PREFIX)
    if name not in SPLITS:
        raise ConfigError(
            f"the embedded corpus has no part {name!r}; write {PREFIX} and one of "
            f"{', '.join(SPLITS)}"
        )
    with as_file(files("khabar.data") / "corpus" / f"{name}.inline") as file:
        return file


def _read(path: Path) -> tuple[Document, ...]:
    return tuple(read_inline(path, StrictRejected()))
