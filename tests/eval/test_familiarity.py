from __future__ import annotations

import pytest

from khabar.eval.familiarity import (
    FEW,
    GROUPS,
    MANY,
    NEW,
    NEW_WORDS,
    ONCE,
    OTHER_TYPE,
    SOME,
    Familiarity,
)
from tests.marked import marked


@pytest.fixture(scope="module")
def known() -> Familiarity:
    times = {"⟨1:GPE|فرنسا⟩": 20, "⟨1:GPE|مصر⟩": 19, "⟨1:GPE|تونس⟩": 4, "⟨1:ORG|بنك مصر⟩": 1}
    return Familiarity(marked(text) for text, count in times.items() for _ in range(count))


@pytest.mark.parametrize(
    ("type", "text", "group"),
    [
        ("GPE", "فرنسا", MANY),
        ("GPE", "مصر", SOME),
        ("GPE", "تونس", FEW),
        ("ORG", "بنك مصر", ONCE),
        ("ORG", "تونس", OTHER_TYPE),
        ("ORG", "وتونس", OTHER_TYPE),
        ("ORG", "لبنك السودان", NEW),
        ("PERS", "مصر", OTHER_TYPE),
        ("ORG", "بنك تونس", NEW),
        ("PERS", "زيد", NEW_WORDS),
        ("GPE", "وفرنسا", MANY),
        ("GPE", "بتونس", FEW),
        ("GPE", "فَرَنسا", MANY),
        ("GPE", "تـونس", FEW),
        ("ORG", "بنك \n مصر", ONCE),
        ("ORG", "\u200f", NEW_WORDS),
    ],
)
def test_groups(known: Familiarity, type: str, text: str, group: str):
    """Marks, tatweel, spaces and attached particles do not make a known name a new one."""
    assert known.group(type, text) == group
    assert group in GROUPS


def test_what_saw_nothing_knows_nothing():
    assert Familiarity([]).group("GPE", "مصر") == NEW_WORDS
