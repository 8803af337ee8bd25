import pytest
from hypothesis import given
from hypothesis import strategies as st

from khabar.data.bio import Mention, decode_labels, encode_labels
from khabar.data.errors import FormatError

TOKENS = 8
EXTENTS = st.tuples(st.integers(0, TOKENS - 1), st.integers(1, TOKENS)).filter(
    lambda e: e[0] < e[1]
)
MENTIONS = st.builds(lambda type, extent: Mention(type, *extent), st.sampled_from("AB"), EXTENTS)
LABELS = st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"])


def cross(first: Mention, second: Mention) -> bool:
    return first.start < second.start < first.end < second.end


@pytest.mark.parametrize(
    ("lines", "mentions", "orphans"),
    [
        ("O|B-A|I-A|O", [Mention("A", 1, 3)], 0),
        ("B-A|B-A", [Mention("A", 0, 1), Mention("A", 1, 2)], 0),
        ("I-A|I-A|I-B", [Mention("A", 0, 2), Mention("B", 2, 3)], 2),
        ("B-A|I-A B-B|I-B", [Mention("A", 0, 2), Mention("B", 1, 3)], 0),
        # A school inside the name of its club, and its town inside both.
        (
            "B-A|I-A B-A|I-A I-A B-B",
            [Mention("A", 0, 3), Mention("A", 1, 3), Mention("B", 2, 3)],
            0,
        ),
        # One I- continues the outer one; the inner one is over.
        ("B-A|I-A B-A|I-A", [Mention("A", 0, 3), Mention("A", 1, 2)], 0),
        ("B-A|I-A I-A", [Mention("A", 0, 2), Mention("A", 1, 2)], 1),
        ("B-A B-A|I-A", [Mention("A", 0, 2), Mention("A", 0, 1)], 0),
        ("B-A|B-A I-A|I-A", [Mention("A", 0, 3), Mention("A", 1, 2)], 0),
        ("B-A-B|I-A-B", [Mention("A-B", 0, 2)], 0),
    ],
)
def test_labels_stand_for_mentions(lines: str, mentions: list[Mention], orphans: int):
    tokens = [line.split() for line in lines.split("|")]
    assert decode_labels(tokens) == (mentions, orphans)


def test_no_mention_crosses_the_start_of_a_sentence():
    mentions, orphans = decode_labels([["B-A"], ["I-A"], ["I-A"]], {2})
    assert mentions == [Mention("A", 0, 2), Mention("A", 2, 3)]
    assert orphans == 1


@given(st.lists(MENTIONS, max_size=6))
def test_mentions_come_back_from_their_labels(mentions: list[Mention]):
    crossing = [(a, b) for a in mentions for b in mentions if a.type == b.type and cross(a, b)]
    if crossing:
        with pytest.raises(FormatError, match="two [AB] cross, over the tokens"):
            encode_labels(mentions, TOKENS)
    else:
        decoded, orphans = decode_labels(encode_labels(mentions, TOKENS))
        assert orphans == 0
        assert decoded == sorted(mentions, key=lambda m: (m.start, -m.end))


@given(st.lists(st.lists(LABELS, max_size=3), max_size=TOKENS), st.sets(st.integers(1, TOKENS)))
def test_whatever_labels_say_can_be_said_again(tokens: list[list[str]], starts: set[int]):
    mentions, _ = decode_labels(tokens, starts)
    again, orphans = decode_labels(encode_labels(mentions, len(tokens)), starts)
    assert (again, orphans) == (mentions, 0)


def test_mentions_that_cross_are_named_by_their_tokens():
    with pytest.raises(FormatError, match="two ORG cross, over the tokens 0 to 1 and 1 to 2"):
        encode_labels([Mention("ORG", 1, 3), Mention("ORG", 0, 2)], 3)
