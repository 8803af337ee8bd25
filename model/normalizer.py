"""Normalization, as parts of a tokenizer: what a word becomes before it is cut into pieces.

Leaves: ``tokenizers`` objects, which are saved in ``tokenizer.json``, so that a model folder
normalizes as it was trained to. They are given one word at a time; spans never come from them, so
that they may delete and insert as they like. Knows no vocabulary and loads no model.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Literal

import msgspec
from tokenizers import Regex
from tokenizers.normalizers import Normalizer, Replace, Sequence
from tokenizers.pre_tokenizers import PreTokenizer, Split, WhitespaceSplit
from tokenizers.pre_tokenizers import Sequence as PreTokenizers

_TASHKEEL = r"\u064b-\u0652"
_TATWEEL = r"\u0640"

# Superscript alef, honorific signs above a letter and Quranic marks. The ends of an ayah (U+06DD,
# U+08E2) and two other signs between them (U+06DE, U+06E9) are symbols that stand alone. The
# combining madda and hamza (U+0653 to U+0655) stay: they make another letter of the one below.
_OTHER_MARKS = (
    r"\u0610-\u061a\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    r"\u08d3-\u08e1\u08e3-\u08ff"
)

# The characters of AraBERT v0.2's preprocessing, which its source writes as these ranges.
_LETTER = r"[\u0621-\u063a\u0641-\u064a]"
_DIGIT = "[0-9]"
_ALONE = r"[^0-9\u0621-\u063a\u0641-\u064aa-zA-Z\[\]]"
_KEPT = r"0-9\u0621-\u063a\u0640-\u066c\u0671-\u0674a-zA-Z\[\]!\"#$%'()*+,.:;\-<=>?@\\^_`{|}~\s"
_KEPT_ELSEWHERE = r"·—٪’،؟୍“؛”ۚ»«–…‘"

AraBertRules = Literal["none", "v02", "farasa"]
"""Which of AraBERT's preprocessings an encoder was trained with."""

_FARASA = re.compile(r"bert-(base|large)-arabert(v[12])?(?![a-z0-9])")
_V02 = re.compile(r"arabert[-_]?v0[._]?2|araelectra")


def arabic_normalizer() -> Normalizer:
    """Delete diacritics, Quranic marks, tatweel and invisible characters.

    Invisible is what Unicode calls default ignorable, as in ``data/words.py``.
    """
    return _delete(rf"[{_TASHKEEL}{_TATWEEL}{_OTHER_MARKS}\p{{Default_Ignorable_Code_Point}}]")


def arabert_normalizer() -> Normalizer:
    """Apply AraBERT v0.2's preprocessing to a word, together with ``arabert_pre_tokenizer``.

    The rules are those of ``ArabertPreprocessor("bert-base-arabertv02")``, as ``_preprocess_v2``
    of aub-mind/arabert's ``preprocess.py`` has them. Here: tashkeel and tatweel are deleted,
    Arabic-Indic digits become European ones, a third and further repetition of anything but a
    digit is deleted, a slash becomes a dash, and any other character than those it lists becomes
    a space. Invisible characters and the superscript alef are among those, so that a word is cut
    there: as odd as it is, the encoder was trained on this.

    Left out is what spans several words: HTML entities and tags, the replacement of URLs, mail
    addresses and mentions, and the repetition of punctuation, since each mark is a word.

    Emojis stay, where ``ArabertPreprocessor`` deletes them for all but the Twitter models. Those
    have them in their vocabulary, and to the others they are unknown, as an empty word is.
    """
    return Sequence(
        [
            _delete(rf"[{_TASHKEEL}{_TATWEEL}]"),
            *(Replace(arabic, str(digit)) for digit, arabic in enumerate("٠١٢٣٤٥٦٧٨٩")),
            _delete(r"(\P{Nd})(?=\1\1)"),  # (\D)\1{2,} to \1\1 without a group in the replacement
            Replace("/", "-"),
            Replace(Regex(rf"[^{_KEPT}{_KEPT_ELSEWHERE}\p{{Extended_Pictographic}}]"), " "),
        ]
    )


def holds_ours(normalizer: Normalizer | None) -> bool:
    """Whether one of our normalizers is part of this one, as in an encoder that we pretrained."""
    steps = [] if normalizer is None else _steps(msgspec.json.decode(normalizer.__getstate__()))
    ours = (arabic_normalizer(), arabert_normalizer())
    wanted = [_steps(msgspec.json.decode(one.__getstate__())) for one in ours]
    return any(all(step in steps for step in own) for own in wanted)


def arabert_pre_tokenizer(own: PreTokenizer | None) -> PreTokenizer:
    """Split a word where AraBERT v0.2's preprocessing puts spaces, then as the encoder does.

    That is around all but Latin and Arabic letters, digits and square brackets, and between
    digits and Arabic letters: ``2019م`` is ``2019`` and ``م``. The normalizer cannot put spaces
    in: after a replacement of an empty match the next one panics (tokenizers 0.23).

    Args:
        own: the encoder's own pre-tokenizer, if it has one.
    """
    return PreTokenizers(
        [
            WhitespaceSplit(),
            _isolate(_ALONE),
            *_split_between(_DIGIT, _LETTER),
            *_split_between(_LETTER, _DIGIT),
            *([own] if own is not None else []),
        ]
    )


def arabert_preprocessing(name: str) -> AraBertRules:
    """Tell by an encoder's name or folder which of AraBERT's preprocessings it was trained with.

    ========== ================================================================================
    ``v02``    AraBERT v0.2 (``bert-base-arabertv02``, ``bert-large-arabertv02``, both also with
               ``-twitter``) and AraELECTRA (``araelectra-base-discriminator`` and its kin)
    ``farasa`` AraBERT v1 and v2 (``bert-base-arabert``, ``bert-base-arabertv2``,
               ``bert-large-arabertv2``), on text that Farasa segmented
    ``none``   any other encoder. AraBERT v0.1 (``bert-base-arabertv01``) too: it is not segmented
               and its older rules leave digits, letters and rare characters as they are
    ========== ================================================================================

    The last part of the name decides, in either case, and a model fine-tuned from one of these is
    recognised if its name begins with that one's. In a hub's cache, whose folders are called after
    a hash, the name is that of the repository.
    """
    parts = PurePath(name.lower()).parts
    in_cache = len(parts) > 2 and parts[-2] == "snapshots"
    model = parts[-3 if in_cache else -1] if parts else ""
    if _V02.search(model):
        return "v02"
    return "farasa" if _FARASA.search(model) else "none"


def _delete(pattern: str) -> Normalizer:
    return Replace(Regex(pattern), "")


def _isolate(pattern: str) -> PreTokenizer:
    return Split(Regex(pattern), "isolated")


def _split_between(first: str, second: str) -> list[PreTokenizer]:
    r"""Return ``(first+)(second+)`` to `` \1 \2 ``, for two classes of characters."""
    return [_isolate(f"{first}+{second}+"), _isolate(f"{first}+(?={second})")]


def _steps(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a normalizer does, step by step, from its state as ``tokenizer.json`` has it."""
    parts: list[dict[str, Any]] | None = state.get("normalizers")
    return [state] if parts is None else [step for part in parts for step in _steps(part)]
