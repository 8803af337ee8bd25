from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from sklearn.metrics import precision_recall_fscore_support

from khabar.data.records import Document
from khabar.eval.pairs import ScoreError, pair_documents
from khabar.eval.relations import score_relations
from khabar.eval.report import Score
from tests.eval.drawn import documents

TEXT = "تحد سوريا لبنان والأردن ويعمل زيد في شركة النفط"
ENTITIES = [("GPE", "سوريا"), ("GPE", "لبنان"), ("PERS", "زيد"), ("ORG", "شركة النفط")]


def counts(score: Score) -> tuple[int, int, int]:
    return score.micro.gold, score.micro.predicted, score.micro.correct


def test_a_case_worked_by_hand(make, nested):
    """The employer has the wrong type: right by its spans, wrong strictly."""
    gold = make(TEXT, ENTITIES, [("borders", 0, 1), ("works_for", 2, 3)])
    wrong_type = [*ENTITIES[:3], ("GPE", "شركة النفط")]
    found = make(TEXT, wrong_type, [("borders", 0, 1), ("works_for", 2, 3), ("borders", 0, 3)])
    scores = score_relations(pair_documents([gold], [found], nested), nested)
    assert counts(scores.strict) == (2, 3, 1)
    assert counts(scores.boundary) == (2, 3, 2)
    assert scores.strict.types["borders"].precision == 0.5
    assert scores.strict.types["works_for"].f1 == 0.0
    assert scores.boundary.types["works_for"].f1 == 1.0
    assert scores.strict.macro.f1 == pytest.approx(1 / 3)  # 2/3 and 0
    assert scores.given_gold is None


def test_a_wrong_span_of_an_argument_is_wrong_in_both(make, nested):
    gold = make(TEXT, ENTITIES, [("works_for", 2, 3)])
    found = make(TEXT, [*ENTITIES[:3], ("ORG", "شركة")], [("works_for", 2, 3)])
    scores = score_relations(pair_documents([gold], [found], nested), nested)
    assert counts(scores.strict) == counts(scores.boundary) == (1, 1, 0)


def test_a_symmetric_relation_matches_either_way_round_and_counts_once(make, nested):
    gold = make(TEXT, ENTITIES, [("borders", 0, 1)])
    found = make(TEXT, ENTITIES, [("borders", 1, 0), ("borders", 0, 1)])
    scores = score_relations(pair_documents([gold], [found], nested), nested)
    assert counts(scores.strict) == counts(scores.boundary) == (1, 1, 1)
    turned = score_relations(pair_documents([found], [gold], nested), nested)
    assert counts(turned.strict) == (1, 1, 1)


def test_a_directed_relation_does_not_match_turned_round(make, nested):
    gold = make(TEXT, ENTITIES, [("works_for", 2, 3)])
    found = make(TEXT, ENTITIES, [("works_for", 3, 2)])
    scores = score_relations(pair_documents([gold], [found], nested), nested)
    assert counts(scores.strict) == counts(scores.boundary) == (1, 1, 0)


def test_a_relation_between_duplicates_counts_once(make, nested):
    gold = make(TEXT, ENTITIES, [("works_for", 2, 3)])
    twice = make(TEXT, [*ENTITIES, ENTITIES[3]], [("works_for", 2, 3), ("works_for", 2, 4)])
    scores = score_relations(pair_documents([gold], [twice], nested), nested)
    assert counts(scores.strict) == (1, 1, 1)


def test_a_pair_may_hold_several_relations(make, nested):
    gold = make(TEXT, ENTITIES, [("works_for", 2, 3)])
    found = make(TEXT, ENTITIES, [("works_for", 2, 3), ("borders", 2, 3)])
    scores = score_relations(pair_documents([gold], [found], nested), nested)
    assert counts(scores.strict) == (1, 2, 1)


def test_one_extent_of_two_types_makes_two_strict_arguments_and_one_boundary(make, nested):
    two_types = [*ENTITIES, ("GPE", "شركة النفط")]
    gold = make(TEXT, two_types, [("works_for", 2, 3)])
    found = make(TEXT, two_types, [("works_for", 2, 3), ("works_for", 2, 4)])
    scores = score_relations(pair_documents([gold], [found], nested), nested)
    assert counts(scores.strict) == (1, 2, 1)
    assert counts(scores.boundary) == (1, 1, 1)


def test_ids_and_order_change_nothing(make, nested):
    gold = make(TEXT, ENTITIES, [("borders", 0, 1), ("works_for", 2, 3)])
    turned = make(TEXT, ENTITIES[::-1], [("works_for", 1, 0), ("borders", 3, 2)])
    scores = score_relations(pair_documents([gold], [turned], nested), nested)
    assert counts(scores.strict) == (2, 2, 2)


