from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

from khabar.data.errors import SchemaError
from khabar.data.records import Document, Entity
from khabar.eval.entities import score_as_written, score_entities, score_outermost
from khabar.eval.pairs import ScoreError, pair_documents
from khabar.eval.report import Score

MINISTRY = "قال وزير خارجية الأردن أيمن إن مجلس أمناء جامعة الأردن الوطني اجتمع"


def counts(score: Score) -> tuple[int, int, int]:
    return score.micro.gold, score.micro.predicted, score.micro.correct


def test_a_flat_case_worked_by_hand(make, flat):
    """Right: زيد. Wrong type: الأردن. Short by a word: the company. Missed: عمرو. Invented: أمس."""
    text = "زار زيد الأردن أمس مع شركة النفط العربية ومعه عمرو"
    gold = make(text, [("PERS", "زيد"), ("LOC", "الأردن"), ("ORG", "شركة النفط العربية"),
                       ("PERS", "عمرو")])  # fmt: skip
    found = make(text, [("PERS", "زيد"), ("ORG", "الأردن"), ("ORG", "شركة النفط"), ("LOC", "أمس")])
    scores = score_entities(pair_documents([gold], [found], flat), flat)
    assert counts(scores.strict) == counts(scores.conlleval) == (4, 4, 1)
    assert counts(scores.boundary) == (4, 4, 2)
    persons = scores.strict.types["PERS"]
    assert (persons.precision, persons.recall, persons.f1) == (1.0, 0.5, pytest.approx(2 / 3))
    assert scores.strict.macro.f1 == pytest.approx(2 / 9)  # 2/3, 0, 0
    assert [*scores.strict.types] == ["PERS", "LOC", "ORG"]


def test_nested_layers_worked_by_hand(make, nested):
    """ORG inside ORG inside ORG; the prediction lacks the outer one and adds GPE inside."""
    board, university = "مجلس أمناء جامعة الأردن الوطني", "جامعة الأردن"
    gold = make(MINISTRY, [("ORG", board), ("ORG", university), ("PERS", "أيمن")])
    found = make(MINISTRY, [("GPE", "الأردن"), ("ORG", university), ("PERS", "أيمن")])
    pairs = pair_documents([gold], [found], nested)
    every, outer = score_entities(pairs, nested), score_outermost(pairs, nested)
    assert counts(every.strict) == counts(every.conlleval) == counts(every.boundary) == (3, 3, 2)
    # Outermost of gold: board, أيمن. Of the prediction: university, أيمن, and الأردن far before.
    assert counts(outer.strict) == counts(outer.conlleval) == counts(outer.boundary) == (2, 3, 1)
    assert every.strict.types["ORG"].recall == 0.5
    assert every.strict.metric == "entity strict, all layers"
    assert outer.boundary.metric == "entity boundary, outermost"


def test_one_extent_may_have_two_types(make, nested):
    text = "فازت مصر أمس"
    both = make(text, [("ORG", "مصر"), ("GPE", "مصر")])
    one = make(text, [("GPE", "مصر")])
    scores = score_entities(pair_documents([both], [one], nested), nested)
    assert counts(scores.strict) == counts(scores.conlleval) == (2, 1, 1)
    assert counts(scores.boundary) == (1, 1, 1)  # one span, whatever its types


def test_the_outermost_of_one_extent_is_the_schemas_first_type(make, nested):
    text = "فازت مصر أمس"
    gold = make(text, [("GPE", "مصر"), ("ORG", "مصر")])
    found = make(text, [("ORG", "مصر"), ("GPE", "مصر")])
    outer = score_outermost(pair_documents([gold], [found], nested), nested)
    assert counts(outer.strict) == (1, 1, 1)
    assert [*outer.strict.types] == ["ORG"]


def test_a_prediction_made_twice_counts_once(make, nested):
    text = "فازت مصر أمس"
    gold, twice = make(text, [("GPE", "مصر")]), make(text, [("GPE", "مصر"), ("GPE", "مصر")])
    scores = score_entities(pair_documents([gold], [twice], nested), nested)
    for score in (scores.strict, scores.conlleval, scores.boundary):
        assert counts(score) == (1, 1, 1)


def test_documents_are_kept_apart(make, nested):
    texts = {"a": "مصر", "b": "مصر"}
    gold = [make(text, [("GPE", "مصر")], id=id) for id, text in texts.items()]
    found = [gold[0], make("مصر", id="b")]
    scores = score_entities(pair_documents(gold, found, nested), nested)
    assert counts(scores.strict) == counts(scores.boundary) == (2, 1, 1)


