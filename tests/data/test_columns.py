import pytest

from khabar.data.columns import Part, Row, line_kind, parse_token_line, split_parts
from khabar.data.errors import FormatError


def parts(*lines: str, cut_after: int | None = 2) -> list[Part]:
    rows = [Row(number, line) for number, line in enumerate(lines, start=1)]
    return list(split_parts(rows, None, cut_after))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("\n", "blank"),
        ("\t\r\n", "blank"),
        ("\u200e\n", "token"),
        ("\u2028\n", "token"),
        ("-DOCSTART- -X- O O\n", "start"),
        ("-DOCSTART-", "start"),
        ("$#$ O\n", "end"),
        ("$#$\r\n", "end"),
        ("$#$ B-ORG\n", "token"),
        ("$#$\u00a0O O\n", "token"),
        ("قطر B-GPE\n", "token"),
    ],
)
def test_a_line_has_a_kind(text: str, kind: str):
    assert line_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "column", "token", "labels"),
    [
        ("قطر B-GPE\n", None, "قطر", ["B-GPE"]),
        ("قطر\tB-GPE\r\n", None, "قطر", ["B-GPE"]),
        (" قطر   I-ORG  B-GPE ", None, "قطر", ["I-ORG", "B-GPE"]),
        ("قطر\tI-ORG\tO\tB-GPE", None, "قطر", ["I-ORG", "B-GPE"]),
        ("قطر\tI-ORG B-GPE\t", None, "قطر", ["I-ORG", "B-GPE"]),
        ("1 000\tO", None, "1\u00a0000", []),
        ("قطر NNP B-NP B-GPE", -1, "قطر", ["B-GPE"]),
        ("قطر NNP B-NP B-GPE", 2, "قطر", ["B-NP"]),
        ("رام\u00a0الله B-GPE", None, "رام\u00a0الله", ["B-GPE"]),
        ("دبي B-State-or-Province", None, "دبي", ["B-State-or-Province"]),
    ],
)
def test_a_line_is_a_token_and_its_labels(text, column, token, labels):
    assert parse_token_line(text, column) == (token, labels)


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("قطر", None, "has no label after 'قطر'"),
        ("قطر\t", None, "has no label after 'قطر'"),
        ("$#$ B-GPE", None, r"\$#\$ marks documents and holds no entity; label it O"),
        ("\tO", None, "has labels but no token"),
        ("قطر NNP B-GPE", None, "'NNP' is no label"),
        ("قطر S-GPE", None, "'S-GPE' is no label: O, B-TYPE and I-TYPE are"),
        ("قطر B-", None, "'B-' is no label"),
        ("قطر B-GPE", 3, "has 2 columns, so there is no label column 3"),
    ],
)
def test_a_line_that_is_not_so_is_an_error(text, column, reason):
    with pytest.raises(FormatError, match=reason):
        parse_token_line(text, column)


def test_a_part_ends_with_the_sentence_that_is_full():
    cut = parts("a O\n", "b O\n", "c O\n", "\n", "d O\n", "\n", "e O\n")
    assert [part.tokens for part in cut] == [["a", "b", "c"], ["d", "e"]]
    assert [part.sentence_starts for part in cut] == [{3}, {1}]


def test_after_a_mark_only_marks_cut():
    cut = parts("a O\n", "$#$ O\n", "b O\n", "\n", "c O\n", "\n", "d O\n", "$#$ O\n", "\n", "e O")
    assert [part.tokens for part in cut] == [["a"], ["b", "c", "d"], ["e"]]
    assert cut[1].groups[-1] == "d O\n$#$ O\n\n"


def test_a_start_without_tokens_is_an_empty_document():
    cut = parts("\n", "-DOCSTART- O\n", "\n", "-DOCSTART- O\n", "a O\n", "\n", "-DOCSTART- O\n")
    assert [part.tokens for part in cut] == [[], ["a"], []]
    assert [part.head for part in cut] == ["\n-DOCSTART- O\n\n", "-DOCSTART- O\n", "-DOCSTART- O\n"]


def test_ends_before_any_token_end_nothing():
    (part,) = parts("$#$ O\n", "\n", "a O\n", "b O\n")
    assert (part.head, part.tokens) == ("$#$ O\n\n", ["a", "b"])


def test_a_part_keeps_its_first_fault():
    rows = [Row(1, "a O"), Row(2, "b"), Row(3, "", fault="bad byte"), Row(4, "c X"), Row(5, "\n")]
    (part,) = split_parts(rows, None)
    assert part.fault is not None
    assert part.fault[0] == 2
