"""Words to pieces, on tokenizers of the kinds that encoders have."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel

from khabar.data.errors import ModelError
from khabar.data.windows import Window
from khabar.data.words import split_words
from khabar.model.tokenizer import (
    MAX_WORD_PIECES,
    DocumentPieces,
    SpecialPieces,
    WordTokenizer,
    encoder_tokenizer,
    read_backend,
)
from tests.tiny import SENTENCES

LIMIT = 100
TEXTS = st.text(
    st.one_of(st.sampled_from("اأبتسلمنهويةىـَّ ()،.0123٣ﷺ\u200f\u200c\x00\n"), st.characters()),
    max_size=40,
)


def word_piece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=200, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def sentence_piece() -> Tokenizer:
    """Of XLM-R's kind, as the bundled encoder's."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=150,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", 2), ("<s>", 0), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def byte_level() -> Tokenizer:
    """Of ModernBERT's kind: any text has pieces, and none is unknown."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["[PAD]"],
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    return tokenizer


KINDS = {"WordPiece": word_piece, "Unigram": sentence_piece, "BPE": byte_level}
PADS = {"WordPiece": 0, "Unigram": 1, "BPE": 0}


@pytest.fixture(scope="module", params=list(KINDS))
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory) -> WordTokenizer:
    return loaded(request.param, tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> WordTokenizer:
    return loaded("WordPiece", tmp_path_factory.mktemp("encoder"))


def loaded(kind: str, folder: Path) -> WordTokenizer:
    KINDS[kind]().save(str(folder / "tokenizer.json"))
    return encoder_tokenizer(str(folder), pad=PADS[kind])


def encode(tokenizer: WordTokenizer, text: str, limit: int = LIMIT) -> DocumentPieces:
    return tokenizer.encode([text], [split_words(text)], limit)[0]


@given(TEXTS)
def test_every_word_has_pieces_and_they_are_all_there_are(tokenizer, text):
    pieces = encode(tokenizer, text)
    assert len(pieces.counts) == len(split_words(text))
    assert int(pieces.counts.sum()) == len(pieces.ids)
    assert (pieces.counts >= 1).all()
    assert (pieces.counts <= MAX_WORD_PIECES).all()


@settings(max_examples=50)
@given(st.lists(TEXTS, min_size=2, max_size=4))
def test_a_word_s_pieces_do_not_depend_on_its_neighbours_nor_texts_on_each_other(tokenizer, texts):
    alone = [encode(tokenizer, text[s:e]) for text in texts for s, e in split_words(text)]
    together = tokenizer.encode(texts, [split_words(text) for text in texts], LIMIT)
    assert [i for p in together for i in p.ids] == [i for p in alone for i in p.ids]
    assert [c for p in together for c in p.counts] == [c for p in alone for c in p.counts]


def test_spaces_around_a_word_change_no_piece(tokenizer):
    spaced, joined = encode(tokenizer, "قال ( داعش ) أمس"), encode(tokenizer, "قال (داعش) أمس")
    assert spaced.ids.tolist() == joined.ids.tolist()
    assert spaced.counts.tolist() == joined.counts.tolist()


def test_a_word_that_leaves_no_piece_is_read_as_unknown(tokenizer):
    text = "ـ قال ـَ ـ"
    pieces = encode(tokenizer, text)
    said = encode(tokenizer, "قال").ids.tolist()
    unknown = tokenizer.special.unknown
    assert pieces.counts.tolist() == [1, len(said), 1, 1]
    assert pieces.ids.tolist() == [unknown, *said, unknown, unknown]


def test_what_is_unknown_depends_on_the_kind(tmp_path):
    unknown = {kind: loaded(kind, tmp_path).special.unknown for kind in KINDS}
    assert unknown == {"WordPiece": 1, "Unigram": 3, "BPE": 0}  # BPE: padding stands for nothing


def test_special_pieces_are_those_that_the_encoder_expects(tmp_path):
    special = {kind: loaded(kind, tmp_path).special for kind in KINDS}
    assert special == {
        "WordPiece": SpecialPieces(prefix=(2,), suffix=(3,), pad=0, unknown=1),
        "Unigram": SpecialPieces(prefix=(0,), suffix=(2,), pad=1, unknown=3),
        "BPE": SpecialPieces(prefix=(), suffix=(), pad=0, unknown=0),
    }


def test_a_lone_surrogate_is_read_as_the_replacement_character(tokenizer):
    broken, replaced = (
        encode(tokenizer, "قال \ud800 أ\udfff"),
        encode(tokenizer, "قال \ufffd أ\ufffd"),
    )
    assert broken.ids.tolist() == replaced.ids.tolist()
    assert len(broken.counts) == 4


@pytest.mark.parametrize(("limit", "most"), [(10, 10), (63, 63), (510, MAX_WORD_PIECES)])
def test_a_long_word_is_read_by_its_first_pieces_and_fits_a_window(tmp_path, limit, most):
    tokenizer = loaded("BPE", tmp_path)
    long = "ض" * 3000
    pieces = encode(tokenizer, f"قال {long} أمس", limit)
    first, last = (encode(tokenizer, word).ids.tolist() for word in ("قال", "أمس"))
    assert pieces.counts.tolist() == [len(first), most, len(last)]
    start = encode(tokenizer, long[:200], limit=1000).ids.tolist()[:most]
    assert pieces.ids.tolist() == [*first, *start, *last]


def test_no_words_have_no_pieces(tokenizer):
    pieces = encode(tokenizer, " \n\u200f")
    assert pieces.ids.tolist() == pieces.counts.tolist() == []
    assert tokenizer.encode([], [], LIMIT) == []


def test_a_window_holds_its_words_between_the_special_pieces(tokenizer):
    pieces = DocumentPieces(ids=np.arange(10, 17), counts=np.array([2, 1, 3, 1]))
    window = tokenizer.window(pieces, Window(1, 3, 1, 2))
    prefix, suffix = tokenizer.special.prefix, tokenizer.special.suffix
    assert window.ids.tolist() == [*prefix, 12, 13, 14, 15, *suffix]
    assert window.word_of_piece.tolist() == [-1] * len(prefix) + [0, 1, 1, 1] + [-1] * len(suffix)
    assert window.words == 2
    assert window.ids.dtype == window.word_of_piece.dtype == np.int64
    assert tokenizer.specials == len(prefix) + len(suffix)


@settings(max_examples=50)
@given(TEXTS)
def test_a_saved_tokenizer_normalizes_as_before(tokenizer, tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp()
    tokenizer.save(folder)
    again = WordTokenizer(read_backend(folder / "tokenizer.json"), tokenizer.special)
    assert encode(again, text).ids.tolist() == encode(tokenizer, text).ids.tolist()


@pytest.mark.parametrize("name", ["bert-base-arabertv02", "my-encoder"])
def test_an_encoder_that_we_pretrained_has_our_normalizer_once(tmp_path, name):
    (tmp_path / name).mkdir()
    first = loaded("WordPiece", tmp_path / name)
    for folder in (name, "renamed"):
        (tmp_path / folder).mkdir(exist_ok=True)
        first.save(tmp_path / folder)
        again = encoder_tokenizer(str(tmp_path / folder), pad=PADS["WordPiece"])
        assert again.backend.to_str() == first.backend.to_str()


def test_diacritics_and_tatweel_change_no_piece(bert):
    assert encode(bert, "قَالَ وزيـــر").ids.tolist() == encode(bert, "قال وزير").ids.tolist()


@pytest.mark.parametrize(
    ("name", "splits"),
    [("bert-base-arabertv02", True), ("bert-base-arabertv01", False), ("my-encoder", False)],
)
def test_an_encoder_named_as_arabert_is_given_arabert_s_rules(tmp_path, name, splits):
    folder = tmp_path / name
    folder.mkdir()
    tokenizer = loaded("WordPiece", folder)
    year, letter = (encode(tokenizer, part).ids.tolist() for part in ("2023", "م"))
    found = encode(tokenizer, "٢٠٢٣م")
    assert (found.ids.tolist() == year + letter) == splits
    assert len(found.counts) == 1


@pytest.mark.parametrize("name", ["bert-base-arabert", "bert-large-arabertv2"])
def test_an_arabert_that_wants_farasa_is_refused(tmp_path, name):
    with pytest.raises(ModelError, match=f"{name}: .*segmented by Farasa.*use aubmindlab/bert"):
        encoder_tokenizer(str(tmp_path / name), pad=0)


def test_an_encoder_without_a_tokenizer_is_refused(tmp_path):
    """For BERT's classes transformers 5 makes up a tokenizer of special pieces, without a word."""
    BertModel(
        BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, vocab_size=9)
    ).save_pretrained(tmp_path)
    message = r"no fast tokenizer could be loaded \(it has no vocabulary\).*tokenizer\.json"
    for name in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ModelError, match=message if name == tmp_path else "no fast tokenizer"):
            encoder_tokenizer(str(name), pad=0)


def test_a_damaged_tokenizer_is_refused(tmp_path, tiny_encoder):
    shutil.copy(tiny_encoder / "tokenizer.json", tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged: .*copy it again"):
        encoder_tokenizer(str(tmp_path), pad=0)
