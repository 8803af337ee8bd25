"""The tokenizer: words of the original text to the encoder's pieces, word by word.

Enters: text and the spans of its words. Leaves: piece numbers and how many each word has. Words
are encoded one by one and spans never come from pieces, so that a normalizer may delete, fold or
expand as it likes. Normalization is part of the saved ``tokenizer.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import regex
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer, normalizers
from transformers import AutoTokenizer

from khabar.data.batches import WindowPieces
from khabar.data.errors import ModelError
from khabar.data.windows import Window
from khabar.data.words import Span
from khabar.model.normalizer import (
    arabert_normalizer,
    arabert_pre_tokenizer,
    arabert_preprocessing,
    arabic_normalizer,
    holds_ours,
)

MAX_WORD_PIECES = 64
"""A longer word (a run of thousands of letters) is read by its first pieces; its span stays."""

_SURROGATE = regex.compile(r"\p{Cs}")


class SpecialPieces(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of the pieces that stand for no text."""

    prefix: tuple[int, ...]
    suffix: tuple[int, ...]
    pad: int
    unknown: int


@dataclass(frozen=True)
class DocumentPieces:
    """The pieces of a document's words.

    Attributes:
        ids: piece numbers, ``(pieces,)``.
        counts: pieces of every word, at least one each, ``(words,)``.
    """

    ids: NDArray[np.int64]
    counts: NDArray[np.int64]


