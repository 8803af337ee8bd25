import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from khabar.data.words import split_words

# Default_Ignorable_Code_Point, copied from Unicode's DerivedCoreProperties.txt.
IGNORABLE_RANGES = [
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
]
IGNORABLE = {chr(code) for first, last in IGNORABLE_RANGES for code in range(first, last + 1)}

ADVERSARIAL = st.text(
    st.sampled_from(
        "ابلةىءؤ"  # letters
        "\u064b\u064f\u0651\u0652\u0670\u06e1"  # tanwin, damma, shadda, sukun, dagger alif, Quranic
        "\u0640"  # tatweel
        "\ufdfa\ufdf2\ufefb\ufe91\ufe8e"  # ﷺ, ﷲ and presentation forms
        "\u200b\u200c\u200d\u2060\ufeff\u00ad\ufe0f"  # zero width, soft hyphen, variation
        "\u200e\u200f\u202a\u202b\u202c\u202e\u2066\u2067\u2069\u061c"  # directions
        "٠١٩۴\u066b\u066c٪3"  # digits of three kinds and their signs
        "،؛؟.()«»-_/#@\u06dd"  # punctuation; the last is a visible format character
        " \t\n\r\u00a0\u2028\x00\x1f\x85"  # spaces and controls
        "\ud800\udfff\ufffd\U0001f468\U0001f3fd"  # lone surrogates, astral
        "Aé"
    ),
    max_size=60,
)
ANY_UNICODE = st.text(st.characters(), max_size=60)  # lone surrogates and unassigned included
ASSIGNED = st.text(st.characters(exclude_categories=["Cn"]), max_size=60)


def kind(character: str) -> str:
    """Return ``joined``, ``alone``, ``ignorable`` or ``blank``, from Python's own tables."""
    if character in IGNORABLE:
        return "ignorable"
    category = unicodedata.category(character)
    if category[0] in "LMN":
        return "joined"
    return "blank" if category[0] == "Z" or category == "Cc" else "alone"


def split_slowly(text: str) -> list[tuple[int, int]]:
    """Walk the text once, as the rule is written, without a regular expression."""
    words: list[tuple[int, int]] = []
    growing = False
    for index, character in enumerate(text):
        this = kind(character)
        if this == "joined" and growing:
            words[-1] = (words[-1][0], index + 1)
        elif this in {"joined", "alone"}:
            words.append((index, index + 1))
        growing = this == "joined" or (growing and this == "ignorable")
    return words


@settings(deadline=None)
@given(ANY_UNICODE | ADVERSARIAL)
@example("\ud800\udc00")
@example("\x00")
def test_words_are_ordered_disjoint_and_lie_in_the_text(text):
    edges = [edge for span in split_words(text) for edge in span]
    assert all(start < end for start, end in split_words(text))
    assert edges == sorted(edges)
    assert not edges or (edges[0] >= 0 and edges[-1] <= len(text))


@settings(deadline=None)
@given(ASSIGNED | ADVERSARIAL)
def test_every_visible_character_is_in_exactly_one_word(text):
    inside = [index for start, end in split_words(text) for index in range(start, end)]
    visible = [i for i, c in enumerate(text) if kind(c) in {"joined", "alone"}]
    assert len(set(inside)) == len(inside)
    assert set(visible) <= set(inside)
    assert {kind(text[i]) for i in set(inside) - set(visible)} <= {"ignorable"}


@settings(deadline=None, max_examples=300)
@given(ASSIGNED | ADVERSARIAL)
@example("ا\u200d\u200f.\u200dب")
@example("\u200dا\u200d")
def test_words_equal_those_of_a_slow_walk_over_pythons_own_tables(text):
    assert split_words(text) == split_slowly(text)


@settings(deadline=None)
@given(ADVERSARIAL, ADVERSARIAL)
def test_a_space_keeps_the_words_of_both_sides_apart(left, right):
    shift = len(left) + 1
    moved = [(start + shift, end + shift) for start, end in split_words(right)]
    assert split_words(f"{left} {right}") == split_words(left) + moved


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\r\n\u00a0\u2028\x00\x85", []),
        ("\u200b\u200d\u200e\u202b\u2069\ufeff\u00ad\ufe0f", []),
        ("قال الوزير إنه غادر.", ["قال", "الوزير", "إنه", "غادر", "."]),
        ("(داعش)", ["(", "داعش", ")"]),
        ("( داعش )", ["(", "داعش", ")"]),
        ("«الأهرام»،", ["«", "الأهرام", "»", "،"]),
        ("شكرًا", ["شكرًا"]),
        ("رسمياً،", ["رسمياً", "،"]),  # a mark at the end belongs to the word
        ("مُحَمَّدٌ", ["مُحَمَّدٌ"]),
        ("الــــرياض", ["الــــرياض"]),
        ("ـ", ["ـ"]),  # a lone tatweel is a letter
        ("\u064b", ["\u064b"]),  # a mark without a letter is visible
        ("هاااااام!!", ["هاااااام", "!", "!"]),
        ("النبي ﷺ قال", ["النبي", "ﷺ", "قال"]),
        ("النبيﷺ", ["النبيﷺ"]),  # a letter to Unicode, so part of the run
        ("ﻻﻡ", ["ﻻﻡ"]),
        ("١٢ مارس ٢٠٢٤م", ["١٢", "مارس", "٢٠٢٤م"]),
        ("٣٫٥٪", ["٣", "٫", "٥", "٪"]),
        ("3,500 دولار", ["3", ",", "500", "دولار"]),
        ("2016-2017", ["2016", "-", "2017"]),
        ("كأس2022", ["كأس2022"]),
        ("#رؤية_2030", ["#", "رؤية", "_", "2030"]),
        ("د.أحمد", ["د", ".", "أحمد"]),
        ("news@site.org", ["news", "@", "site", ".", "org"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # a non-joiner inside stays inside
        ("عا\u00adجل", ["عا\u00adجل"]),
        ("بيان\u200bرسمي", ["بيان\u200bرسمي"]),  # a zero-width space is no space
        ("بيان\u00a0رسمي", ["بيان", "رسمي"]),
        ("\u200fالقاهرة\u200f", ["القاهرة"]),  # invisible edges belong to no word
        ("\u202bبيروت\u202c.", ["بيروت", "."]),
        ("\ufeffعاجل", ["عاجل"]),
        ("ا\u200d\u200fب", ["ا\u200d\u200fب"]),
        ("(\u200f)", ["(", ")"]),
        ("A\x00B", ["A", "B"]),
        ("\ud800\udc00x", ["\ud800", "\udc00", "x"]),
        ("1\ufe0f\u20e3", ["1\ufe0f\u20e3"]),  # a keycap: its mark encloses the digit
        ("\U0001f468\u200d\U0001f469", ["\U0001f468", "\U0001f469"]),
        ("e\u0301t\u00e9", ["e\u0301t\u00e9"]),
    ],
)
def test_words_of_cases_worked_by_hand(text, words):
    spans = split_words(text)
    assert [text[start:end] for start, end in spans] == words


def test_offsets_count_code_points_also_beyond_the_basic_plane():
    assert split_words("\U0001f600 \U0001d11e بغداد") == [(0, 1), (2, 3), (4, 9)]


@pytest.mark.parametrize("unit", ["\u200d", "ا\u200d", "\u064b", "(", "وزارة ", "\ud800"])
def test_a_long_run_of_one_kind_is_read_to_its_end(unit):
    """A rule that backtracks would not come back from these."""
    text = "ا" + unit * 200_000
    assert split_words(text) == split_slowly(text)
