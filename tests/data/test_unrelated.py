import pytest

from khabar.data.schema import LabelSchema, RelationRule
from khabar.data.unrelated import unrelated_pairs
from tests.marked import marked

SCHEMA = LabelSchema(
    name="tiny",
    nested=True,
    entities={"PERS": "a person", "ORG": "a body", "GPE": "a country"},
    relations={
        "lives_in": RelationRule(head=("PERS",), tail=("GPE",)),
        "part_of": RelationRule(head=("GPE",), tail=("GPE",)),
        "borders": RelationRule(head=("GPE",), tail=("GPE",), symmetric=True),
        "fights": RelationRule(head=("GPE",), tail=("ORG",), symmetric=True),
    },
)
PAIR = {"part_of": 2, "borders": 1}
"""What two countries of one sentence count for."""


def counted(text: str, *relations: str) -> dict[str, int]:
    return unrelated_pairs([marked(text, *relations)], SCHEMA)


def test_fitting_pairs_without_their_relation_are_counted_by_it():
    text = "زار ⟨1:PERS|سامي⟩ من ⟨2:GPE|تونس⟩ ⟨3:GPE|عمان⟩ أمس"
    assert counted(text) == {"lives_in": 2, **PAIR}
    assert counted(text, "1 lives_in 2", "3 part_of 2") == {
        "lives_in": 1,
        "part_of": 1,
        "borders": 1,
    }


@pytest.mark.parametrize("stated", ["1 borders 2", "2 borders 1"])
def test_a_symmetric_relation_is_stated_either_way_round(stated: str):
    assert counted("⟨1:GPE|تونس⟩ ⟨2:GPE|عمان⟩", stated) == {"part_of": 2}


@pytest.mark.parametrize(
    "text",
    [
        "⟨1:GPE|تونس⟩ ⟨2:GPE|عمان⟩",
        "⟨1:GPE|بلاد ⟨2:GPE|عمان⟩⟩",
        "⟨1:GPE|⟨2:GPE|عمان⟩⟩",
        "⟨2:GPE|⟨1:GPE|عمان⟩⟩",
    ],
)
def test_a_symmetric_pair_counts_once(text: str):
    """Of two mentions at one place it counted twice, once each way."""
    assert counted(text) == PAIR


def test_a_symmetric_relation_of_unlike_types_fits_either_way_round():
    assert counted("⟨1:GPE|تونس⟩ ⟨2:ORG|جيش⟩") == {"fights": 1}
    assert counted("⟨1:ORG|جيش⟩ ⟨2:GPE|تونس⟩") == {"fights": 1}


@pytest.mark.parametrize(
    "end", [".", "؟", "!", "?", "؛", "\n", ".»", '."', ".)", " 3.", "...", " .", ".\n"]
)
def test_a_sentence_ends(end: str):
    assert counted(f"⟨1:GPE|تونس⟩{end} ⟨2:GPE|عمان⟩") == {}


@pytest.mark.parametrize(
    "middle", ["، ", " 3.5 ", " 3.500 ", " U.S.A ", " khabar.example ", ": ", "؟»،"]
)
def test_a_sentence_goes_on(middle: str):
    assert counted(f"⟨1:GPE|تونس⟩{middle}⟨2:GPE|عمان⟩") == PAIR


def test_a_mention_stands_in_the_sentence_in_which_it_begins():
    text = "⟨1:GPE|تونس⟩ و⟨2:GPE|الولايات م. الأمريكية⟩ ثم ⟨3:ORG|جيش⟩"
    assert counted(text) == PAIR


def test_all_documents_are_counted_the_most_frequent_first():
    countries = marked("⟨1:GPE|تونس⟩ ⟨2:GPE|عمان⟩")
    people = marked("⟨1:PERS|سامي⟩ ⟨2:PERS|ليلى⟩ ⟨3:PERS|هدى⟩ ⟨4:GPE|تونس⟩")
    found = unrelated_pairs([countries, people], SCHEMA)
    assert list(found.items()) == [("lives_in", 3), ("part_of", 2), ("borders", 1)]


def test_types_that_the_schema_lacks_fit_nothing():
    assert counted("⟨1:CITY|صور⟩ ⟨2:GPE|لبنان⟩", "1 inside 2") == {}
