from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import pytest

from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_documents, evaluate_model
from khabar.eval.pairs import ScoreError

TEXT = "يعمل زيد في وزارة خارجية الأردن"
ENTITIES = [("PERS", "زيد"), ("ORG", "وزارة خارجية الأردن"), ("GPE", "الأردن")]


class Remembering:
    """Predicts what it was given beforehand: text to document."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self.by_text = {document.text: document for document in documents}

    def batch(self, texts: Iterable[str]) -> Iterator[Document]:
        for text in texts:
            yield msgspec.structs.replace(self.by_text[text], id="")

    def relate(self, document: Document) -> Document:
        assert not document.relations, "gold relations must not reach the model"
        known = self.by_text[document.text]
        return msgspec.structs.replace(document, relations=known.relations)


def test_a_nested_evaluation_names_every_metric(make, nested):
    gold = [make(TEXT, ENTITIES, [("works_for", 0, 1)])]
    evaluation = evaluate_documents(gold, gold, nested, predicted_given_gold=gold)
    assert [score.metric for score in evaluation.scores()] == [
        "entity strict, all layers",
        "entity conlleval, all layers",
        "entity boundary, all layers",
        "entity strict, outermost",
        "entity conlleval, outermost",
        "entity boundary, outermost",
        "relation strict",
        "relation boundary",
        "relation strict, given gold entities",
    ]
    assert [score.micro.f1 for score in evaluation.scores()] == [1.0] * 9
    assert [score.micro.gold for score in evaluation.scores()] == [3, 3, 3, 2, 2, 2, 1, 1, 1]
    assert (evaluation.schema, evaluation.documents, evaluation.tokens) == ("nested", 1, "words")


def test_a_flat_schema_without_relations_has_one_layer_and_no_relation_scores(make, flat):
    gold = [make("زار زيد دمشق", [("PERS", "زيد"), ("LOC", "دمشق")])]
    evaluation = evaluate_documents(gold, [make("زار زيد دمشق")], flat, tokens="corpus")
    assert [score.metric for score in evaluation.scores()] == [
        "entity strict",
        "entity conlleval",
        "entity boundary",
    ]
    assert evaluation.outermost is evaluation.relations is None
    assert evaluation.tokens == "corpus"


def test_no_documents_at_all_give_an_evaluation_of_nothing(nested):
    evaluation = evaluate_documents([], [], nested)
    assert evaluation.documents == 0
    assert {score.micro.gold for score in evaluation.scores()} == {0}


def test_predictions_given_gold_are_matched_by_id_too(make, nested):
    gold = [make(TEXT, ENTITIES)]
    with pytest.raises(ScoreError, match="no predicted counterpart, the first is 'one'"):
        evaluate_documents(gold, gold, nested, predicted_given_gold=[make(TEXT, id="two")])


def test_a_model_is_scored_on_its_entities_and_on_relations_given_gold(make, nested):
    """The employer is short by a word, and so its relation is wrong; given gold, it is right."""
    gold = [make(TEXT, ENTITIES, [("works_for", 0, 1)], id="a"), make("لا شيء", id="b")]
    found = make(TEXT, [("PERS", "زيد"), ("ORG", "وزارة خارجية"), ("GPE", "الأردن")],
                 [("works_for", 0, 1)])  # fmt: skip
    evaluation = evaluate_model(Remembering([found, gold[1]]), gold, nested)
    micro = evaluation.entities.strict.micro
    assert (micro.gold, micro.predicted, micro.correct) == (3, 3, 2)
    assert evaluation.relations.strict.micro.f1 == 0.0
    assert evaluation.relations.given_gold.micro.f1 == 1.0


def test_a_model_is_not_asked_for_relations_that_the_schema_lacks(make, flat):
    gold = [make("زار زيد دمشق", [("PERS", "زيد")])]
    assert evaluate_model(Remembering(gold), gold, flat).relations is None


def test_a_model_is_also_scored_on_labels_as_they_are_written(make, flat):
    gold = [make("زار زيد دمشق", [("PERS", "زيد"), ("LOC", "دمشق")])]
    labels = [["O", "I-PERS", "B-LOC"]]
    model = Remembering(gold)
    evaluation = evaluate_model(model, gold, flat, tokens="corpus", gold_labels=labels)
    assert evaluation.as_written.orphans == 1
    assert evaluation.as_written.conlleval.micro.correct == 2
    assert evaluation.as_written.strict.micro.gold == 1
    assert evaluate_model(model, gold, flat, tokens="corpus").as_written is None
