import os
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.errors import ConfigError
from khabar.data.words import split_words
from khabar.model.tokenizer import WordTokenizer, encoder_tokenizer
from khabar.train.pretrain_config import RawCorpusConfig
from khabar.train.stream import (
    SEPARATOR,
    WORD,
    Articles,
    Packs,
    Pieces,
    is_held_out,
    piece_cache,
)
from tests.rawnews import raw_texts, write_raw

TEXTS = raw_texts(60)


@pytest.fixture
def tokenizer(tiny_encoder: Path) -> WordTokenizer:
    return encoder_tokenizer(str(tiny_encoder), pad=0)


def articles(path: Path, held_out: float = 0.3) -> Articles:
    return Articles(corpora=(RawCorpusConfig(path=str(path)),), held_out=held_out)


def cached_articles(pieces: Pieces) -> list[tuple[int, ...]]:
    """Return the pieces of every article of a part, without the separators."""
    found: list[tuple[int, ...]] = []
    start = 0
    for end in np.flatnonzero(pieces.marks == SEPARATOR).tolist():
        found.append(tuple(pieces.ids[start:end].tolist()))
        start = end + 1
    assert start == len(pieces.ids)
    return found


def encoded(texts: list[str], tokenizer: WordTokenizer) -> list[tuple[int, ...]]:
    alone = [tokenizer.encode([text], [split_words(text)], 64)[0] for text in texts]
    return [tuple(article.ids.tolist()) for article in alone]


def test_every_article_is_in_one_part_piece_by_piece(tmp_path, tokenizer):
    cache = piece_cache(tmp_path, articles(write_raw(tmp_path / "news.jsonl", TEXTS)), tokenizer)
    held_out = [text for text in TEXTS if is_held_out(text, 0.3)]
    train = [text for text in TEXTS if text not in held_out]
    assert 5 < len(held_out) < 40
    assert cached_articles(cache.train) == encoded(train, tokenizer)
    assert cached_articles(cache.held_out) == encoded(held_out, tokenizer)
    for pieces, counts, texts in (
        (cache.train, cache.contents.train, train),
        (cache.held_out, cache.contents.held_out, held_out),
    ):
        assert counts.articles == len(texts)
        assert counts.words == sum(len(split_words(text)) for text in texts)
        assert counts.words == int((pieces.marks == WORD).sum())
        assert counts.pieces == len(pieces.ids) == len(pieces.marks)


def test_words_begin_where_the_tokenizer_says(tmp_path, tokenizer):
    text = "قال وزير موريتانياموريتانيا ."  # a word that no vocabulary holds whole
    path = write_raw(tmp_path / "news.jsonl", [text])
    cache = piece_cache(tmp_path, articles(path, held_out=0), tokenizer)
    counts = tokenizer.encode([text], [split_words(text)], 64)[0].counts.tolist()
    starts = np.flatnonzero(cache.train.marks == WORD).tolist()
    assert starts == [sum(counts[:word]) for word in range(len(counts))]
    assert max(counts) > 1


def test_articles_that_cannot_be_read_or_hold_no_word_are_counted(tmp_path, tokenizer):
    path = tmp_path / "news.jsonl"
    lines = [msgspec.json.encode({"text": text}) for text in (*TEXTS[:5], "", " \n ")]
    path.write_bytes(
        b"\n".join([*lines, b"{broken", b'{"title": "no text"}', b"", b"\xff"]) + b"\n"
    )
    cache = piece_cache(tmp_path / "cache", articles(path), tokenizer)
    contents = cache.contents
    assert contents.train.articles + contents.held_out.articles == 7
    assert contents.unread == 3
    (errors,) = (tmp_path / "cache").glob("*/errors.jsonl")
    reasons = [msgspec.json.decode(line) for line in errors.read_bytes().splitlines()]
    assert [reason["line"] for reason in reasons] == [8, 9, 11]
    assert len(cached_articles(cache.train)) + len(cached_articles(cache.held_out)) == 5


