"""The stream: raw articles to pieces on disk, once, and from there to packed sequences.

Enters: files of articles, a tokenizer. Leaves: ``Pack``s of one length, without padding. Articles
stand one after another, a separator behind each, and a sequence may hold parts of several. Which
sequences make up a step is a function of the seed and the step alone, as in ``sampler.py``. Memory
does not grow with the corpus: pieces are read from a memory-mapped file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from glob import glob
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from khabar.data.atomic import write_folder_atomically
from khabar.data.digests import sha256_of
from khabar.data.errors import ConfigError
from khabar.data.formats import read_documents
from khabar.data.rejected import Rejected
from khabar.data.words import split_words
from khabar.model.tokenizer import MAX_WORD_PIECES, DocumentPieces, WordTokenizer
from khabar.train.pretrain_config import RawCorpusConfig

INSIDE, WORD, SEPARATOR = 0, 1, 2
"""What a piece is: inside a word, a word's first, or between two articles."""
Integer = TypeVar("Integer", np.uint8, np.uint32)
_CACHE_FORMAT = 1
_ARTICLES_PER_BATCH = 256
_TRAIN, _HELD_OUT = "train", "held-out"


class Articles(msgspec.Struct, frozen=True, kw_only=True):
    """The raw articles of some files, and which of them are held out."""

    corpora: tuple[RawCorpusConfig, ...]
    held_out: float
    """Share of the articles."""

    def texts(self, rejected: Rejected) -> Iterator[str]:
        """Yield every article's text, or note in ``rejected`` why it cannot be read.

        Raises:
            ConfigError: a pattern names no file.
            FormatError: a file that cannot be read at all, or whose format is unknown.
        """
        for corpus, path in self._files():
            for document in read_documents(
                path, format=corpus.format, encoding=corpus.encoding, rejected=rejected
            ):
                yield document.text

    def train_texts(self) -> Iterator[str]:
        """Yield the texts that are not held out. Raises as ``texts``."""
        return (text for text in self.texts(Rejected()) if not is_held_out(text, self.held_out))

    def digest(self) -> str:
        """Return a digest of the files' bytes and of how they are read. Raises: ConfigError."""
        digest = hashlib.sha256(f"{_CACHE_FORMAT} {MAX_WORD_PIECES} {self.held_out}".encode())
        for corpus, path in self._files():
            digest.update(f"{path.name} {corpus.format} {corpus.encoding}".encode())
            digest.update(bytes.fromhex(sha256_of(path)))
        return digest.hexdigest()

    def _files(self) -> Iterator[tuple[RawCorpusConfig, Path]]:
        for corpus in self.corpora:
            named = Path(corpus.path)
            found = [named] if named.is_file() else map(Path, glob(corpus.path, recursive=True))
            paths = sorted(path for path in found if path.is_file())
            if not paths:
                raise ConfigError(
                    f"corpus {corpus.path}: names no file; correct `path`, or give it on the "
                    f"command line with --set corpora.0.path=PATTERN"
                )
            yield from ((corpus, path) for path in paths)


class PartCounts(msgspec.Struct, kw_only=True):
    """What a part of the articles holds."""

    articles: int = 0
    words: int = 0
    pieces: int = 0
    """Separators included."""


