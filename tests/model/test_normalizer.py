"""Normalization inside a real tokenizer, against AraBERT's rules written down a second time."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from khabar.data.words import split_words
from khabar.model.normalizer import (
    arabert_normalizer,
    arabert_pre_tokenizer,
    arabert_preprocessing,
    arabic_normalizer,
)

LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
# Diacritics, tatweel, digits of three kinds, other letters, invisible characters, a ligature, a
# superscript, a combining hamza, and characters that AraBERT's own list keeps.
ODD = "َُّْٰـ٣٩۵ک\u200c\u200d\ufe0fﷲ²é\u0654ۚٱ٪"
ALPHABET = LETTERS + "xyZ0159" + ODD + "/-[](){}«»\"'،؛؟.:!…&•@#_%+"


def preprocess_slowly(text: str) -> str:
    """AraBERT v0.2's preprocessing step by step, without its URLs, mails, mentions and HTML."""
    text = re.sub("[\u064b-\u0652]", "", text)
    text = text.replace("\u0640", "")
    text = text.translate(str.maketrans("٠١٢٣٤٥٦٧٨٩", "0123456789"))
    text = re.sub(r"(\D)\1{2,}", r"\1\1", text, flags=re.DOTALL)
    text = re.sub(r"([^0-9\u0621-\u063A\u0641-\u064A\u0660-\u0669a-zA-Z\[\]])", r" \1 ", text)
    text = re.sub(r"(\d+)([\u0621-\u063A\u0641-\u064A\u0660-\u066C]+)", r" \1 \2 ", text)
    text = re.sub(r"([\u0621-\u063A\u0641-\u064A\u0660-\u066C]+)(\d+)", r" \1 \2 ", text)
    text = text.replace("/", "-")
    kept = set(
        string.ascii_letters + string.digits + "!\"#$%'()*+,.:;-<=·>?@[\\]^_`{|}~—٪’،؟୍“؛”ۚ»«–…‘"
    )
    for first, last in [(0x621, 0x63A), (0x640, 0x66C), (0x671, 0x674)]:
        kept |= {chr(code) for code in range(first, last + 1)}
    return " ".join("".join(c if c in kept or c.isspace() else " " for c in text).split())


def word_piece(alphabet: str) -> Tokenizer:
    """A tokenizer of AraBERT's kind that knows every character and a few words."""
    inside = ["##" + character for character in alphabet]
    pieces = ["[UNK]", *alphabet, *inside, "عام", "كتاب", "##ات", "2019", "20", "##19"]
    vocabulary = {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=False)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return backend


def with_arabert(own: Tokenizer) -> Tokenizer:
    backend = Tokenizer.from_str(own.to_str())
    backend.normalizer = normalizers.Sequence([arabert_normalizer(), own.normalizer])
    backend.pre_tokenizer = arabert_pre_tokenizer(own.pre_tokenizer)
    return Tokenizer.from_str(backend.to_str())  # as it comes back from tokenizer.json


OWN = word_piece("".join(dict.fromkeys(ALPHABET + string.digits)))
OURS = with_arabert(OWN)


def pieces_by_word(text: str) -> list[str]:
    words = [text[start:end] for start, end in split_words(text)]
    tokens: list[str] = OURS.encode(words, is_pretokenized=True).tokens
    return tokens


@given(st.text(ALPHABET, min_size=1, max_size=12))
def test_a_word_has_the_pieces_that_arabert_would_see(word: str) -> None:
    ours = OURS.encode([word], is_pretokenized=True).tokens
    assert ours == OWN.encode(preprocess_slowly(word)).tokens


@pytest.mark.parametrize(
    ("word", "pieces"),
    [
        ("2019م", ["2019", "م"]),
        ("م2019", ["م", "2019"]),
        ("٢٠١٩م", ["2019", "م"]),
        ("x20ب", ["x", "20", "ب"]),
        ("20بx", ["20", "ب", "x"]),
        ("xب20", ["x", "ب", "20"]),
        ("كتــــابات", ["كتاب", "##ات"]),
        ("كِتَابَاتٌ", ["كتاب", "##ات"]),
        ("ههههه", ["ه", "##ه"]),
        ("1111", ["1", "##1", "##1", "##1"]),
        ("/", ["-"]),
        ("عام\u200cعام", ["عام", "عام"]),
        ("عامﷲ", ["عام"]),
        ("ﷲ", []),
    ],
)
def test_words_worked_by_hand(word: str, pieces: list[str]) -> None:
    assert OURS.encode([word], is_pretokenized=True).tokens == pieces


def test_a_text_read_word_by_word_has_the_pieces_of_the_preprocessed_text() -> None:
    text = 'في عام 2019م، أُعيد طبعُ "كتابـات" (٣٥٠٠ نسخة) بسعر 12.5٪ أقل… والسلام/التحية'
    assert pieces_by_word(text) == OWN.encode(preprocess_slowly(text)).tokens


def test_emojis_stay_for_the_models_that_know_them() -> None:
    backend = with_arabert(word_piece(ALPHABET + "😀"))
    assert backend.encode(["😀"], is_pretokenized=True).tokens == ["😀"]


def test_the_split_does_not_depend_on_the_encoders_own() -> None:
    backend = with_arabert(word_piece(ALPHABET))
    backend.pre_tokenizer = arabert_pre_tokenizer(None)
    tokens = backend.encode(["2019م", "عام\u200cعام"], is_pretokenized=True).tokens
    assert tokens == ["2019", "م", "عام", "عام"]


@pytest.mark.parametrize(
    ("written", "normalized"),
    [
        ("العَرَبِيَّةُ", "العربية"),
        ("الرحمٰن", "الرحمن"),
        ("رحيـــــم", "رحيم"),
        ("قُلۡ هُوَ ٱللَّهُ أَحَدٌ ۝", "قل هو ٱلله أحد ۝"),
        ("ك\u200dت\u200cا\u00adب\u200f\ufeff\u061c\ufe0f", "كتاب"),
        ("۞ ۩ \u08e2", "۞ ۩ \u08e2"),
        ("ا\u0654\u0653", "ا\u0654\u0653"),
        ("2019م/ههههه ﷺ 😀", "2019م/ههههه ﷺ 😀"),
    ],
)
def test_marks_tatweel_and_invisible_characters_are_deleted_and_nothing_else(
    written: str, normalized: str
) -> None:
    backend = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    backend.normalizer = arabic_normalizer()
    loaded = Tokenizer.from_str(backend.to_str()).normalizer
    assert loaded is not None
    assert loaded.normalize_str(written) == normalized


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("aubmindlab/bert-base-arabertv02", "v02"),
        ("aubmindlab/bert-large-arabertv02-twitter", "v02"),
        ("aubmindlab/araelectra-base-discriminator", "v02"),
        ("/models/AraBERTv02/", "v02"),
        ("me/bert-base-arabertv02-ner", "v02"),
        ("/c/models--aubmindlab--bert-base-arabertv02/snapshots/016fb9d", "v02"),
        ("aubmindlab/bert-base-arabert", "farasa"),
        ("aubmindlab/bert-base-arabertv2", "farasa"),
        ("aubmindlab/bert-large-arabertv2", "farasa"),
        ("./bert-base-arabertv2-ner", "farasa"),
        ("aubmindlab/bert-base-arabertv01", "none"),
        ("UBC-NLP/MARBERTv2", "none"),
        ("intfloat/multilingual-e5-small", "none"),
        ("arabertv02/bundled", "none"),
        ("", "none"),
    ],
)
def test_the_name_tells_the_preprocessing(name: str, rules: str) -> None:
    assert arabert_preprocessing(name) == rules
