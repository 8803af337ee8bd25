"""Augmentation: variants of annotated documents, for training.

Mentions are exchanged for others of their type, and words are misspelled as papers misspell them
(the slips that Arabic normalization in IR lists as the common ones: Darwish and Magdy, 2014). What
is exact before stays exact: every variant is a checked ``Document``. Enters: documents. Leaves:
documents. Knows no model.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from khabar.data.clitics import join_clitics, split_clitics
from khabar.data.records import Document, Entity
from khabar.data.rewrite import Edit, rewrite
from khabar.data.words import split_words

_NAME_TYPES = ("PERS", "GPE", "LOC", "ORG", "FAC", "PRODUCT", "WEBSITE")


class AugmentConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What variants of a corpus's documents are like.

    Raises:
        ValueError: a share outside 0 to 1, or no copy.
    """

    copies: int = 2
    """Variants of every document, besides itself. An epoch is no longer for them: it draws as many
    windows as without them, from all."""
    swap: float = 0.3
    """Share of the names of a document that are exchanged; a name is so throughout a document, and
    for none that the document already has."""
    swap_types: tuple[str, ...] | None = None
    """Types whose mentions are exchanged; those of adjectives would break agreement. None: those of
    PERS, GPE, LOC, ORG, FAC, PRODUCT, WEBSITE that there are."""
    spelling: float = 0.2
    """Chance that a document has a habit of misspelling, for each habit."""

    def __post_init__(self) -> None:
        if self.copies < 1:
            raise ValueError(
                f"`copies` must be at least 1, got {self.copies}; or leave `augment` out"
            )
        for name, value in (("swap", self.swap), ("spelling", self.spelling)):
            if not 0 <= value <= 1:
                raise ValueError(f"`{name}` is a share of 1, got {value}")


def augmented(documents: Sequence[Document], config: AugmentConfig, seed: int) -> list[Document]:
    """Return ``config.copies`` variants of every document.

    The same documents, configuration and seed give the same variants.
    """
    names = _Names(documents, _NAME_TYPES if config.swap_types is None else config.swap_types)
    variants = []
    for copy in range(1, config.copies + 1):
        for number, document in enumerate(documents):
            random = Random(f"{seed} {copy} {number}")
            swapped = rewrite(document, names.swaps(number, config.swap, random))
            variant = rewrite(swapped, _slips(swapped, config.spelling, random))
            variants.append(msgspec.structs.replace(variant, id=f"{document.id}~{copy}"))
    return variants


# Names


class _Names:
    """The names of a corpus that may be exchanged: mentions with nothing nested in them."""

    def __init__(self, documents: Sequence[Document], types: Sequence[str]) -> None:
        self._leaves = [[e for e in _leaves(d) if e.type in types] for d in documents]
        self._texts: defaultdict[str, set[str]] = defaultdict(set)
        for leaves in self._leaves:
            for entity in leaves:
                self._texts[entity.type].add(entity.text)
        bare = {
            (type, split_clitics(text, texts)[1])
            for type, texts in self._texts.items()
            for text in texts
        }
        self._donors: defaultdict[tuple[str, int, bool], list[str]] = defaultdict(list)
        for type, text in sorted(bare):
            self._donors[_kind(type, text)].append(text)

    def swaps(self, number: int, share: float, random: Random) -> list[Edit]:
        """Return the exchanges of a variant of one document: a name's are the same throughout."""
        leaves = self._leaves[number]
        parts = [split_clitics(entity.text, self._texts[entity.type]) for entity in leaves]
        taken = {bare for _, bare in parts}
        chosen: dict[tuple[str, str], str] = {}
        edits = []
        for entity, (clitic, bare) in zip(leaves, parts, strict=True):
            if (entity.type, bare) not in chosen:
                donors = self._donors[_kind(entity.type, bare)]
                drawn = random.choice(donors) if random.random() < share else bare
                chosen[entity.type, bare] = bare if drawn in taken else drawn
                taken.add(drawn)
            name = join_clitics(clitic, chosen[entity.type, bare])
            if name != entity.text:
                edits.append(Edit(entity.start, entity.end, name))
        return edits


def _kind(type: str, name: str) -> tuple[str, int, bool]:
    """Return what must agree between a name and the one that takes its place."""
    return type, name.count(" "), name.startswith("ال")


def _leaves(document: Document) -> list[Entity]:
    """Return the entities that hold no other, not even one of their own extent."""

    def holds_another(entity: Entity) -> bool:
        return any(
            entity.start <= other.start and other.end <= entity.end and other is not entity
            for other in document.entities
        )

    return [entity for entity in document.entities if not holds_another(entity)]


# Spelling

_TO_INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_SHORT_VOWELS = "َُِ"
_LETTER = re.compile(r"[ء-غف-ي]")


def _bare_alef(word: str, _: Random) -> str:
    return re.sub("[أإآ]", "ا", word)


def _final_ha(word: str, _: Random) -> str:
    return re.sub("ة$", "ه", word)


def _final_ya(word: str, _: Random) -> str:
    return re.sub("ي$", "ى", word)


def _dotted_ya(word: str, _: Random) -> str:
    return re.sub("ى$", "ي", word)


def _indic_digits(word: str, _: Random) -> str:
    return word.translate(_TO_INDIC)


def _vowel(word: str, random: Random) -> str:
    """Put one short vowel after a letter that is not the last."""
    letters = [match.end() for match in _LETTER.finditer(word[:-1])]
    if not letters:
        return word
    place = random.choice(letters)
    return word[:place] + random.choice(_SHORT_VOWELS) + word[place:]


_HABITS: tuple[tuple[Callable[[str, Random], str], float], ...] = (
    (_bare_alef, 0.8),
    (_final_ha, 0.8),
    (_final_ya, 0.8),
    (_dotted_ya, 0.8),
    (_indic_digits, 1.0),
    (_vowel, 0.05),
)
"""Habits of misspelling, and the share of fitting words that one who has it misspells."""


def _slips(document: Document, chance: float, random: Random) -> list[Edit]:
    habits = [habit for habit in _HABITS if random.random() < chance]
    edits = []
    for start, end in split_words(document.text):
        word = slipped = document.text[start:end]
        for misspell, share in habits:
            if random.random() < share:
                slipped = misspell(slipped, random)
        if slipped != word:
            edits.append(Edit(start, end, slipped))
    return edits
