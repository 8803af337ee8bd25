"""A new vocabulary for an encoder: trained on the corpora, its embeddings made from the old ones.

Enters: an encoder with its tokenizer, raw articles. Leaves: a WordPiece tokenizer with our
normalizer inside, and the encoder with an embedding for each of its pieces.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from torch import nn
from torch.nn import functional as F
from transformers import PreTrainedModel

from khabar.data.atomic import write_atomically
from khabar.data.errors import ConfigError, ModelError
from khabar.data.words import split_words
from khabar.model.masked import embedding_of
from khabar.model.normalizer import arabic_normalizer
from khabar.model.tokenizer import SpecialPieces, WordTokenizer, read_backend
from khabar.train.pretrain_config import VocabularyConfig
from khabar.train.stream import Articles

MASKS = ("[MASK]", "<mask>")
"""What encoders call the piece that stands for a masked one."""
INSIDE_WORD = "##"
"""Before a piece that does not begin a word, in WordPiece."""
_WORD_STARTS = ("▁", "Ġ")
"""Before a piece that begins a word, in SentencePiece and in byte-level vocabularies."""
_ALPHABET = 1_000
"""Most characters; rarer ones are unknown. As many as BERT's vocabularies have."""


def mask_piece(tokenizer: WordTokenizer) -> int:
    """Return the number of the piece for masks. Raises: ModelError: the vocabulary has none."""
    for name in MASKS:
        number = tokenizer.backend.token_to_id(name)
        if number is not None:
            return number
    raise ModelError(
        f"the encoder's vocabulary has no piece for masks ({' or '.join(MASKS)}), so it was not "
        f"trained with them; take another encoder"
    )


def new_tokenizer(
    config: VocabularyConfig, articles: Articles, old: WordTokenizer, run: Path, cache: Path
) -> WordTokenizer:
    """Return a tokenizer trained on the articles that are not held out.

    Training twice gives two vocabularies that differ a little (tokenizers 0.23), so the result is
    kept: in the folder of the run, which goes on with it whatever becomes of the cache, and in the
    cache, from where other runs take it. Special pieces keep their names and their order, so that
    padding keeps its number, from which some encoders count positions, where they come first.

    Raises:
        ConfigError: the articles hold too few different words for a vocabulary of that size.
        FormatError: as ``Articles.texts``.
        ModelError: the old vocabulary has no piece for masks.
    """
    names = _special_names(old)
    own = f"{articles.digest()} {config.size} {names} {_ALPHABET}"
    name = f"vocabulary-{hashlib.sha256(own.encode()).hexdigest()[:16]}.json"
    kept, shared = run / name, cache / name
    if not kept.is_file():
        if not shared.is_file():
            trained = train_word_piece(articles.train_texts(), config.size, old)
            write_atomically(shared, lambda partial: trained.save(str(partial)))
        write_atomically(kept, lambda partial: shutil.copyfile(shared, partial))
    backend = read_backend(kept)
    special = old.special
    numbers = {piece: number for number, piece in enumerate(_special_pieces(old))}
    return WordTokenizer(
        backend,
        SpecialPieces(
            prefix=tuple(numbers[piece] for piece in special.prefix),
            suffix=tuple(numbers[piece] for piece in special.suffix),
            pad=numbers[special.pad],
            unknown=numbers[special.unknown],
        ),
    )


def train_word_piece(texts: Iterable[str], size: int, old: WordTokenizer) -> Tokenizer:
    """Train a WordPiece vocabulary on the words of texts, with the special pieces of ``old``.

    Raises:
        ConfigError: the texts hold too few different words for that size.
    """
    names = _special_names(old)
    backend = Tokenizer(models.WordPiece(unk_token=_name(old, old.special.unknown)))
    # Letters in their presentation forms become letters first; what that gives in marks goes.
    backend.normalizer = normalizers.Sequence([normalizers.NFKC(), arabic_normalizer()])
    # Does nothing to our words: it is for whoever gives the encoder whole sentences.
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece(INSIDE_WORD)
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=names, limit_alphabet=_ALPHABET, show_progress=False
    )
    backend.train_from_iterator(_spaced(texts), trainer)
    if backend.get_vocab_size() < size:
        raise ConfigError(
            f"`vocabulary.size` is {size}, but the corpora give {backend.get_vocab_size()} pieces; "
            f"lower it, or give more articles"
        )
    prefix = [_name(old, piece) for piece in old.special.prefix]
    suffix = [_name(old, piece) for piece in old.special.suffix]
    backend.post_processor = processors.TemplateProcessing(
        single=[*prefix, "$A", *suffix],
        special_tokens=[(name, backend.token_to_id(name)) for name in (*prefix, *suffix)],
    )
    return backend


