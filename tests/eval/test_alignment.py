from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.data.records import Document
from khabar.eval.alignment import Match, align, mention_scores, mentions
from khabar.eval.pairs import Pair, pair_documents
from tests.eval.drawn import documents, shuffled
from tests.marked import marked


def paired(gold: Document, found: Document, nested) -> Pair:
    (pair,) = pair_documents([gold], [found], nested)
    return pair


def told(pair: Pair, match: Match) -> tuple[str, str, str]:
    """Kind, and type and text of both sides."""
    sides = (
        f"{side.type} {pair.gold.text[side.start : side.end]}" if side else ""
        for side in (match.gold, match.predicted)
    )
    return (match.kind, *sides)


@pytest.mark.parametrize(
    ("gold", "found", "kind"),
    [
        ("زار ⟨1:PERS|زيد⟩ تونس", "زار ⟨1:PERS|زيد⟩ تونس", "correct"),
        ("زار ⟨1:PERS|زيد⟩ تونس", "زار زيد تونس", "missed"),
        ("زار زيد تونس", "زار ⟨1:PERS|زيد⟩ تونس", "spurious"),
        ("زار ⟨1:PERS|زيد⟩ تونس", "زار ⟨1:ORG|زيد⟩ تونس", "wrong type"),
        ("زار ⟨1:PERS|زيد⟩ تونس", "⟨1:PERS|زار زيد⟩ تونس", "wrong boundary"),
    ],
)
def test_each_kind(nested, gold, found, kind):
    pair = paired(marked(gold), marked(found), nested)
    assert [match.kind for match in align(pair)] == [kind]


def test_the_type_of_the_entity_around_is_the_wrong_layer(nested):
    gold = marked("في ⟨1:ORG|وزارة ⟨2:GPE|الأردن⟩⟩ أمس")
    pair = paired(gold, marked("في ⟨1:ORG|وزارة ⟨2:ORG|الأردن⟩⟩ أمس"), nested)
    assert [told(pair, match) for match in align(pair)] == [
        ("correct", "ORG وزارة الأردن", "ORG وزارة الأردن"),
        ("wrong layer", "GPE الأردن", "ORG الأردن"),
    ]
    pair = paired(gold, marked("في ⟨1:GPE|وزارة الأردن⟩ أمس"), nested)
    assert [told(pair, match) for match in align(pair)] == [
        ("wrong layer", "ORG وزارة الأردن", "GPE وزارة الأردن"),
        ("missed", "GPE الأردن", ""),
    ]


def test_another_type_with_another_extent_answers_nothing(nested):
    pair = paired(marked("في ⟨1:ORG|بنك مصر⟩"), marked("في بنك ⟨1:GPE|مصر⟩"), nested)
    assert [match.kind for match in align(pair)] == ["missed", "spurious"]


def test_of_several_that_overlap_the_most_alike_are_paired(nested):
    pair = paired(
        marked("⟨1:ORG|بنك مصر المركزي⟩"), marked("⟨1:ORG|بنك ⟨2:ORG|مصر المركزي⟩⟩"), nested
    )
    assert [match.kind for match in align(pair)] == ["correct", "spurious"]
    pair = paired(pair.gold, marked("⟨1:ORG|بنك⟩ ⟨2:ORG|مصر المركزي⟩"), nested)
    assert [told(pair, match) for match in align(pair)] == [
        ("spurious", "", "ORG بنك"),
        ("wrong boundary", "ORG بنك مصر المركزي", "ORG مصر المركزي"),
    ]


@given(documents(), documents())
@settings(max_examples=60)
def test_every_entity_is_in_one_match(nested, gold, found):
    pair = paired(gold, found, nested)
    matches = align(pair)
    assert sorted(m.gold for m in matches if m.gold) == sorted(mentions(gold, pair.tokens))
    answers = sorted(m.predicted for m in matches if m.predicted)
    assert answers == sorted(mentions(found, pair.tokens))
    both = mentions(gold, pair.tokens) & mentions(found, pair.tokens)
    assert {m.gold for m in matches if m.kind == "correct"} == both


@given(documents(), documents(), st.randoms())
@settings(max_examples=60)
def test_order_and_repetition_change_nothing(nested, gold, found, rng: random.Random):
    again = paired(shuffled(gold, rng), shuffled(found, rng), nested)
    assert align(paired(gold, found, nested)) == align(again)


def test_of_equal_mentions_the_highest_score_counts(make, nested):
    document = make("زار زيد", [("PERS", "زيد")] * 3)
    plain = document.to_dict()
    for entity, score in zip(plain["entities"], (0.5, 0.75, None), strict=True):
        entity["score"] = score
    scored = Document.from_dict(plain)
    assert list(mention_scores(scored, paired(document, scored, nested).tokens).values()) == [0.75]
