from __future__ import annotations

from khabar.eval.predictions import Predictions, predict_documents
from tests.eval.test_evaluate import Remembering
from tests.marked import marked


def test_predictions_get_the_ids_of_gold_and_relations_are_asked_for_gold_entities(nested):
    gold = [marked("⟨1:PERS|زيد⟩ في ⟨2:ORG|بنك⟩", "1 works_for 2", id="a"), marked("لا", id="b")]
    found = [marked("زيد في ⟨1:ORG|بنك⟩"), marked("لا")]
    predictions = predict_documents(Remembering(found), gold, nested)
    assert [document.id for document in predictions.predicted] == ["a", "b"]
    assert predictions.given_gold is not None
    assert [d.entities for d in predictions.given_gold] == [d.entities for d in gold]
    assert [pair.predicted.id for pair in predictions.pairs()] == ["a", "b"]
    assert [pair.gold.id for pair in predictions.given_gold_pairs() or ()] == ["a", "b"]


def test_nobody_asks_for_relations_that_the_schema_lacks(flat):
    gold = [marked("⟨1:PERS|زيد⟩")]
    predictions = predict_documents(Remembering(gold), gold, flat)
    assert predictions.given_gold is predictions.given_gold_pairs() is None


def test_tokens_are_those_that_were_asked_for(flat):
    gold = [marked("⟨1:PERS|زيد⟩،")]
    lengths = {
        kind: len(
            Predictions(schema=flat, gold=gold, predicted=gold, tokens=kind).pairs()[0].tokens.spans
        )
        for kind in ("words", "corpus")
    }
    assert lengths == {"words": 2, "corpus": 1}