@torch.no_grad()
def transfer_embeddings(encoder: PreTrainedModel, old: WordTokenizer, new: WordTokenizer) -> None:
    """Give the encoder an embedding for every new piece: the mean of its old pieces' embeddings.

    Special pieces take those of the same name. The encoder's configuration follows.
    """
    before = embedding_of(encoder)
    pieces = new.backend.get_vocab_size()
    spelled = old_pieces(old, new)
    lengths = torch.tensor([len(own) for own in spelled])
    weight = F.embedding_bag(
        torch.tensor([piece for own in spelled for piece in own]),
        before,
        lengths.cumsum(0) - lengths,
        mode="mean",
    )
    embedding = nn.Embedding(pieces, before.shape[1], padding_idx=new.special.pad)
    embedding.weight.copy_(weight)
    encoder.set_input_embeddings(embedding)
    _renumber(encoder, old, new)


def old_pieces(old: WordTokenizer, new: WordTokenizer) -> list[list[int]]:
    """Return, for every new piece in order, the old pieces that spell it."""
    backend = new.backend
    names = [_name(new, piece) for piece in range(backend.get_vocab_size())]
    special = dict(zip(_special_names(old), _special_pieces(old), strict=True))
    texts = [name.removeprefix(INSIDE_WORD) for name in names]
    spelled = old.backend.encode_batch(
        [[text] for text in texts], is_pretokenized=True, add_special_tokens=False
    )
    return [
        [special[name]]
        if name in special
        else _spelling(old, encoding.ids, begins=not name.startswith(INSIDE_WORD))
        for name, encoding in zip(names, spelled, strict=True)
    ]


def _spelling(old: WordTokenizer, pieces: list[int], *, begins: bool) -> list[int]:
    """Return the pieces of a word, or, where it begins none, the forms they have inside a word."""
    if not pieces:
        return [old.special.unknown]
    if begins:
        return pieces
    return [*_inside_form(old, pieces[0], alone=len(pieces) == 1), *pieces[1:]]


def _inside_form(old: WordTokenizer, piece: int, *, alone: bool) -> list[int]:
    name = _name(old, piece)
    if name in _WORD_STARTS and not alone:
        return []
    start = next((mark for mark in _WORD_STARTS if name.startswith(mark)), "")
    inside = old.backend.token_to_id(name.removeprefix(start) if start else INSIDE_WORD + name)
    return [piece if inside is None else inside]


def _renumber(encoder: PreTrainedModel, old: WordTokenizer, new: WordTokenizer) -> None:
    """Let the encoder's configuration name the new pieces by their new numbers."""
    config = encoder.config
    config.vocab_size = new.backend.get_vocab_size()
    for role in ("pad", "bos", "eos", "cls", "sep", "mask"):
        number = getattr(config, f"{role}_token_id", None)
        if number is not None:
            name = old.backend.id_to_token(number)
            known = new.backend.token_to_id(name) if name is not None else None
            setattr(config, f"{role}_token_id", known)


def _special_names(old: WordTokenizer) -> list[str]:
    return [_name(old, piece) for piece in _special_pieces(old)]


def _special_pieces(old: WordTokenizer) -> list[int]:
    """Return the old numbers of the special pieces, in order; their new ones count from 0."""
    special = old.special
    known = {*special.prefix, *special.suffix, special.pad, special.unknown, mask_piece(old)}
    return sorted(known)


def _name(tokenizer: WordTokenizer, piece: int) -> str:
    name = tokenizer.backend.id_to_token(piece)
    assert name is not None, "the piece is one of the vocabulary's own"
    return name


def _spaced(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield " ".join(text[start:end] for start, end in split_words(text))
