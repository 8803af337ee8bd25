"""Archives: files of many articles to shards of records; a run that was killed goes on.

Enters: files of articles, and something that predicts. Leaves, in one folder:

- ``part-00000.jsonl``, …: the records, in the order of the articles. The n-th article of all
  files, those that cannot be read included, belongs to shard n // ``shard_articles``. A shard is
  complete or absent, and is predicted by itself, so that it does not depend on the others.
- ``errors.jsonl``: an entry for each article that could not be read. It is written last: where
  it is, the run is complete.
- ``run.json``: what the run was begun with. It goes on with the same only, else shards of two runs
  would mix.

A run that goes on reads all input again, which costs little beside predicting, and predicts what is
absent. Knows no device.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from glob import glob
from pathlib import Path
from typing import Protocol

import msgspec

from khabar.data.atomic import write_atomically
from khabar.data.errors import ConfigError, FormatError
from khabar.data.files import check_encoding, write_chunks
from khabar.data.formats import format_of, read_documents
from khabar.data.jsonl import write_jsonl
from khabar.data.locks import only_writer
from khabar.data.records import Document
from khabar.data.rejected import Rejected, Rejection
from khabar.model.selection import Threshold

RUN, ERRORS = "run.json", "errors.jsonl"


class Predictor(Protocol):
    """What is needed of a model: ``Extractor`` has it."""

    def identity(self) -> str:
        """Return all that predictions depend on, as one line."""

    def documents(
        self,
        documents: Iterable[Document],
        *,
        batch_tokens: int | None = None,
        threshold: Threshold = None,
        types: Collection[str] | None = None,
    ) -> Iterator[Document]:
        """Yield every document with predicted entities and relations, in order."""


class ArchiveOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an archive is read and cut.

    Raises:
        ConfigError: a count below one.
        FormatError: no such encoding.
    """

    format: str | None = None
    """As for ``read_documents``."""
    encoding: str = "utf-8"
    shard_articles: int = 1_000
    """Articles of a shard; what a kill costs is at most the work on one."""
    batch_tokens: int | None = None
    """Most pieces in a batch; None: what suits the device."""
    threshold: float | dict[str, float] | None = None
    """Least score, of everything or by type; None: the model's own."""
    types: tuple[str, ...] | None = None
    """The types wanted, as for ``Extractor.documents``; None: all."""

    def __post_init__(self) -> None:
        check_encoding(self.encoding)
        batch_tokens = 1 if self.batch_tokens is None else self.batch_tokens
        if min(self.shard_articles, batch_tokens) < 1:
            raise ConfigError("articles of a shard and tokens of a batch must be at least 1")


class ArchiveCounts(msgspec.Struct, kw_only=True):
    """What became of an archive: ``articles == records + errors``."""

    articles: int = 0
    records: int = 0
    errors: int = 0
    """Articles that could not be read; a file that broke off counts as one."""
    broken_files: int = 0
    """Files of which an unknown number of articles could not be read."""
    shards: int = 0
    earlier_shards: int = 0
    """Those of them that an earlier run had done."""


class _Input(msgspec.Struct, frozen=True):
    path: str
    bytes: int


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    options: ArchiveOptions
    inputs: tuple[_Input, ...]


class _Shard(msgspec.Struct):
    documents: list[Document]
    rejections: list[Rejection]