def test_the_corpus_own_tokens_forgive_what_lies_inside_one(make, flat):
    text = "اعتقلت (داعش) زيدا"
    gold, found = make(text, [("ORG", "(داعش)")]), make(text, [("ORG", "داعش")])
    in_words = score_entities(pair_documents([gold], [found], flat), flat)
    in_tokens = score_entities(pair_documents([gold], [found], flat, tokens="corpus"), flat)
    assert counts(in_words.strict) == (1, 1, 0)
    assert counts(in_tokens.strict) == (1, 1, 1)


def test_entities_that_share_a_corpus_token_are_told(make, flat):
    text = "بين سوريا/لبنان"
    gold, found = (
        make(text, [("LOC", "سوريا/لبنان")]),
        make(text, [("LOC", "سوريا"), ("LOC", "لبنان")]),
    )
    scores = score_entities(pair_documents([gold], [found], flat, tokens="corpus"), flat)
    assert (scores.crowded_gold, scores.crowded_predicted) == (0, 1)
    assert counts(scores.strict) == counts(scores.boundary) == (1, 1, 1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("text", ["", "\u200f", "لا شيء هنا"])
@pytest.mark.parametrize("schema_name", ["flat", "nested"])
def test_documents_without_entities_score_zero_of_zero(make, request, schema_name, text):
    schema = request.getfixturevalue(schema_name)
    scores = score_entities(pair_documents([make(text)], [make(text)], schema), schema)
    for score in (scores.strict, scores.conlleval, scores.boundary):
        assert counts(score) == (0, 0, 0)
        assert (score.micro.f1, score.types) == (0.0, {})


@pytest.mark.filterwarnings("error")
def test_no_predictions_at_all_score_zero(make, nested):
    gold = make("زارت مصر", [("GPE", "مصر")])
    pairs = pair_documents([gold], [make("زارت مصر")], nested)
    for scores in (score_entities(pairs, nested), score_outermost(pairs, nested)):
        assert counts(scores.strict) == counts(scores.conlleval) == (1, 0, 0)
        assert scores.strict.micro.precision == scores.strict.micro.recall == 0.0


TYPES = ("PERS", "ORG", "GPE")
spans = st.tuples(st.integers(0, 6), st.integers(1, 4), st.sampled_from(TYPES))


def from_word_spans(drawn: list[tuple[int, int, str]]) -> Document:
    """A document of ten one-letter words with entities of (first word, words, type)."""
    text = " ".join("أبتثجحخدذر")
    return Document(
        id="one",
        text=text,
        entities=tuple(
            Entity(id=str(n), type=type, start=2 * first, end=2 * (first + words) - 1,
                   text=text[2 * first : 2 * (first + words) - 1])
            for n, (first, words, type) in enumerate(drawn)
        ),
    )  # fmt: skip


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6), st.randoms())
@settings(deadline=None, max_examples=60)
def test_the_order_of_entities_changes_nothing(nested, drawn, found, rng: random.Random):
    gold, predicted = from_word_spans(drawn), from_word_spans(found)
    shuffled = [
        msgspec.structs.replace(d, entities=tuple(rng.sample(d.entities, len(d.entities))))
        for d in (gold, predicted)
    ]
    pairs = pair_documents([gold], [predicted], nested)
    again = pair_documents(shuffled[:1], shuffled[1:], nested)
    assert score_entities(pairs, nested) == score_entities(again, nested)
    assert score_outermost(pairs, nested) == score_outermost(again, nested)


@given(st.lists(spans, max_size=6), st.lists(spans, max_size=6))
@settings(deadline=None, max_examples=60)
def test_seqeval_on_rows_by_type_finds_what_sets_of_items_find(nested, drawn, found):
    """Whatever is nested in whatever, also in its own type: no entity is lost to the rows."""
    pairs = pair_documents([from_word_spans(drawn)], [from_word_spans(found)], nested)
    scores = score_entities(pairs, nested)
    assert scores.conlleval.types == scores.strict.types
    shared = set(drawn) & set(found)
    assert counts(scores.strict) == (len(set(drawn)), len(set(found)), len(shared))


LABELS = ["O", "B-PERS", "I-PERS", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]


@st.composite
def row_pairs(draw: st.DrawFn) -> tuple[list[list[str]], list[list[str]]]:
    lengths = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
    row = [st.lists(st.sampled_from(LABELS), min_size=n, max_size=n) for n in lengths]
    return [draw(labels) for labels in row], [draw(labels) for labels in row]


