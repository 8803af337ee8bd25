"""Tiny models on real ground: an encoder of AraBERT's classes with random weights, in a folder.

Nothing here comes from a hub: the vocabulary is trained on the sentences below.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel

from khabar.model.storage import save_pretrained
from khabar.train.config import CorpusConfig, RunConfig
from khabar.train.setup import build_model

SENTENCES = (
    "قال وزير الخارجية إن المحادثات في تونس كانت بناءة .",
    "افتتح رئيس الجامعة مكتبة جديدة في مدينة طرابلس يوم الأحد .",
    "أعلنت شركة النسيم ( عمان ) أن أرباحها بلغت 12 مليون دولار في 2023 .",
    "فاز فريق الميناء على ضيفه بثلاثة أهداف مقابل هدف .",
    "يعمل سامي الحداد في بنك لبنان منذ عشر سنوات ، وفق بيان للبنك .",
    "تجاور موريتانيا دولا عدة ، وتبعد عن السودان آلاف الكيلومترات .",
    "توقعت هيئة الأرصاد هطول أمطار غزيرة على الساحل صباح الغد .",
    "زارت ليلى النجار صحيفة الفجر ونقابة الصيادين أمس .",
)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def tiny_model(folder: Path) -> Path:
    """Save a random BertModel and its WordPiece tokenizer, as a user would name AraBERT."""
    tokenizer = _tokenizer()
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=tokenizer.token_to_id("[PAD]"),
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def tiny_khabar_model(folder: Path, schema: str = "wojood") -> Path:
    """Save an untrained Khabar model on such an encoder: complete, and as good as guessing."""
    encoder = tiny_model(folder.with_name(f"{folder.name}-encoder"))
    config = RunConfig(
        name="tiny",
        output=str(folder),
        label_schema=schema,
        encoder=str(encoder),
        corpora=(CorpusConfig(path="none"),),
    )
    torch.manual_seed(8)
    save_pretrained(build_model(config), folder, card="# tiny\n")
    return folder


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    ends = [(piece, tokenizer.token_to_id(piece)) for piece in ("[SEP]", "[CLS]")]
    tokenizer.post_processor = processors.BertProcessing(*ends)
    return tokenizer
