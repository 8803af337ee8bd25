from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings

from khabar.data.conll import read_conll
from khabar.data.rejected import StrictRejected
from khabar.data.schema import LabelSchema
from khabar.data.written import written_labels
from khabar.eval.by_document import count_by_document, tabulate
from khabar.eval.counts import Counts
from khabar.eval.evaluate import evaluate_predictions
from khabar.eval.predictions import Predictions
from tests.eval.drawn import documents
from tests.eval.pooled import pooled_scores


def assert_they_add_up(predictions: Predictions) -> None:
    """Counted document by document, and scored by seqeval at once."""
    scores = list(evaluate_predictions(predictions).scores())
    tables = count_by_document(predictions).tables()
    assert [table.score() for table in tables] == scores
    own = {score.metric: score for score in scores}
    pooled = pooled_scores(predictions.pairs(), predictions.schema, predictions.gold_labels)
    assert {metric: own[metric] for metric in pooled} == pooled
    assert {len(table.counts) for table in tables} == {len(predictions.gold)}


@given(documents("a"), documents("b"), documents("a"), documents("b"))
@settings(max_examples=40)
def test_counts_of_documents_add_up_to_the_scores(nested, gold, more_gold, found, more_found):
    assert_they_add_up(
        Predictions(
            schema=nested,
            gold=[gold, more_gold],
            predicted=[more_found, found],
            given_gold=[gold, more_gold],
        )
    )


FLAT = LabelSchema(name="flat", nested=False, entities=dict.fromkeys(("PERS", "ORG", "GPE"), ""))


@given(documents("a"), documents("a"))
@settings(max_examples=20)
def test_they_do_so_in_a_flat_schema(gold, found):
    bare = [d.from_dict({**d.to_dict(), "relations": []}) for d in (gold, found)]
    assert_they_add_up(Predictions(schema=FLAT, gold=bare[:1], predicted=bare[1:]))


def test_labels_as_they_are_written_are_counted_by_document_too(flat, tmp_path: Path):
    path = tmp_path / "a.conll"
    path.write_text(
        "زار O\nسامي I-PERS\nتونس B-LOC\n\nقال O\nعمان I-LOC\n-DOCSTART- O\nليلى B-PERS\n",
        encoding="utf-8",
    )
    gold = list(read_conll(path, StrictRejected()))
    written = written_labels(path)
    predictions = Predictions(
        schema=flat,
        gold=gold,
        predicted=gold,
        tokens="corpus",
        gold_labels=[row for document in gold for row in written[document.id]],
    )
    assert len(gold) == 2
    assert_they_add_up(predictions)
    by_name = {table.metric: table for table in count_by_document(predictions).tables()}
    strict = by_name["entity strict, gold labels as written"].counts.sum(axis=1).tolist()
    assert strict == [[1, 3, 1], [1, 1, 1]]  # the two orphans are in the first document


def test_cases_of_a_group_that_is_not_named_are_left_out():
    table = tabulate("x", ("a", "b"), [({"a": {1, 2}, "c": {3}}, {"a": {2}}), ({}, {"b": {1}})])
    assert table.counts.tolist() == [[[2, 1, 1], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
    assert Counts(*table.counts.sum(axis=(0, 1))) == Counts(2, 2, 1)
