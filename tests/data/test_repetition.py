import msgspec
import pytest

from khabar.data.records import Document
from khabar.data.repetition import frequent_mentions, repeated_share, shared_mentions
from tests.marked import marked

EIGHT = "هطل المطر على الطريق صباح أمس ثم توقف"


def test_mentions_of_a_type_are_counted_the_most_frequent_first():
    documents = [
        marked("⟨1:PERS|ليلى⟩ ⟨2:PERS|سامي⟩ ⟨3:GPE|تونس⟩"),
        marked("⟨1:PERS|سامي⟩ ⟨2:PERS|سامي الحداد⟩"),
    ]
    assert frequent_mentions(documents, "PERS") == [("سامي", 2), ("ليلى", 1), ("سامي الحداد", 1)]
    assert frequent_mentions(documents, "ORG") == []


def test_a_sequence_of_eight_words_in_two_documents_is_repeated():
    """Three sequences, of which one is in both."""
    documents = [Document(id="1", text=f"{EIGHT} فجأة ."), Document(id="2", text=EIGHT)]
    assert repeated_share(documents) == pytest.approx(1 / 3)


def test_a_sequence_that_one_document_repeats_is_not():
    assert repeated_share([Document(id="1", text=f"{EIGHT} {EIGHT}")]) == 0


def test_short_documents_have_no_sequence():
    assert repeated_share([]) == 0
    assert repeated_share([Document(id=id, text="هطل المطر") for id in "ab"]) == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("⟨1:PERS|سامي الحداد⟩", "⟨1:PERS|ليلى⟩"),
        ("⟨1:ORG|بنك ⟨2:GPE|قطر⟩⟩", "⟨1:ORG|الشركة⟩"),
        ("⟨1:ORG|⟨2:GPE|قطر⟩ للطيران⟩", "⟨1:ORG|الشركة⟩"),
        ("⟨1:ORG|شركة «النسيم»⟩", "⟨1:ORG|النسيم⟩"),
        ("⟨1:PERS|سامي الحداد⟩ ⟨2:PERS|ليلى⟩", "⟨1:PERS|ليلى⟩ ⟨2:PERS|هدى النجار⟩"),
        ("⟨1:PERS|سامي⟩ ⟨2:GPE|\u200f⟩ زار", "⟨1:PERS|ليلى⟩ زار"),
        ("و⟨1:PERS|سامي⟩", "⟨1:PERS|هدى⟩"),
    ],
)
def test_masked_every_outermost_mention_is_one_word_its_type(first: str, second: str):
    documents = [marked(f"{EIGHT} {part} {EIGHT}") for part in (first, second)]
    assert repeated_share(documents, masked=True) == 1
    assert repeated_share(documents) < 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("⟨1:PERS|سامي⟩", "⟨1:ORG|سامي⟩"),
        ("⟨1:PERS|سامي⟩", "سامي"),
        ("⟨1:PERS|سامي⟩ ⟨2:PERS|ليلى⟩", "⟨1:PERS|سامي ليلى⟩"),
    ],
)
def test_masked_the_same_words_differ_when_they_are_other_mentions(first: str, second: str):
    documents = [marked(f"{EIGHT} {part} {EIGHT}") for part in (first, second)]
    assert repeated_share(documents, masked=True) < 1
    assert repeated_share(documents) == 1


def test_the_order_of_the_mentions_says_nothing():
    nested = marked(f"{EIGHT} ⟨1:ORG|⟨2:GPE|قطر⟩ للطيران⟩ {EIGHT}")
    turned = msgspec.structs.replace(nested, entities=nested.entities[::-1])
    assert repeated_share([nested, turned], masked=True) == 1


def test_full_names_that_two_parts_share_are_listed_for_every_pair_of_parts():
    parts = {
        "train": [marked("⟨1:PERS|هدى النجار⟩ ⟨2:PERS|سامي⟩"), marked("⟨1:PERS|سامي الحداد⟩")],
        "dev": [marked("⟨1:PERS|سامي الحداد⟩ ⟨2:PERS|سامي⟩ ⟨3:PERS|هدى النجار⟩")],
        "test": [marked("⟨1:ORG|هدى النجار⟩ ⟨2:PERS|سامي الحداد⟩")],
    }
    assert shared_mentions(parts, "PERS") == {
        ("train", "dev"): ["سامي الحداد", "هدى النجار"],
        ("train", "test"): ["سامي الحداد"],
        ("dev", "test"): ["سامي الحداد"],
    }
