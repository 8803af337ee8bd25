from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from khabar.eval.errors import Example
from khabar.eval.pairs import pair_documents
from khabar.eval.relation_errors import RelationErrors, analyse_relations
from khabar.eval.relations import score_relations
from tests.eval.drawn import documents, shuffled
from tests.marked import marked

TEXT = "⟨1:PERS|زيد⟩ و⟨2:PERS|عمرو⟩ في ⟨3:ORG|بنك⟩ بين ⟨4:GPE|مصر⟩ و⟨5:GPE|ليبيا⟩"


def kinds(errors: RelationErrors) -> dict[str, int]:
    found = {kind.kind: kind.count for kind in errors.analysis.kinds if kind.count}
    return {"correct": errors.analysis.correct, **found}


def spoken(example: Example) -> tuple[str, str]:
    head, tail = example.marked
    return example.text[head.start : head.end], example.text[tail.start : tail.end]


def test_a_case_worked_by_hand(nested):
    """Right: borders, turned. Merely together: عمرو and the bank. Missed: زيد's work."""
    gold = marked(TEXT, "1 works_for 3", "4 borders 5")
    found = marked(TEXT, "2 works_for 3", "5 borders 4")
    errors = analyse_relations(pair_documents([gold], [found], nested), nested)
    assert kinds(errors) == {"correct": 1, "missed": 1, "merely together": 1}
    by_kind = {example.kind: example for example in errors.analysis.examples}
    assert spoken(by_kind["merely together"]) == ("وعمرو", "بنك")
    assert by_kind["merely together"].gold is None
    assert by_kind["merely together"].predicted == "works_for"
    assert spoken(by_kind["missed"]) == ("زيد", "بنك")
    assert (by_kind["missed"].gold, by_kind["missed"].predicted) == ("works_for", None)
    # Persons with the bank, Egypt or Libya, less the one that gold has: five, of which one.
    assert (errors.together.pairs, errors.together.related) == (5, 1)


def test_a_relation_with_a_wrong_entity_is_not_merely_together(nested):
    gold = marked(TEXT, "1 works_for 3")
    found = marked(TEXT.replace("3:ORG", "3:GPE"), "1 works_for 3", "2 works_for 3")
    errors = analyse_relations(pair_documents([gold], [found], nested), nested)
    assert kinds(errors) == {"correct": 0, "missed with an argument": 1, "wrong argument": 2}
    assert errors.together.related == 0


def test_another_relation_and_the_other_direction_are_told_apart(nested):
    gold = marked(TEXT, "1 works_for 3", "4 borders 5")
    found = marked(TEXT, "3 works_for 1", "4 works_for 5")
    errors = analyse_relations(pair_documents([gold], [found], nested), nested)
    assert kinds(errors) == {
        "correct": 0, "missed": 2, "wrong relation": 1, "wrong direction": 1,
    }  # fmt: skip
    (wrong,) = [e for e in errors.analysis.examples if e.kind == "wrong relation"]
    assert (wrong.gold, wrong.predicted) == ("borders", "works_for")


def test_entities_far_apart_do_not_stand_together(nested):
    near, far = (f"⟨1:PERS|زيد⟩ {'و ' * words}⟨2:ORG|بنك⟩" for words in (27, 28))
    for text, pairs in ((near, 1), (far, 0)):
        document = marked(text)
        errors = analyse_relations(pair_documents([document], [document], nested), nested)
        assert (errors.together.pairs, errors.together.related) == (pairs, 0)


@given(documents(), documents(), st.randoms())
@settings(max_examples=60)
def test_kinds_add_up_whatever_the_order(nested, gold, found, rng: random.Random):
    pairs = pair_documents([gold], [found], nested)
    errors = analyse_relations(pairs, nested)
    score = score_relations(pairs, nested).strict.micro
    counts = {kind.kind: kind.count for kind in errors.analysis.kinds}
    missed = counts["missed"] + counts["missed with an argument"]
    assert errors.analysis.correct == score.correct
    assert score.gold == score.correct + missed
    assert score.predicted == score.correct + sum(counts.values()) - missed
    again = pair_documents([shuffled(gold, rng)], [shuffled(found, rng)], nested)
    assert analyse_relations(again, nested) == errors