class CacheContents(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a cache: every article that was read is in one of the two parts."""

    train: PartCounts
    held_out: PartCounts
    unread: int
    """Articles that could not be read; ``errors.jsonl`` of the cache says why."""


@dataclass(frozen=True)
class Pieces:
    """A part of the articles as one row of pieces, memory-mapped.

    Attributes:
        ids: piece numbers, ``(pieces,)``.
        marks: ``INSIDE``, ``WORD`` or ``SEPARATOR``, ``(pieces,)``.
    """

    ids: NDArray[np.uint32]
    marks: NDArray[np.uint8]


class PieceCache(NamedTuple):
    """The two parts of the articles as pieces."""

    name: str
    """A digest of what is in it."""
    contents: CacheContents
    train: Pieces
    held_out: Pieces


class Pack(NamedTuple):
    """A sequence of pieces without the special ones around it, ``(pieces,)`` each."""

    ids: NDArray[np.int64]
    marks: NDArray[np.uint8]


@dataclass(frozen=True)
class Packs:
    """A row of pieces as sequences of one length.

    The last sequence goes on at the row's beginning, so that every piece is in one at least.
    """

    pieces: Pieces
    length: int
    """Pieces of a sequence, special ones left out."""

    def __len__(self) -> int:
        return -(-len(self.pieces.ids) // self.length)

    def pack(self, index: int, offset: int = 0) -> Pack:
        """Return a sequence; all of them begin ``offset`` pieces later than at the row's start."""
        first = offset + index * self.length
        places = np.arange(first, first + self.length) % len(self.pieces.ids)
        return Pack(self.pieces.ids[places].astype(np.int64), np.asarray(self.pieces.marks[places]))

    def step(self, step: int, size: int, seed: int) -> list[Pack]:
        """Return the sequences of step number ``step``.

        Every epoch deals all sequences in a new order, cut at other places.

        Args:
            step: counted from 0.
            size: sequences in a step.
            seed: of the run.
        """
        dealt = (divmod(number, len(self)) for number in range(step * size, (step + 1) * size))
        packs = []
        for epoch, place in dealt:
            offset, order = _epoch(len(self), self.length, seed, epoch)
            packs.append(self.pack(int(order[place]), offset))
        return packs


def is_held_out(text: str, share: float) -> bool:
    """Whether an article is among the held-out ones, which depends on its text alone.

    So copies of an article stay together, and other files or another order change nothing.
    """
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") < share * 2**64


def piece_cache(folder: Path, articles: Articles, tokenizer: WordTokenizer) -> PieceCache:
    """Return the articles as pieces, written first when ``folder`` does not hold them yet.

    The cache's own folder is named by what is in it: the files, the held-out share, the tokenizer.

    Raises as ``Articles.texts``.
    """
    own = f"{articles.digest()} {tokenizer.special} {tokenizer.backend.to_str()}"
    path = folder / hashlib.sha256(own.encode()).hexdigest()[:16]
    if not path.exists():
        write_folder_atomically(path, lambda partial: _write(partial, articles, tokenizer))
    contents = msgspec.json.decode((path / "contents.json").read_bytes(), type=CacheContents)
    return PieceCache(path.name, contents, _read(path, _TRAIN), _read(path, _HELD_OUT))


@lru_cache(maxsize=2)
def _epoch(packs: int, length: int, seed: int, epoch: int) -> tuple[int, NDArray[np.int64]]:
    random = np.random.default_rng((seed, epoch))
    return int(random.integers(length)), random.permutation(packs)


class _PartWriter:
    """Appends articles to the files of a part."""

    def __init__(self, ids: BinaryIO, marks: BinaryIO, separator: Sequence[int]) -> None:
        self.ids, self.marks = ids, marks
        self.separator = list(separator)
        self.counts = PartCounts()

    def add(self, article: DocumentPieces) -> None:
        self.counts.articles += 1
        if not len(article.counts):
            return
        ids = np.concatenate([article.ids, self.separator]).astype(np.uint32)
        marks = np.full(len(ids), INSIDE, dtype=np.uint8)
        marks[np.cumsum(article.counts) - article.counts] = WORD
        marks[len(article.ids) :] = SEPARATOR
        self.ids.write(ids.tobytes())
        self.marks.write(marks.tobytes())
        self.counts.words += len(article.counts)
        self.counts.pieces += len(ids)


def _write(folder: Path, articles: Articles, tokenizer: WordTokenizer) -> None:
    rejected = Rejected()
    with ExitStack() as stack:
        train, held_out = (
            _PartWriter(
                stack.enter_context((folder / f"{name}.ids").open("wb")),
                stack.enter_context((folder / f"{name}.marks").open("wb")),
                tokenizer.special.suffix,
            )
            for name in (_TRAIN, _HELD_OUT)
        )
        for text, pieces in _encoded(articles.texts(rejected), tokenizer):
            part = held_out if is_held_out(text, articles.held_out) else train
            part.add(pieces)
    contents = CacheContents(
        train=train.counts, held_out=held_out.counts, unread=len(rejected.entries)
    )
    (folder / "contents.json").write_bytes(msgspec.json.encode(contents))
    errors = b"".join(msgspec.json.encode(entry) + b"\n" for entry in rejected.entries)
    (folder / "errors.jsonl").write_bytes(errors)


def _encoded(
    texts: Iterator[str], tokenizer: WordTokenizer
) -> Iterator[tuple[str, DocumentPieces]]:
    with tqdm(desc="articles to pieces", unit=" articles", disable=None) as bar:
        while batch := list(islice(texts, _ARTICLES_PER_BATCH)):
            words = [split_words(text) for text in batch]
            encoded = tokenizer.encode(batch, words, MAX_WORD_PIECES)
            yield from zip(batch, encoded, strict=True)
            bar.update(len(batch))


def _read(path: Path, name: str) -> Pieces:
    return Pieces(
        ids=_map(path / f"{name}.ids", np.uint32),
        marks=_map(path / f"{name}.marks", np.uint8),
    )


def _map(path: Path, kind: type[Integer]) -> NDArray[Integer]:
    if not path.stat().st_size:  # nothing to map
        return np.zeros(0, dtype=kind)
    return np.memmap(path, dtype=kind, mode="r")