def mend(rows: list[list[str]]) -> list[list[str]]:
    """Let an I- without its B- start an entity, label by label."""
    mended = []
    for row in rows:
        before = ["O", *row]
        mended.append(
            ["B" + now[1:] if now[0] == "I" and old[1:] != now[1:] else now
             for old, now in zip(before, row, strict=False)]
        )  # fmt: skip
    return mended


def to_document(rows: list[list[str]]) -> Document:
    """Tokens ``كN``, joined by spaces and line ends; read label by label, without seqeval."""
    text, entities = "", []
    for row in mend(rows):
        text += "\n" if text else ""
        for number, label in enumerate(row):
            text += f"{' ' if number else ''}ك{number}"
            if label[0] == "B":
                entities.append((label[2:], len(text) - 2, len(text)))
            elif label[0] == "I":
                entities[-1] = (*entities[-1][:2], len(text))
    made = [
        Entity(id=str(n), type=type, start=start, end=end, text=text[start:end])
        for n, (type, start, end) in enumerate(entities)
    ]
    return Document(id="one", text=text, entities=tuple(made))


def assert_seqeval_says(score: Score, gold: list[list[str]], found: list[list[str]], **how) -> None:
    for average, shown in (("micro", score.micro), ("macro", score.macro)):
        if score.types:  # the mean of no type is no number to seqeval
            options = {"average": average, "zero_division": 0, **how}
            assert shown.f1 == pytest.approx(f1_score(gold, found, **options))
            assert shown.precision == pytest.approx(precision_score(gold, found, **options))
            assert shown.recall == pytest.approx(recall_score(gold, found, **options))
    by_type = f1_score(gold, found, average=None, zero_division=0, **how)
    assert [score.types[t].f1 for t in sorted(score.types)] == pytest.approx(list(by_type))


STRICT = {"mode": "strict", "scheme": IOB2}


@given(row_pairs())
@settings(deadline=None, max_examples=100)
def test_flat_scores_are_seqevals_own(flat, rows):
    gold, found = mend(rows[0]), mend(rows[1])
    pairs = pair_documents([to_document(gold)], [to_document(found)], flat, tokens="corpus")
    scores = score_entities(pairs, flat)
    assert_seqeval_says(scores.strict, gold, found, **STRICT)
    assert_seqeval_says(scores.conlleval, gold, found)
    assert scores.crowded_gold == scores.crowded_predicted == 0


@given(row_pairs())
@settings(deadline=None, max_examples=100)
def test_gold_as_written_is_read_as_seqeval_reads_it(flat, rows):
    gold, found = rows[0], mend(rows[1])
    pairs = pair_documents([to_document(gold)], [to_document(found)], flat, tokens="corpus")
    written = score_as_written(pairs, flat, gold)
    assert_seqeval_says(written.strict, gold, found, **STRICT)
    assert_seqeval_says(written.conlleval, gold, found)
    # Mending before and reading leniently are one thing: the figures differ in strict alone.
    assert written.conlleval.types == score_entities(pairs, flat).strict.types


def test_orphans_are_counted_and_make_the_strict_figures_differ(flat):
    rows = [["I-ORG", "I-ORG", "O"], ["B-PERS", "I-LOC"]]
    pairs = pair_documents([to_document(rows)], [to_document(rows)], flat, tokens="corpus")
    written = score_as_written(pairs, flat, rows)
    assert written.orphans == 2
    assert counts(written.conlleval) == (3, 3, 3)
    assert counts(written.strict) == (1, 3, 1)
    assert written.strict.metric == "entity strict, gold labels as written"


def test_labels_of_other_sentences_are_an_error(flat):
    rows = [["B-ORG", "O", "O"], ["O"]]
    pairs = pair_documents([to_document(rows)], [to_document(rows)], flat, tokens="corpus")
    with pytest.raises(ScoreError, match="1 rows of 3 tokens, the documents 2 sentences of 4"):
        score_as_written(pairs, flat, rows[:1])
    with pytest.raises(ScoreError, match="2 rows of 4 tokens, .* or cut elsewhere"):
        score_as_written(pairs, flat, rows[::-1])


def test_a_label_that_the_schema_lacks_is_an_error_with_its_sentence(flat):
    rows = [["O"], ["B-GPE"]]
    pairs = pair_documents([to_document([["O"], ["O"]])], [to_document([["O"], ["O"]])], flat)
    with pytest.raises(SchemaError, match="gold sentence 2 has the label 'B-GPE'; schema flat"):
        score_as_written(pairs, flat, rows)
