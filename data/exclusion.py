"""Exclusion: what a corpus shares with a text that must stay unseen is left out of it.

Enters: a corpus, and a file such as a benchmark's test part. Leaves: the corpus without each
document that shares a sequence of words with that file; of columns without each sentence that does,
all other lines as they were. Spelling makes no difference to a word: marks, invisible characters,
hamza and the like are folded, punctuation is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TypeAlias

import msgspec

from khabar.data.columns import line_kind, parse_token_line
from khabar.data.errors import ConfigError, FormatError
from khabar.data.files import read_lines, write_chunks
from khabar.data.formats import format_by_look, read_documents, write_documents
from khabar.data.left_out import LeftOut
from khabar.data.records import Document
from khabar.data.spelling import folded_words

Sequences: TypeAlias = frozenset[tuple[str, ...]]
"""Sequences of words, folded."""


class Excluded(msgspec.Struct):
    """What became of a corpus."""

    unit: str
    """What was kept or dropped whole: ``documents`` or ``sentences``."""
    kept: int = 0
    dropped: int = 0
    left_out: LeftOut | None = None
    """What the format that is written has no place for."""


class _Line(NamedTuple):
    """A line of a file in columns."""

    raw: bytes
    kind: str
    token: str


def exclude(  # noqa: PLR0913 - source and target with what the reader needs
    source: Path,
    target: Path,
    of: Path,
    *,
    words: int = 5,
    format: str | None = None,
    encoding: str = "utf-8",
) -> Excluded:
    """Write a corpus without what shares a sequence of words with another file, atomically.

    Args:
        source: the corpus.
        target: where it goes; if the source is in columns its lines are copied, else the format is
            that of this name.
        of: what must not be in the target. Its sequences run on over the ends of its sentences and
            documents, which may be cut elsewhere in the source.
        words: length of a sequence.
        format: of the source, as for ``read_documents``.
        encoding: of both files, if they are text; columns keep it.

    Raises:
        ConfigError: a sequence of no word, or no such sequence in ``of``.
        FormatError: a file cannot be read, or the target's format cannot hold a document.
    """
    if words < 1:
        raise ConfigError(f"a sequence has at least one word, got {words}")
    unseen = sequences((d.text for d in read_documents(of, encoding=encoding)), words)
    if not unseen:
        raise ConfigError(f"{of}: holds no sequence of {words} words, so nothing would be excluded")
    if format_by_look(source, format, encoding) == "conll":
        excluded = Excluded("sentences")
        write_chunks(target, _other_lines(source, encoding, unseen, excluded))
    else:
        excluded = Excluded("documents")
        documents = read_documents(source, format=format, encoding=encoding)
        excluded.left_out = write_documents(target, _others(documents, unseen, excluded))
    return excluded


def sequences(texts: Iterable[str], words: int) -> Sequences:
    """Return all sequences of so many words in texts that follow one another."""
    # By line, since spelling remembers what it folds.
    run = [word for text in texts for line in text.split("\n") for word in folded_words(line)]
    return frozenset(zip(*(run[start:] for start in range(words)), strict=False))


def shares(text: str, unseen: Sequences) -> bool:
    """Whether a text holds one of some sequences, which are all of one length."""
    length = len(next(iter(unseen), ()))
    return not unseen.isdisjoint(sequences([text], length))


def _others(
    documents: Iterable[Document], unseen: Sequences, excluded: Excluded
) -> Iterator[Document]:
    for document in documents:
        if shares(document.text, unseen):
            excluded.dropped += 1
        else:
            excluded.kept += 1
            yield document


def _other_lines(
    path: Path, encoding: str, unseen: Sequences, excluded: Excluded
) -> Iterator[bytes]:
    """Yield the lines of a file in columns but those of sentences that share a sequence.

    Of the blank lines behind such a sentence the first goes with it. Marks of documents stay.
    """
    gone = False
    for in_sentence, group in groupby(
        _parsed(path, encoding), key=lambda line: line.kind == "token"
    ):
        lines = list(group)
        if in_sentence:
            gone = shares(" ".join(line.token for line in lines), unseen)
            excluded.dropped += gone
            excluded.kept += not gone
        elif gone and lines[0].kind == "blank":
            lines, gone = lines[1:], False
        yield from (line.raw for line in lines if not (in_sentence and gone))


def _parsed(path: Path, encoding: str) -> Iterator[_Line]:
    for line in read_lines(path, encoding):
        try:
            text = line.decode()
            kind = line_kind(text)
            token = parse_token_line(text)[0] if kind == "token" else ""
        except FormatError as error:
            raise FormatError(f"{path}:{line.number}: {error}") from error
        yield _Line(line.raw, kind, token)
