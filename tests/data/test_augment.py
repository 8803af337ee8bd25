import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.augment import AugmentConfig, augmented
from khabar.data.records import Document
from tests.marked import marked

SWAPS = AugmentConfig(copies=1, swap=1, spelling=0)
SLIPS = AugmentConfig(copies=1, swap=0, spelling=1)
CONFIGS = st.builds(
    AugmentConfig,
    copies=st.integers(1, 3),
    swap=st.floats(0, 1),
    swap_types=st.just(("A", "B")),
    spelling=st.floats(0, 1),
)
SHORT_VOWELS = "َُِ"
SLIPPED = str.maketrans("أإآةى٠١٢٣٤٥٦٧٨٩", "اااهي0123456789", SHORT_VOWELS)


@st.composite
def corpora(draw: st.DrawFn) -> list[Document]:
    """Documents of which some entities, of few types, may be exchanged and others may not."""

    def with_types(document: Document) -> Document:
        entities = [
            msgspec.structs.replace(entity, type=draw(st.sampled_from("ABC")))
            for entity in document.entities
        ]
        return msgspec.structs.replace(document, entities=tuple(entities))

    return [with_types(d) for d in draw(st.lists(st.from_type(Document), max_size=4))]


def outside(document: Document) -> str:
    """Return what of a text no entity covers."""
    covered = {place for e in document.entities for place in range(e.start, e.end)}
    return "".join(letter for n, letter in enumerate(document.text) if n not in covered)


def variant_texts(documents: list[Document], config: AugmentConfig = SWAPS) -> list[set[str]]:
    """Return, for each document, what its variants of many seeds are."""
    drawn = [augmented(documents, config, seed) for seed in range(40)]
    return [{document.text for document in variants} for variants in zip(*drawn, strict=True)]


@settings(max_examples=50)
@given(corpora(), CONFIGS, st.integers())
def test_a_variant_has_the_entities_and_relations_of_its_document(
    documents: list[Document], config: AugmentConfig, seed: int
):
    """The record checks every extent against the text, so that it is enough to build it."""
    variants = augmented(documents, config, seed)
    assert [v.id for v in variants] == [
        f"{d.id}~{copy}" for copy in range(1, config.copies + 1) for d in documents
    ]
    for document, variant in zip(documents * config.copies, variants, strict=True):
        assert [(e.id, e.type) for e in variant.entities] == [
            (e.id, e.type) for e in document.entities
        ]
        assert (variant.relations, variant.meta) == (document.relations, document.meta)
    assert augmented(documents, config, seed) == variants


@settings(max_examples=50)
@given(corpora(), st.integers())
def test_without_spelling_nothing_outside_the_entities_changes(
    documents: list[Document], seed: int
):
    config = AugmentConfig(copies=1, swap=1, swap_types=("A", "B"), spelling=0)
    variants = augmented(documents, config, seed)
    assert [outside(variant) for variant in variants] == [outside(d) for d in documents]


@settings(max_examples=50)
@given(corpora(), st.integers())
def test_without_swaps_nothing_but_spelling_changes(documents: list[Document], seed: int):
    for document, variant in zip(documents, augmented(documents, SLIPS, seed), strict=True):
        assert variant.text.translate(SLIPPED) == document.text.translate(SLIPPED)


def test_a_name_becomes_the_same_other_name_throughout_with_its_clitics():
    first = marked("⟨1:GPE|تونس⟩ ⟨2:GPE|وتونس⟩ ثم ⟨3:ORG|بنك ⟨4:GPE|تونس⟩⟩ ⟨5:GPE|وبتونس⟩")
    other = marked("⟨1:GPE|عمان⟩ و⟨2:GPE|لبنان⟩")
    assert variant_texts([first, other])[0] == {
        f"{name} و{name} ثم بنك {name} وب{name}" for name in ("تونس", "عمان", "لبنان")
    }


def test_the_article_is_assimilated_in_every_name():
    document = marked("⟨1:ORG|التحالف⟩ ⟨2:ORG|للتحالف⟩")
    others = [marked("⟨1:ORG|الفجر⟩"), marked("⟨1:ORG|اللواء⟩")]
    assert variant_texts([document, *others])[0] == {
        "التحالف للتحالف",
        "الفجر للفجر",
        "اللواء للواء",
    }


@pytest.mark.parametrize(
    "donor",
    [
        "⟨1:PERS|عمان⟩",  # another type
        "⟨1:GPE|جزر القمر⟩",  # other words
        "⟨1:GPE|الكويت⟩",  # an article
        "⟨1:GPE|⟨2:ORG|عمان⟩⟩",  # of two types
        "⟨1:GPE|تونس⟩ ⟨2:GPE|وتونس⟩",  # the same name
    ],
)
def test_a_name_is_exchanged_only_for_one_of_its_kind(donor: str):
    document = marked("زار ⟨1:GPE|تونس⟩")
    assert variant_texts([document, marked(donor)])[0] == {document.text}


def test_two_names_of_a_document_never_become_one():
    """They did: then a country had a border with itself."""
    document = marked("⟨1:GPE|تونس⟩ ⟨2:GPE|عمان⟩", "1 borders 2")
    other = marked("⟨1:GPE|لبنان⟩ ⟨2:GPE|قطر⟩")
    texts = variant_texts([document, other])[0]
    assert len(texts) > 3
    assert all(len(set(text.split())) == 2 for text in texts)


def test_types_that_are_not_named_keep_their_mentions():
    documents = [marked(f"زار ⟨1:NORP|{word}⟩") for word in ("تونسي", "عماني")]
    swapped = msgspec.structs.replace(SWAPS, swap_types=("NORP",))
    assert variant_texts(documents, SWAPS)[0] == {"زار تونسي"}
    assert variant_texts(documents, swapped)[0] == {"زار تونسي", "زار عماني"}


def test_who_misspells_does_so_as_papers_do():
    document = marked("أعلنت إدارة آخر ⟨1:LOC|قناة⟩ في ⟨2:LOC|مرسى⟩ 25")
    (texts,) = variant_texts([document], SLIPS)
    words = set(" ".join(texts).split())
    assert {"اعلنت", "اخر", "قناه", "فى", "مرسي", "٢٥"} <= words
    assert "25" not in words  # who writes these digits writes all so
    assert {"أعلنت", "قناة", "في", "مرسى"} <= words  # nobody slips always
    assert any(vowel in word[1:-1] for word in words for vowel in SHORT_VOWELS)
    assert {text.translate(SLIPPED) for text in texts} == {document.text.translate(SLIPPED)}


def test_the_seed_decides():
    documents = [marked(f"زار ⟨1:GPE|{name}⟩ أمس") for name in ("تونس", "عمان", "لبنان", "قطر")]
    one, other = (augmented(documents, AugmentConfig(swap=0.5), seed) for seed in (1, 2))
    assert one == augmented(documents, AugmentConfig(swap=0.5), seed=1)
    assert one != other
    assert one[:4] != [msgspec.structs.replace(d, id="1~1") for d in one[4:]]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"copies": 0}, "`copies` must be at least 1, got 0; or leave `augment` out"),
        ({"swap": 1.5}, r"`swap` is a share of 1, got 1\.5"),
        ({"spelling": -0.1}, r"`spelling` is a share of 1, got -0\.1"),
    ],
)
def test_a_configuration_that_says_nothing_is_refused(fields: dict[str, float], message: str):
    with pytest.raises(ValueError, match=message):
        AugmentConfig(**fields)