def find_inputs(patterns: Sequence[str], output: Path) -> list[Path]:
    """Return the files that patterns name, each once, those of a pattern in order of their names.

    Args:
        patterns: paths, or patterns with ``*``, ``?``, ``[…]`` and ``**``.
        output: a folder whose files are no inputs.

    Raises:
        ConfigError: a pattern names no file.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        names = [pattern] if Path(pattern).is_file() else sorted(glob(pattern, recursive=True))
        paths = [path for path in map(Path, names) if path.is_file()]
        own = [path for path in paths if output.resolve() not in path.resolve().parents]
        if not own:
            raise ConfigError(f"--input {pattern}: names no file; correct the path or the pattern")
        found.update(dict.fromkeys(own))
    return list(found)


def predict_archive(
    predictor: Predictor,
    inputs: Sequence[Path],
    output: Path,
    options: ArchiveOptions,
    *,
    progress: Callable[[int], object] = lambda articles: None,
) -> ArchiveCounts:
    """Predict all articles of some files, or those that an earlier run did not get to.

    Args:
        predictor: an ``Extractor``.
        inputs: the files, in the order in which their articles are counted.
        output: the folder; one that a run with the same inputs, options and model began is
            completed.
        options: how to read and to cut.
        progress: called with the number of articles that were dealt with since the last call.

    Raises:
        ConfigError: the folder holds another run, or another process is writing to it.
        FormatError: a file of unknown format, or one that the disk or the network does not give.
    """
    for path in inputs:
        format_of(path, options.format)
    with only_writer(output):
        _claim(output, _manifest(predictor, inputs, options))
        return _complete(predictor, inputs, output, options, progress)


def _complete(
    predictor: Predictor,
    inputs: Sequence[Path],
    output: Path,
    options: ArchiveOptions,
    progress: Callable[[int], object],
) -> ArchiveCounts:
    counts = ArchiveCounts()

    def write(partial: Path) -> None:
        with partial.open("wb") as errors:
            shards = _shards(_articles(inputs, options), options.shard_articles)
            for number, shard in enumerate(shards):
                errors.writelines(msgspec.json.encode(entry) + b"\n" for entry in shard.rejections)
                progress(len(shard.rejections))
                path = output / f"part-{number:05d}.jsonl"
                _count(counts, shard, done=path.exists())
                if path.exists():
                    progress(len(shard.documents))
                else:
                    found = predictor.documents(
                        shard.documents,
                        batch_tokens=options.batch_tokens,
                        threshold=options.threshold,
                        types=options.types,
                    )
                    write_jsonl(path, _watched(found, progress))

    # Written anew by every run, from its reading: nothing is lost or doubled by a kill.
    write_atomically(output / ERRORS, write)
    return counts


def _articles(inputs: Sequence[Path], options: ArchiveOptions) -> Iterator[Document | Rejection]:
    """Yield all articles of all files, each as what it was read as."""
    for path in inputs:
        rejected = Rejected()
        for document in _documents(path, options, rejected):
            yield from rejected.entries
            rejected.entries.clear()
            yield document
        yield from rejected.entries


def _documents(path: Path, options: ArchiveOptions, rejected: Rejected) -> Iterator[Document]:
    """Yield what can be read of a file; what breaks off is one rejection, without a line."""
    try:
        yield from read_documents(
            path, format=options.format, encoding=options.encoding, rejected=rejected
        )
    except FormatError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno is not None:
            raise  # not the file's fault: another run may count its articles
        rejected.add(path, None, str(error).removeprefix(f"{path}: "))


def _shards(articles: Iterable[Document | Rejection], size: int) -> Iterator[_Shard]:
    shard = _Shard([], [])
    for article in articles:
        if isinstance(article, Document):
            shard.documents.append(article)
        else:
            shard.rejections.append(article)
        if len(shard.documents) + len(shard.rejections) == size:
            yield shard
            shard = _Shard([], [])
    if shard.documents or shard.rejections:
        yield shard


def _count(counts: ArchiveCounts, shard: _Shard, *, done: bool) -> None:
    counts.articles += len(shard.documents) + len(shard.rejections)
    counts.records += len(shard.documents)
    counts.errors += len(shard.rejections)
    counts.broken_files += sum(entry.line is None for entry in shard.rejections)
    counts.shards += 1
    counts.earlier_shards += done


def _watched(
    documents: Iterator[Document], progress: Callable[[int], object]
) -> Iterator[Document]:
    for document in documents:
        yield document
        progress(1)


def _manifest(predictor: Predictor, inputs: Sequence[Path], options: ArchiveOptions) -> _Manifest:
    sizes = tuple(_Input(str(path), path.stat().st_size) for path in inputs)
    return _Manifest(model=predictor.identity(), options=options, inputs=sizes)


def _claim(output: Path, manifest: _Manifest) -> None:
    """Write ``run.json``, or compare with the one that is there. Raises: ConfigError."""
    path = output / RUN
    if path.is_file():
        difference = _difference(_read_manifest(path), manifest)
        if difference:
            raise ConfigError(
                f"{path}: this folder holds another run: {difference}; go on with what it was "
                f"begun with, or give another --output"
            )
        return
    if any(output.glob("part-*.jsonl")):
        raise ConfigError(
            f"{output}: holds shards but no {RUN} that says of what; give another --output"
        )
    write_chunks(path, [msgspec.json.format(msgspec.json.encode(manifest), indent=2)])


def _read_manifest(path: Path) -> _Manifest:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Manifest)
    except msgspec.MsgspecError as error:
        raise ConfigError(
            f"{path}: is not of a run of `khabar predict` ({error}); give another --output"
        ) from error


def _difference(found: _Manifest, now: _Manifest) -> str | None:
    """Say what first differs between the run that is there and this one."""
    for name in ArchiveOptions.__struct_fields__:
        before, after = getattr(found.options, name), getattr(now.options, name)
        if before != after:
            return f"its {name} is {before}, not {after}"
    if found.model != now.model:
        return f"its model is {found.model}, not {now.model}"
    if len(found.inputs) != len(now.inputs):
        return f"it has {len(found.inputs)} input files, not {len(now.inputs)}"
    for before, after in zip(found.inputs, now.inputs, strict=True):
        if before.path != after.path:
            return f"its input {before.path} is now {after.path}"
        if before != after:
            return f"its input {before.path} had {before.bytes} bytes, now {after.bytes}"
    return None