def test_a_cache_is_written_once_and_another_for_what_differs(tmp_path, tokenizer):
    path = write_raw(tmp_path / "news.jsonl", TEXTS)
    first = piece_cache(tmp_path / "cache", articles(path), tokenizer)
    written = tmp_path / "cache" / first.name / "train.ids"
    os.utime(written, ns=(1, 1))
    moved = path.rename(path.with_name("elsewhere")).rename(tmp_path / "cache" / "news.jsonl")
    assert piece_cache(tmp_path / "cache", articles(moved), tokenizer).name == first.name
    assert written.stat().st_mtime_ns == 1

    others = [piece_cache(tmp_path / "cache", articles(moved, held_out=0.4), tokenizer).name]
    write_raw(moved, [*TEXTS, "خبر آخر ."])
    others.append(piece_cache(tmp_path / "cache", articles(moved), tokenizer).name)
    tokenizer.backend.add_tokens(["خبر"])
    others.append(piece_cache(tmp_path / "cache", articles(moved), tokenizer).name)
    assert len({first.name, *others}) == 4


def test_a_pattern_that_names_no_file_is_said_with_its_mend(tmp_path, tokenizer):
    with pytest.raises(ConfigError, match=r"news-\*\.jsonl: names no file.*--set corpora\.0\.path"):
        piece_cache(tmp_path, articles(tmp_path / "news-*.jsonl"), tokenizer)


def test_a_pattern_reads_all_its_files(tmp_path, tokenizer):
    for number in range(3):
        write_raw(tmp_path / f"news-{number}.jsonl", raw_texts(4, seed=number))
    cache = piece_cache(tmp_path, articles(tmp_path / "news-*.jsonl"), tokenizer)
    assert cache.contents.train.articles + cache.contents.held_out.articles == 12


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_who_is_held_out_of_a_share_is_held_out_of_a_larger_one(text, one, other):
    smaller, larger = sorted([one, other])
    assert is_held_out(text, smaller) <= is_held_out(text, larger)
    assert not is_held_out(text, 0)
    assert is_held_out(text, 1)


def test_the_held_out_share_is_about_what_was_asked_for():
    held_out = sum(is_held_out(f"article {number}", 0.05) for number in range(20_000))
    assert 900 < held_out < 1100


# Packing


def row(pieces: int) -> Pieces:
    return Pieces(np.arange(pieces, dtype=np.uint32), np.full(pieces, WORD, dtype=np.uint8))


@given(st.integers(1, 50), st.integers(1, 12), st.integers(0, 12))
def test_sequences_have_one_length_and_hold_every_piece(pieces, length, offset):
    packs = Packs(row(pieces), length)
    seen = [packs.pack(index, offset) for index in range(len(packs))]
    assert {len(pack.ids) for pack in seen} == {length}
    assert {piece for pack in seen for piece in pack.ids.tolist()} == set(range(pieces))
    for pack in seen:
        follows = (pack.ids[:-1] + 1) % pieces
        assert (follows == pack.ids[1:]).all()


def test_an_epoch_deals_every_sequence_once_across_the_borders_of_steps():
    packs = Packs(row(70), 7)
    firsts = [int(pack.ids[0]) for step in range(5) for pack in packs.step(step, 4, seed=3)]
    epochs = firsts[:10], firsts[10:]
    for epoch in epochs:
        cut = {first % 7 for first in epoch}
        assert len(cut) == 1
        assert Counter(first // 7 for first in epoch) == Counter(range(10))
    assert [first // 7 for first in epochs[0]] != [first // 7 for first in epochs[1]]


def test_what_is_in_a_step_depends_on_seed_and_step_alone():
    def step(number: int, seed: int) -> list[list[int]]:
        dealt = Packs(row(70), 7).step(number, 4, seed)
        return [pack.ids.tolist() for pack in dealt]

    in_order = [step(number, seed=3) for number in range(9)]
    backwards = [step(number, seed=3) for number in reversed(range(9))]
    assert in_order == backwards[::-1]
    assert in_order != [step(number, seed=4) for number in range(9)]


def test_epochs_are_cut_at_different_places():
    packs = Packs(row(700), 7)
    cuts = {int(packs.step(epoch * 100, 1, seed=1)[0].ids[0]) % 7 for epoch in range(20)}
    assert len(cuts) > 3
