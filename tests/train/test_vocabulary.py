import os
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import BertConfig

from khabar.data.errors import ConfigError, ModelError
from khabar.data.words import split_words
from khabar.model.joint import encoder_of, pretrained_encoder
from khabar.model.masked import embedding_of
from khabar.model.tokenizer import SpecialPieces, WordTokenizer, encoder_tokenizer
from khabar.train.pretrain_config import RawCorpusConfig, VocabularyConfig
from khabar.train.stream import Articles, is_held_out
from khabar.train.vocabulary import (
    mask_piece,
    new_tokenizer,
    old_pieces,
    train_word_piece,
    transfer_embeddings,
)
from tests.rawnews import raw_texts, write_raw

TEXTS = raw_texts(60)
SIZE = 220


def sentence_piece() -> WordTokenizer:
    """Of the bundled encoder's kind: Unigram, a mark before every word, padding second."""
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=150,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    backend.train_from_iterator(TEXTS, trainer)
    backend.add_special_tokens(["<mask>"])  # the last, as in XLM-R's
    backend.post_processor = processors.TemplateProcessing(
        single=["<s>", "$A", "</s>"], special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return WordTokenizer(backend, SpecialPieces(prefix=(0,), suffix=(2,), pad=1, unknown=3))


@pytest.fixture
def word_piece(tiny_encoder: Path) -> WordTokenizer:
    return encoder_tokenizer(str(tiny_encoder), pad=0)


def trained(old: WordTokenizer, folder: Path, run: str = "run") -> WordTokenizer:
    path = write_raw(folder / "news.jsonl", TEXTS)
    articles = Articles(corpora=(RawCorpusConfig(path=str(path)),), held_out=0.1)
    return new_tokenizer(VocabularyConfig(size=SIZE), articles, old, folder / run, folder / "cache")


def encode(tokenizer: WordTokenizer, text: str) -> list[str]:
    pieces = tokenizer.encode([text], [split_words(text)], 64)[0]
    return [tokenizer.backend.id_to_token(piece) for piece in pieces.ids.tolist()]


def test_special_pieces_keep_their_names_and_order_so_that_padding_keeps_its_number(tmp_path):
    new = trained(sentence_piece(), tmp_path)
    names = [new.backend.id_to_token(piece) for piece in range(5)]
    assert names == ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    assert new.special == SpecialPieces(prefix=(0,), suffix=(2,), pad=1, unknown=3)
    assert mask_piece(new) == 4
    assert new.backend.get_vocab_size() == SIZE
    assert new.backend.encode("شركة (عمان)").tokens == [
        "<s>",
        *encode(new, "شركة"),
        "(",
        *encode(new, "عمان"),
        ")",
        "</s>",
    ]


def test_the_normalizer_is_inside(tmp_path):
    new = trained(sentence_piece(), tmp_path)
    plain = encode(new, "شركة النسيم")
    assert encode(new, "شَرِكةٌ الـــنسيم") == plain
    assert encode(new, "ﺷﺮﻛﺔ ﺍﻟﻨﺴﻴﻢ") == plain
    assert "<unk>" not in plain


def test_a_saved_vocabulary_loads_as_any_encoder_s_does(tmp_path):
    new = trained(sentence_piece(), tmp_path)
    new.save(tmp_path)
    loaded = encoder_tokenizer(str(tmp_path), pad=1)
    assert loaded.special == new.special
    assert all(encode(loaded, text) == encode(new, text) for text in TEXTS[:10])


def test_a_vocabulary_is_trained_once_for_all_runs_on_the_same_articles(tmp_path):
    """Training it again would give another one, and the run's weights would fit it no more."""
    old = sentence_piece()
    first = trained(old, tmp_path).backend.to_str()
    (shared,) = (tmp_path / "cache").iterdir()
    os.utime(shared, ns=(1, 1))
    assert trained(old, tmp_path, run="other run").backend.to_str() == first
    assert shared.stat().st_mtime_ns == 1
    shared.unlink()
    assert trained(old, tmp_path).backend.to_str() == first
    assert not shared.exists()


def test_a_vocabulary_knows_nothing_of_held_out_articles(tmp_path):
    held_out = next(f"خبر {n} §" for n in range(1000) if is_held_out(f"خبر {n} §", 0.1))
    path = write_raw(tmp_path / "news.jsonl", [*TEXTS, held_out])
    articles = Articles(corpora=(RawCorpusConfig(path=str(path)),), held_out=0.1)
    new = train_word_piece(articles.train_texts(), SIZE, sentence_piece())
    assert new.token_to_id("§") is None
    assert train_word_piece([*TEXTS, held_out], SIZE, sentence_piece()).token_to_id("§") is not None


def test_a_vocabulary_larger_than_the_corpora_give_is_refused(word_piece):
    with pytest.raises(ConfigError, match=r"`vocabulary.size` is 5000, but the corpora give \d+ p"):
        train_word_piece(TEXTS, 5000, word_piece)


def test_an_encoder_without_a_piece_for_masks_is_refused():
    backend = Tokenizer(models.WordPiece({"[UNK]": 0, "ا": 1}, unk_token="[UNK]"))
    bare = WordTokenizer(backend, SpecialPieces(prefix=(), suffix=(), pad=0, unknown=0))
    with pytest.raises(ModelError, match=r"no piece for masks \(\[MASK\] or <mask>\)"):
        mask_piece(bare)


# Embeddings


def test_a_new_piece_starts_as_the_mean_of_the_old_pieces_that_spell_it(
    tmp_path, tiny_encoder, word_piece
):
    encoder = pretrained_encoder(str(tiny_encoder), "eager")
    before = embedding_of(encoder).detach().clone()
    new = trained(word_piece, tmp_path)
    transfer_embeddings(encoder, word_piece, new)
    after = embedding_of(encoder)
    assert after.shape == (SIZE, before.shape[1])
    for piece in range(5, SIZE):
        name = new.backend.id_to_token(piece)
        if not name.startswith("##"):
            pieces = word_piece.backend.encode(name, add_special_tokens=False).ids
            torch.testing.assert_close(after[piece], before[pieces].mean(dim=0))
    for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"):
        own, its = new.backend.token_to_id(name), word_piece.backend.token_to_id(name)
        assert torch.equal(after[own], before[its])


def test_pieces_inside_words_take_the_forms_that_the_old_ones_have_there(tmp_path, word_piece):
    """In WordPiece with its ``##``; in SentencePiece without the mark of a word's beginning."""
    new = trained(word_piece, tmp_path)
    named = spelling(word_piece, new)
    inside = {name: old for name, old in named.items() if name.startswith("##")}
    assert len(inside) > 20
    assert inside["##ا"] == ["##ا"]
    joined = {name: "".join(old).replace("##", "") for name, old in inside.items()}
    assert all(name == f"##{old}" for name, old in joined.items() if "[UNK]" not in old)

    unigram = sentence_piece()
    named = spelling(unigram, trained(unigram, tmp_path))
    for name, old in named.items():
        if "<unk>" not in old and name not in ("<s>", "<pad>", "</s>", "<mask>"):
            assert "".join(old).replace("▁", "") == name.removeprefix("##")
            has_mark = "▁" in "".join(old)
            begins = not name.startswith("##")
            without = unigram.backend.token_to_id(old[0].removeprefix("▁"))
            assert has_mark == begins or (has_mark and without is None)


def spelling(old: WordTokenizer, new: WordTokenizer) -> dict[str, list[str]]:
    return {
        new.backend.id_to_token(piece): [old.backend.id_to_token(its) for its in pieces]
        for piece, pieces in enumerate(old_pieces(old, new))
    }


def test_an_encoder_with_its_new_vocabulary_is_saved_and_loaded(tmp_path):
    old = sentence_piece()
    config = BertConfig(
        vocab_size=old.backend.get_vocab_size(),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=9,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    # Of the same attention as the loaded one: another one differs in the last bit.
    encoder = encoder_of(config, "eager").eval()
    transfer_embeddings(encoder, old, trained(old, tmp_path))
    encoder.save_pretrained(tmp_path / "encoder")
    loaded = pretrained_encoder(str(tmp_path / "encoder"), "eager").eval()
    known = {role: getattr(loaded.config, f"{role}_token_id") for role in ("pad", "bos", "eos")}
    assert known == {"pad": 1, "bos": 0, "eos": 2}
    assert loaded.config.vocab_size == SIZE
    ids = torch.tensor([[0, SIZE - 1, 7, 2]])
    assert torch.equal(loaded(ids).last_hidden_state, encoder(ids).last_hidden_state)


@given(st.text(alphabet="اأبتسلمنهويةىـَّ ()،.0123٣ﷺ\u200f", max_size=30))
def test_any_text_has_pieces_in_the_new_vocabulary(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp() / "any-text"
    folder.mkdir(exist_ok=True)
    new = trained(sentence_piece(), folder)
    words = split_words(text)
    pieces = new.encode([text], [words], 64)[0]
    assert len(pieces.counts) == len(words)
    assert (pieces.counts >= 1).all()
