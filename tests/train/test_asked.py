"""Single pairs: what a record says of one relation, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from khabar.data.errors import ConfigError
from khabar.data.records import Document
from khabar.data.rejected import StrictRejected
from khabar.data.wojood_relations import MENTION, read_wojood_relations
from khabar.model.joint import JointModel
from khabar.model.relations import SpanBatch
from khabar.train.asked import AskedPair, asked_loss, stack_asked
from khabar.train.step import TrainStep
from khabar.train.targets import AnnotationPolicy, Example, ExampleMaker, collate_examples
from tests.newsroom import article, sentence, untrained, write_schema

PERS, ORG, GPE = 0, 1, 2
WORKS_FOR, BORDERS = 0, 1
POLICY = AnnotationPolicy(labels={MENTION: ()}, annotates=(), relations="asked")
UNLIKE = """\
name: unlike
nested: true
entities: {PERS: a person, ORG: an organization, GPE: a country}
relations: {owns: {head: [PERS], tail: [ORG, GPE], symmetric: true}}
"""


@pytest.fixture
def model(tmp_path: Path, tiny_encoder: Path) -> JointModel:
    return untrained(tmp_path, tiny_encoder)


def asking(
    folder: Path,
    sentence: str = "سامي الحداد يعمل في بنك قطر",
    subject: str = "سامي الحداد",
    object: str = "بنك قطر",
    relation: str = "works_for",
    *,
    holds: bool = True,
) -> Document:
    record = {"sentence": sentence, "subject": subject, "relation": relation, "object": object}
    path = folder / "asked.jsonl"
    path.write_text(json.dumps({**record, "holds": holds}), encoding="utf-8")
    (document,) = read_wojood_relations(path, StrictRejected())
    return document


def examples(model: JointModel, document: Document) -> list[Example]:
    return ExampleMaker(model, POLICY).examples(document)


def states_and_logits(model: JointModel, example: Example) -> tuple[Tensor, Tensor]:
    batch = collate_examples([example], 0, 3)
    reading = model.read(batch.pieces)
    return reading.states.detach(), reading.logits.detach()


def believing(logits: Tensor, head: int, tail: int) -> Tensor:
    """The tagger is sure of the types of words 0 to 1 and 4 to 5."""
    sure = torch.zeros_like(logits)
    sure[..., 0] = 20.0
    for type, first in ((head, 0), (tail, 4)):
        sure[0, first, type] = torch.tensor([0.0, 20.0, 0.0])
        sure[0, first + 1, type] = torch.tensor([0.0, 0.0, 20.0])
    return sure


def score(model: JointModel, states: Tensor, pair: AskedPair, types: tuple[int, int]) -> Tensor:
    first = torch.tensor([pair.head_first, pair.tail_first])
    last = torch.tensor([pair.head_last, pair.tail_last])
    spans = SpanBatch(torch.zeros(2, dtype=torch.long), first, last, torch.tensor(types))
    return model.relate(states, spans, torch.tensor([[0, 1]]))[0, pair.relation]


def test_a_record_is_one_pair_and_one_relation(model, tmp_path):
    (example,) = examples(model, asking(tmp_path, holds=False))
    assert example.asked == (AskedPair(0, 1, 4, 5, WORKS_FOR, 0),)
    assert not example.has_relations
    assert len(example.spans) == len(example.relations) == 0


def test_a_symmetric_relation_is_asked_both_ways_round(model, tmp_path):
    (example,) = examples(model, asking(tmp_path, relation="borders"))
    forward = AskedPair(0, 1, 4, 5, BORDERS, 1)
    assert example.asked == (forward, AskedPair(4, 5, 0, 1, BORDERS, 1))


def test_nothing_but_the_asked_relation_gets_a_gradient(model, tmp_path):
    (example,) = examples(model, asking(tmp_path))
    states, logits = states_and_logits(model, example)
    states.requires_grad_()
    logits.requires_grad_()
    loss = asked_loss(model, states, logits, stack_asked([example.asked]))
    loss.backward()
    assert model.relation_head.scorer.bias.grad[WORKS_FOR] != 0
    assert model.relation_head.scorer.bias.grad[BORDERS] == 0
    assert not model.relation_head.scorer.weight.grad[BORDERS].any()
    assert logits.grad is None  # a record teaches no types
    # Mentions and the words between them are read, and in a longer sentence no other.
    assert states.grad.any(dim=-1).tolist() == [[True] * 6]


def test_words_outside_of_the_pair_get_no_gradient(model, tmp_path):
    long = "أمس سامي الحداد يعمل في بنك قطر بلا شك"
    (example,) = examples(model, asking(tmp_path, sentence=long))
    states, logits = states_and_logits(model, example)
    asked_loss(model, states.requires_grad_(), logits, stack_asked([example.asked])).backward()
    touched = states.grad.any(dim=-1).tolist()
    assert touched == [[False, *[True] * 6, False, False]]


@pytest.mark.parametrize("holds", [True, False])
def test_a_record_moves_its_score_where_it_says(model, tmp_path, holds):
    (example,) = examples(model, asking(tmp_path, holds=holds))
    states, logits = states_and_logits(model, example)
    logits = believing(logits, PERS, ORG)
    (pair,) = example.asked
    before = score(model, states, pair, (PERS, ORG)).item()
    asked_loss(model, states, logits, stack_asked([example.asked])).backward()
    with torch.no_grad():
        for weight in model.relation_head.parameters():
            weight -= 0.01 * weight.grad
    after = score(model, states, pair, (PERS, ORG)).item()
    assert (after > before) == holds
    assert after != before


def test_the_loss_is_weighed_by_the_belief_in_types_that_the_relation_admits(model, tmp_path):
    """The types of both sides, written out: tags over the whole mention, set against each other."""
    (example,) = examples(model, asking(tmp_path))
    states, logits = states_and_logits(model, example)
    logits = torch.randn(logits.shape, generator=torch.Generator().manual_seed(5))
    (pair,) = example.asked

    def belief(first: int, last: int, type: int) -> float:
        tags = logits[0].softmax(dim=-1)
        products = [tags[first, t, 1] * tags[last, t, 2] for t in (PERS, ORG, GPE)]
        return float(products[type] / sum(products))

    logit = score(model, states, pair, (PERS, ORG))
    expected = F.softplus(-logit) * belief(0, 1, PERS) * belief(4, 5, ORG)
    found = asked_loss(model, states, logits, stack_asked([example.asked]))
    torch.testing.assert_close(found, expected)


def test_a_pair_that_the_schema_does_not_let_the_relation_join_teaches_nothing(model, tmp_path):
    (example,) = examples(model, asking(tmp_path))
    states, logits = states_and_logits(model, example)
    asked = stack_asked([example.asked])
    fitting = asked_loss(model, states, believing(logits, PERS, ORG), asked)
    breaking = asked_loss(model, states, believing(logits, GPE, ORG), asked)
    assert fitting.item() > 0.1
    assert breaking.item() < 1e-6


def test_of_a_symmetric_relation_between_unlike_types_two_heads_give_no_loss(
    tmp_path, tiny_encoder
):
    schema = write_schema(tmp_path, UNLIKE)
    model = untrained(tmp_path, tiny_encoder, label_schema=schema)
    (example,) = examples(model, asking(tmp_path, relation="owns"))
    states, logits = states_and_logits(model, example)
    asked = stack_asked([example.asked])
    losses = [
        asked_loss(model, states, believing(logits, head, tail), asked).item()
        for head, tail in ((PERS, ORG), (GPE, PERS), (PERS, PERS))
    ]
    assert min(losses[:2]) > 0.1
    assert losses[2] == 0


def test_mentions_are_of_some_type_and_other_words_of_any_or_none(model, tmp_path):
    (example,) = examples(model, asking(tmp_path))
    assert example.allowed.all()
    assert [(m.first, m.last, len(m.types)) for m in example.coarse] == [(0, 1, 3), (4, 5, 3)]


def test_both_losses_count_what_is_asked(model, tmp_path):
    (asked,) = examples(model, asking(tmp_path))
    gold = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    (full,) = ExampleMaker(model, AnnotationPolicy()).examples(gold)
    batch = collate_examples([full, asked], 0, 3)
    assert batch.asked.tolist() == [[1, 0, 1, 4, 5, WORKS_FOR, 1]]
    assert batch.counts() == (4 + 2, 2 + 1)  # words and coarse mentions, spans and what is asked
    step = TrainStep(model, mistakes=True)
    alone = [step(collate_examples([window], 0, 3)) for window in (full, asked)]
    assert alone[1][1].item() > 0
    for both, first, second in zip(step(batch), *alone, strict=True):
        torch.testing.assert_close(both, first + second)


def test_without_questions_there_is_no_loss(model, tmp_path):
    (example,) = examples(model, asking(tmp_path))
    states, logits = states_and_logits(model, example)
    assert asked_loss(model, states, logits, stack_asked([()])).item() == 0


def test_a_mention_that_stands_at_several_places_is_left_out_and_counted(model, tmp_path):
    twice = asking(tmp_path, sentence="سامي الحداد يعمل في بنك قطر أو بنك قطر")
    maker = ExampleMaker(model, POLICY)
    assert maker.examples(twice) == []
    (note,) = maker.notes()
    assert note.startswith("1 documents ask about a mention that stands at several places")


def test_a_window_that_cuts_the_pair_asks_nothing(model, tmp_path):
    apart = f"سامي الحداد {'. ' * 60}بنك قطر"
    made = examples(model, asking(tmp_path, sentence=apart))
    assert len(made) > 1
    assert all(window.asked == () for window in made)


def test_a_document_that_asks_nothing_is_refused(model):
    with pytest.raises(ConfigError, match=r"document 0 asks about no pair, .*wojood-relations"):
        examples(model, article([sentence("PERS[ سامي ] قال")]))


def test_a_relation_that_the_schema_lacks_is_left_out_and_counted(model, tmp_path):
    maker = ExampleMaker(model, POLICY)
    assert maker.examples(asking(tmp_path, relation="owns")) == []
    assert maker.notes() == [
        "1 documents ask about owns, which schema newsroom lacks, and give no loss"
    ]
