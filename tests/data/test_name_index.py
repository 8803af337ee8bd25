from __future__ import annotations

from khabar.data.embedded import load_corpus
from khabar.data.joining import join_documents
from khabar.data.mentions import Mention, read_mentions, without_article
from khabar.data.name_index import NameIndex, starts
from tests.marked import marked

TEXT = (
    "⟨1:ORG|شركة سيروكو موتورز⟩ و⟨2:ORG|سيروكو⟩ و⟨3:ORG|الشركة⟩ و⟨4:ORG|شركة سيروكو موتورز⟩ "
    "و⟨5:PRODUCT|تويوتا هايلوكس⟩ ⟨6:EVENT|حفل⟩ ⟨7:EVENT|حفل⟩"
)


def test_names_are_found_by_their_words_the_first_for_all_that_are_alike() -> None:
    mentions = read_mentions(marked(TEXT))
    index = NameIndex(mentions)
    assert list(index.begun_with(mentions[1])) == [0, 1]  # without its class noun
    assert list(index.begun_with(mentions[2])) == [0, 2]
    assert index.of_kind["company"] == [0, 2]
    assert index.of_last["هايلوكس"] == [4]
    assert index.of_words["سيروكو",] == [1]
    assert index.of_first["شركه"] == [0]
    assert index.of_family["ORG"] == [0, 1, 2]


def test_indefinite_happenings_are_each_found() -> None:
    assert NameIndex(read_mentions(marked(TEXT))).of_family["EVENT"] == [5, 6]


def test_what_begins_with_a_name_is_what_a_reading_of_all_names_finds() -> None:
    mentions = read_mentions(join_documents(load_corpus().dev))
    index = NameIndex(mentions)
    found = {number for numbers in index.of_family.values() for number in numbers}
    for short in mentions[::7]:
        longer = {n for n in found if _is_begun(short, mentions[n])}
        begun = set(index.begun_with(short))
        assert longer <= begun
        assert all(len(mentions[n].words) == 1 for n in begun - longer)


def _is_begun(short: Mention, long: Mention) -> bool:
    begin = [without_article(word) for word in short.words]
    return short.family == long.family and any(
        len(begin) < len(words) and [without_article(word) for word in words[: len(begin)]] == begin
        for words in (long.words, long.bare)
    )


def test_starts_are_shorter_than_the_whole() -> None:
    assert list(starts(("أ", "ب", "ج"), [1, 2, 3, 9])) == [("أ",), ("أ", "ب")]