class WordTokenizer:
    """A fast tokenizer that is given words, with the special pieces it needs around them."""

    def __init__(self, backend: Tokenizer, special: SpecialPieces) -> None:
        backend.no_padding()
        backend.no_truncation()
        self.backend = backend
        self.special = special

    def encode(
        self, texts: Sequence[str], words: Sequence[list[Span]], limit: int
    ) -> list[DocumentPieces]:
        """Encode the words of several texts at once.

        A word that leaves no piece (a lone tatweel) is read as the unknown piece, a lone surrogate
        as U+FFFD.

        Args:
            texts: any texts.
            words: the spans of the words of each.
            limit: pieces that a window has room for; no word has more, nor ``MAX_WORD_PIECES``.
        """
        most = min(limit, MAX_WORD_PIECES)
        split = [
            [_SURROGATE.sub("\ufffd", text[start:end]) for start, end in spans]
            for text, spans in zip(texts, words, strict=True)
        ]
        encodings = self.backend.encode_batch(split, is_pretokenized=True, add_special_tokens=False)
        return [
            self._by_word(encoding, len(spans), most)
            for encoding, spans in zip(encodings, words, strict=True)
        ]

    def window(self, pieces: DocumentPieces, window: Window) -> WindowPieces:
        """Return the pieces of a window with the special pieces around them."""
        before = np.cumsum(pieces.counts) - pieces.counts
        counts = pieces.counts[window.start : window.end]
        first = int(before[window.start])
        prefix, suffix = self.special.prefix, self.special.suffix
        return WindowPieces(
            ids=np.concatenate(
                [prefix, pieces.ids[first : first + int(counts.sum())], suffix]
            ).astype(np.int64),
            word_of_piece=np.concatenate(
                [[-1] * len(prefix), np.repeat(np.arange(len(counts)), counts), [-1] * len(suffix)]
            ).astype(np.int64),
            words=len(counts),
        )

    @property
    def specials(self) -> int:
        """How many special pieces stand around a window."""
        return len(self.special.prefix) + len(self.special.suffix)

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json``."""
        self.backend.save(str(folder / "tokenizer.json"))

    def _by_word(self, encoding: Encoding, words: int, most: int) -> DocumentPieces:
        number = np.array(encoding.ids, dtype=np.int64)
        word = np.array(encoding.word_ids, dtype=np.int64)
        missing = np.setdiff1d(np.arange(words), word)
        place = np.searchsorted(word, missing)
        number = np.insert(number, place, self.special.unknown)
        word = np.insert(word, place, missing)
        counts = np.bincount(word, minlength=words)
        if words and counts.max() > most:
            rank = np.arange(len(word)) - np.repeat(np.cumsum(counts) - counts, counts)
            number = number[rank < most]
            counts = np.minimum(counts, most)
        return DocumentPieces(ids=number, counts=counts)


def encoder_tokenizer(name_or_path: str, pad: int) -> WordTokenizer:
    """Load the tokenizer of an encoder, from a folder or a hub, with our normalizer before its own.

    An encoder that we pretrained has it already.

    AraBERT v0.2's own preprocessing is recognised by the model's name and becomes part of it.

    Raises:
        ModelError: the encoder has no fast tokenizer, or wants text segmented by Farasa.
    """
    rules = arabert_preprocessing(name_or_path)
    if rules == "farasa":
        raise ModelError(
            f"encoder {name_or_path}: this AraBERT was trained on text segmented by Farasa, whose "
            f"pieces are no words of the text; use aubmindlab/bert-base-arabertv02 instead"
        )
    backend = _backend(name_or_path)
    if not holds_ours(backend.normalizer):
        own = [backend.normalizer] if backend.normalizer is not None else []
        ours = arabert_normalizer() if rules == "v02" else arabic_normalizer()
        backend.normalizer = normalizers.Sequence([ours, *own])
        if rules == "v02":
            backend.pre_tokenizer = arabert_pre_tokenizer(backend.pre_tokenizer)
    return WordTokenizer(backend, _special_pieces(backend, pad))


def read_backend(path: Path) -> Tokenizer:
    """Read a ``tokenizer.json``. Raises: ModelError: it is damaged."""
    source = path.read_bytes()
    try:
        msgspec.json.decode(source)  # tokenizers itself raises bare exceptions
    except msgspec.DecodeError as error:
        raise ModelError(f"{path} is damaged: {error}; copy it again") from error
    return Tokenizer.from_buffer(source)


def _backend(name_or_path: str) -> Tokenizer:
    saved = Path(name_or_path) / "tokenizer.json"
    if saved.is_file():  # AutoTokenizer guesses special pieces where there is no configuration
        return read_backend(saved)
    try:
        backend: Tokenizer = AutoTokenizer.from_pretrained(name_or_path).backend_tokenizer
    except (OSError, ValueError, AttributeError) as error:
        raise _no_tokenizer(name_or_path, str(error)) from error
    # Where there is no file at all, transformers 5 makes one up of special pieces.
    if backend.get_vocab_size() == len(backend.get_added_tokens_decoder()):
        raise _no_tokenizer(name_or_path, "it has no vocabulary")
    return backend


def _no_tokenizer(name_or_path: str, reason: str) -> ModelError:
    return ModelError(
        f"encoder {name_or_path}: no fast tokenizer could be loaded ({reason}); give a folder "
        f"with a tokenizer.json, or a model name of a hub that can be reached"
    )


def _special_pieces(backend: Tokenizer, pad: int) -> SpecialPieces:
    encoding = backend.encode("ا")
    mask = encoding.special_tokens_mask
    inner = mask.index(0)
    suffix = mask[::-1].index(0)
    return SpecialPieces(
        prefix=tuple(encoding.ids[:inner]),
        suffix=tuple(encoding.ids[len(mask) - suffix :]),
        pad=pad,
        unknown=_unknown_piece(backend, pad),
    )


def _unknown_piece(backend: Tokenizer, pad: int) -> int:
    model = msgspec.json.decode(backend.to_str())["model"]
    if isinstance(model.get("unk_id"), int):  # Unigram
        return int(model["unk_id"])
    # A byte-level vocabulary has no unknown piece; padding stands for nothing as well.
    unknown = backend.token_to_id(model.get("unk_token") or "[UNK]")
    return pad if unknown is None else unknown