def test_documents_are_kept_apart(make, nested):
    gold = [make(TEXT, ENTITIES, [("works_for", 2, 3)], id=id) for id in ("a", "b")]
    found = [gold[0], make(TEXT, id="b")]
    scores = score_relations(pair_documents(gold, found, nested), nested)
    assert counts(scores.strict) == counts(scores.boundary) == (2, 1, 1)


@pytest.mark.parametrize("text", ["", TEXT])
def test_documents_without_relations_score_zero_of_zero(make, nested, text):
    scores = score_relations(pair_documents([make(text)], [make(text)], nested), nested)
    assert counts(scores.strict) == (0, 0, 0)
    assert scores.strict.micro.f1 == scores.strict.macro.f1 == 0.0


def test_given_gold_entities_is_scored_from_its_own_prediction(make, nested):
    gold = make(TEXT, ENTITIES, [("borders", 0, 1), ("works_for", 2, 3)])
    nothing = make(TEXT)
    given = msgspec.structs.replace(gold, relations=gold.relations[:1])
    scores = score_relations(
        pair_documents([gold], [nothing], nested),
        nested,
        given_gold=pair_documents([gold], [given], nested),
    )
    assert counts(scores.strict) == (2, 0, 0)
    assert counts(scores.given_gold) == (2, 1, 1)
    assert scores.given_gold.metric == "relation strict, given gold entities"


def test_a_prediction_given_other_entities_than_gold_is_an_error(make, nested):
    gold = make(TEXT, ENTITIES)
    pairs = pair_documents([gold], [gold], nested)
    lacking = pair_documents([gold], [make(TEXT, ENTITIES[1:])], nested)
    with pytest.raises(ScoreError, match="'one': 'سوريا', a GPE, is only in gold"):
        score_relations(pairs, nested, given_gold=lacking)
    more = pair_documents([gold], [make(TEXT, [*ENTITIES, ("GPE", "والأردن")])], nested)
    with pytest.raises(ScoreError, match="'والأردن', a GPE, is only in the prediction"):
        score_relations(pairs, nested, given_gold=more)


# SpERT


def spert_score(gold: list[set[tuple]], found: list[set[tuple]], types: list[str]) -> tuple:
    """Score as SpERT's evaluator does: every case of either side is a row of two labels.

    Its label is the type where the side has the case and 0 where not; scikit-learn counts the rows
    over the types that occur (``spert/evaluator.py``, ``_score`` and ``_compute_metrics``).
    """
    rows: list[tuple[int, int]] = []
    for expected, answered in zip(gold, found, strict=True):
        for case in sorted(expected | answered):
            label = types.index(case[-1]) + 1
            rows.append((label if case in expected else 0, label if case in answered else 0))
    labels = sorted({label for row in rows for label in row} - {0})
    if not labels:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    micro, macro = (
        precision_recall_fscore_support(
            *zip(*rows, strict=True), labels=labels, average=average, zero_division=0
        )[:3]
        for average in ("micro", "macro")
    )
    return micro, macro


def spert_cases(document: Document, symmetric: str, *, with_types: bool) -> set[tuple]:
    """Relations as SpERT converts them: both spans, with or without types, and the relation.

    Of a symmetric one SpERT puts the argument first that starts first. Where both start in one
    place it leaves them, and a relation turned round would be wrong; here their ends decide.
    """
    cases = set()
    for relation in document.relations:
        sides = [document.entity(id) for id in (relation.head, relation.tail)]
        spans = [(e.start, e.end, e.type if with_types else "") for e in sides]
        if relation.type == symmetric:
            spans.sort()
        cases.add((*spans, relation.type))
    return cases


@given(documents("a"), documents("b"), documents("a"), documents("b"))
@settings(max_examples=30)
def test_figures_are_those_of_sperts_evaluator(nested, gold, more_gold, found, more_found):
    pairs = pair_documents([gold, more_gold], [found, more_found], nested)
    scores = score_relations(pairs, nested)
    for score, with_types in ((scores.strict, True), (scores.boundary, False)):
        sides = [
            [spert_cases(document, "borders", with_types=with_types) for document in side]
            for side in ((gold, more_gold), (found, more_found))
        ]
        micro, macro = spert_score(*sides, list(nested.relations))
        assert (score.micro.precision, score.micro.recall, score.micro.f1) == pytest.approx(micro)
        assert (score.macro.precision, score.macro.recall, score.macro.f1) == pytest.approx(macro)
