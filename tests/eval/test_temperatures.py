"""Temperatures fitted on articles whose truth is drawn from known odds, and measured on others."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from rich.console import Console

from khabar.data.records import Document, Entity, Relation
from khabar.data.schema import LabelSchema
from khabar.eval.calibration import entity_outcomes, relation_outcomes
from khabar.eval.pairs import Pair, pair_documents
from khabar.eval.temperatures import (
    Temperatures,
    calibrated,
    cross_calibrate,
    crossed_table,
    fit_temperatures,
)
from khabar.model.temperature import tempered
from tests.marked import marked

TRUE = Temperatures(entity=2.0, relation=0.5, relation_shift=-0.8)
PAIRS = 30
"""Persons, each with a relation to an organization, in an article."""
TEXT = " ".join(["ليلى بنك"] * PAIRS)


def prediction(people: list[float], banks: list[float], relations: list[float]) -> Document:
    entities = [
        Entity(id=f"{kind}{i}", type=kind, start=9 * i + at, end=9 * i + end, text=text, score=s)
        for kind, at, end, text, scores in (
            ("PERS", 0, 4, "ليلى", people),
            ("ORG", 5, 8, "بنك", banks),
        )
        for i, s in enumerate(scores)
    ]
    links = [
        Relation(id=f"r{i}", type="works_for", head=f"PERS{i}", tail=f"ORG{i}", score=s)
        for i, s in enumerate(relations)
    ]
    return Document(id="", text=TEXT, entities=tuple(entities), relations=tuple(links))


def drawn(count: int, schema: LabelSchema, true: Temperatures = TRUE) -> list[Pair]:
    """Draw predictions, and gold in which they are right as often as the true temperatures say.

    Of a relation's two entities the less sure one is right only where the other is, too.
    """
    rng = np.random.default_rng(5)
    gold, predicted = [], []
    for number in range(count):
        people, banks, heads = rng.uniform(0.3, 0.99, (3, PAIRS))
        luck = rng.random(PAIRS)
        right = {
            "PERS": luck < tempered(people, true.entity),
            "ORG": luck < tempered(banks, true.entity),
        }
        holds = rng.random(PAIRS) < tempered(heads, true.relation, true.relation_shift)
        holds &= right["PERS"] & right["ORG"]
        scores = (
            own.round(4).tolist() for own in (people, banks, heads * np.minimum(people, banks))
        )
        found = msgspec.structs.replace(prediction(*scores), id=str(number))
        predicted.append(found)
        true_entities = (e for e in found.entities if right[e.type][int(e.id.removeprefix(e.type))])
        true_relations = (r for r in found.relations if holds[int(r.id[1:])])
        gold.append(
            msgspec.structs.replace(
                found, entities=tuple(true_entities), relations=tuple(true_relations)
            )
        )
    return pair_documents(gold, predicted, schema)


def test_the_temperatures_that_truth_was_drawn_with_are_found(nested):
    found = fit_temperatures(drawn(120, nested), nested)
    assert found.entity == pytest.approx(TRUE.entity, rel=0.1)
    assert found.relation == pytest.approx(TRUE.relation, rel=0.1)
    assert found.relation_shift == pytest.approx(TRUE.relation_shift, abs=0.15)


def test_scores_that_are_right_already_are_left_nearly_as_they_are(nested):
    found = fit_temperatures(drawn(120, nested, Temperatures()), nested)
    assert found.entity == pytest.approx(1, abs=0.1)
    assert found.relation == pytest.approx(1, abs=0.1)
    assert found.relation_shift == pytest.approx(0, abs=0.1)


def test_calibrated_scores_worked_by_hand():
    """The head's 0.9 becomes 0.75, then 6/7; the entities', by their roots, 2/3 and 4/7."""
    document = calibrated(
        prediction([0.8], [0.64], [0.9 * 0.64]),
        Temperatures(entity=2.0, relation=2.0, relation_shift=np.log(2)),
    )
    assert [entity.score for entity in document.entities] == [round(2 / 3, 4), round(4 / 7, 4)]
    assert [relation.score for relation in document.relations] == [round(6 / 7 * 4 / 7, 4)]


def test_a_relation_of_an_entity_without_a_chance_has_none():
    document = calibrated(prediction([0.0], [0.64], [0.0]), TRUE)
    assert [relation.score for relation in document.relations] == [0.0]


def test_without_temperatures_no_score_changes_beyond_its_last_decimal(nested):
    for pair in drawn(2, nested):
        same = calibrated(pair.predicted, Temperatures())
        for kind in ("entities", "relations"):
            before, after = (
                [item.score for item in getattr(document, kind)]
                for document in (pair.predicted, same)
            )
            assert after == pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize(
    "gold", ["⟨1:PERS|زيد⟩ في بنك", "زيد في بنك"], ids=["all right", "all wrong"]
)
def test_where_all_is_right_or_all_wrong_nothing_is_fitted(nested, gold):
    person = marked("⟨1:PERS|زيد⟩ في بنك")
    scored = msgspec.structs.replace(
        person, entities=(msgspec.structs.replace(person.entities[0], score=0.7),)
    )
    pairs = pair_documents([marked(gold)], [scored], nested)
    assert fit_temperatures(pairs, nested) == fit_temperatures([], nested) == Temperatures()


def test_each_half_is_calibrated_by_the_other_s_temperatures(nested):
    """The measure again, step by step; it is far below what it was, near what chance gives."""
    pairs = drawn(40, nested)
    even, odd = fit_temperatures(pairs[::2], nested), fit_temperatures(pairs[1::2], nested)
    assert even != odd
    after = [
        msgspec.structs.replace(pair, predicted=calibrated(pair.predicted, fitted))
        for number, pair in enumerate(pairs)
        for fitted in [even if number % 2 else odd]
    ]
    for crossed, outcomes in zip(
        cross_calibrate(pairs, nested),
        (entity_outcomes(after), relation_outcomes(after, nested)),
        strict=True,
    ):
        losses = [-np.log(o.score if o.right else 1 - o.score) for o in outcomes]
        assert crossed.loss_after == pytest.approx(np.mean(losses))
        assert crossed.predictions == len(outcomes)
        assert crossed.loss_after < crossed.loss_before
        assert crossed.after < crossed.before / 2
        assert crossed.after < 2 * crossed.chance


def test_the_table_tells_both_kinds_and_leaves_out_what_was_not_predicted(nested):
    pairs = drawn(4, nested)
    console = Console(width=120)
    with console.capture() as shown:
        console.print(crossed_table(cross_calibrate(pairs, nested)))
    assert "entity strict   │         240 │" in shown.get()
    assert "relation strict │         120 │" in shown.get()
    bare = [
        msgspec.structs.replace(
            pair, predicted=msgspec.structs.replace(pair.predicted, relations=())
        )
        for pair in pairs
    ]
    assert [crossed.metric for crossed in cross_calibrate(bare, nested)] == ["entity strict"]
