"""Windows put together: what is found in a long text is what is found in its parts alone."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from khabar.data.records import Document
from khabar.data.tags import WordSpan, covered_words
from khabar.data.windows import Window
from khabar.data.words import split_words
from khabar.model.engine import Prediction, predict
from khabar.model.extractor import Extractor
from khabar.model.relations import SpanBatch
from khabar.model.selection import LeastScores
from khabar.model.storage import from_pretrained
from khabar.model.temperature import tempered, without_temperatures
from tests.newsroom import Sentence, any_sentence, article, sentence

FILLER = Sentence("بدأ الموسم الجديد .")
EMPLOYEE = sentence("PERS[ سامي الحداد ] يعمل في ORG[ بنك GPE[ قطر ] ] .", ("works_for", 0, 1))
HALF = LeastScores(entities=(0.0, 0.0, 0.0), relations=(0.5, 0.5))
NEIGHBOURS = sentence("GPE[ تونس ] تجاور GPE[ لبنان ] .", ("borders", 0, 1))


def found(document: Document) -> tuple[set[tuple[str, int, int]], set[tuple[str, int, int]]]:
    """Entities by type and extent, relations by type and the starts of head and tail."""
    entities = {(e.type, e.start, e.end) for e in document.entities}
    starts = {entity.id: entity.start for entity in document.entities}
    relations = {(r.type, starts[r.head], starts[r.tail]) for r in document.relations}
    return entities, relations


@pytest.mark.parametrize("kind", [EMPLOYEE, NEIGHBOURS], ids=["works_for", "borders"])
def test_entities_and_relations_are_found_at_every_place_of_a_long_text(newsroom, kind):
    """Windows are 48 pieces here, 20 of them shared; a seam comes to lie at every word."""
    commas = [Sentence(" ".join("،" * count)) for count in range(61)]
    seams = set()
    for before in range(1, 60):
        gold = article([commas[before], kind, commas[60]])
        assert found(newsroom(gold.text)) == found(gold), before
        seams |= {window.own_start - before for window in windows_of(newsroom, gold.text)}
    assert seams >= set(range(1, len(kind.text.split())))


def windows_of(extractor: Extractor, text: str) -> list[Window]:
    return predict(extractor.model, [text], batch_tokens=4096, least=HALF)[0].windows


def test_long_articles_are_read_as_their_sentences_are(newsroom):
    rng = random.Random(5)
    for _ in range(6):
        gold = article([any_sentence(rng) for _ in range(25)])
        predicted = newsroom(gold.text)
        assert int(predicted.meta["windows"]) > 5
        assert found(predicted) == found(gold)


def test_the_batch_s_budget_changes_nothing(newsroom):
    rng = random.Random(6)
    texts = [article([any_sentence(rng) for _ in range(n)]).text for n in (1, 9, 0, 4, 2)]
    results = [
        predict(newsroom.model, texts, batch_tokens=budget, least=HALF)
        for budget in (1, 130, 100_000)
    ]
    one_by_one, some, all_at_once = ([parts(p) for p in found] for found in results)
    assert one_by_one == some == all_at_once


def parts(prediction: Prediction) -> tuple[object, ...]:
    spans = [scored.span for scored in prediction.spans]
    relations = [(r.head, r.tail, r.type) for r in prediction.relations]
    return prediction.words, prediction.windows, spans, relations


class Mistaken(torch.nn.Module):
    """A relation head that believes in any pair from some word of the window on."""

    def __init__(self, word: int) -> None:
        super().__init__()
        self.word = word

    def forward(self, states: Tensor, spans: SpanBatch, pairs: Tensor) -> Tensor:
        late = spans.last[pairs].amax(dim=-1) >= self.word
        return torch.where(late, 5.0, -5.0)[:, None].expand(-1, 2)


def test_a_relation_counts_as_the_window_with_most_context_sees_it(newsroom, newsroom_model):
    """A yes from the poorer window once won over a no from the better one."""
    model = from_pretrained(newsroom_model)
    text = article([EMPLOYEE] * 12).text
    first, second = windows_of(newsroom, text)[:2]
    # At the first window's end, and well inside the second.
    head, tail = (
        WordSpan(first.end - 3, first.end - 3, 0),
        WordSpan(first.end - 1, first.end - 1, 1),
    )
    assert second.start < head.first

    def related() -> list[tuple[int, int, int]]:
        given = [[head, tail]]
        (only,) = predict(model, [text], batch_tokens=4096, least=HALF, given=given)
        return [(relation.head, relation.tail, relation.type) for relation in only.relations]

    model.relation_head = Mistaken(tail.last - first.start)
    assert related() == []
    model.relation_head = Mistaken(tail.last - second.start)
    assert related() == [(0, 1, 0)]


def test_a_symmetric_relation_is_returned_once_earlier_head_first(newsroom):
    gold = article([FILLER, NEIGHBOURS])
    words = split_words(gold.text)
    extents = covered_words(gold.entities, words)
    spans = [WordSpan(*extents[entity.id], 2) for entity in gold.entities]
    (prediction,) = predict(
        newsroom.model, [gold.text], batch_tokens=4096, least=HALF, given=[spans]
    )
    assert [(r.head, r.tail, r.type) for r in prediction.relations] == [(0, 1, 1)]


def test_the_threshold_decides_what_is_returned(newsroom):
    text = article([EMPLOYEE, NEIGHBOURS]).text

    def counts(entity: float, relation: float) -> tuple[int, int]:
        least = LeastScores((entity,) * 3, (relation,) * 2)
        (found,) = predict(newsroom.model, [text], batch_tokens=4096, least=least)
        return len(found.spans), len(found.relations)

    assert counts(0.0, 0.0)[1] > counts(0.0, 0.5)[1] == 2
    assert counts(0.0, 1.01) == (5, 0)
    assert counts(1.01, 0.0) == (0, 0)


def test_a_relation_is_no_surer_than_its_entities(newsroom):
    gold = article([EMPLOYEE])
    predicted = newsroom(gold.text)
    scores = {entity.id: entity.score for entity in predicted.entities}
    (relation,) = predicted.relations
    (given,) = newsroom.relate(gold).relations
    least = min(scores[relation.head], scores[relation.tail])
    assert relation.score == pytest.approx(given.score * least, abs=2e-4)


def test_temperatures_change_scores_and_nothing_else(newsroom):
    """Relations of one kind between equal entities keep their order, whatever the temperature."""
    text = article([EMPLOYEE, NEIGHBOURS]).text
    least = LeastScores((0.0,) * 3, (0.0,) * 2)
    warm = without_temperatures(newsroom.model)
    warm.config = msgspec.structs.replace(
        warm.config, entity_temperature=1.5, relation_temperature=3.0, relation_shift=0.5
    )
    plain, other = (
        predict(model, [text], batch_tokens=4096, least=least)[0]
        for model in (without_temperatures(newsroom.model), warm)
    )
    assert [scored.span for scored in plain.spans] == [scored.span for scored in other.spans]
    assert len(plain.relations) == len(other.relations) > 2
    for before, after in zip(plain.relations, other.relations, strict=True):
        assert (before.head, before.tail, before.type) == (after.head, after.tail, after.type)
        heads = [
            relation.score / min(own.spans[i].score for i in (relation.head, relation.tail))
            for own, relation in ((plain, before), (other, after))
        ]
        assert heads[1] == pytest.approx(tempered(np.array(heads[0]), 3.0, 0.5), abs=1e-4)


def test_texts_without_words_give_empty_predictions(newsroom):
    for prediction in predict(newsroom.model, ["", " \n"], batch_tokens=64, least=HALF):
        assert (prediction.words, prediction.windows, prediction.spans) == ([], [], [])
    assert predict(newsroom.model, [], batch_tokens=64, least=HALF) == []
