"""A step's gradients, however it is cut, and what the relation head learns from."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
import torch
from torch import Tensor

from khabar.train.loop import backward
from khabar.train.loss import UNSURE
from khabar.train.setup import Run, set_up
from khabar.train.step import TrainStep, relation_truth
from khabar.train.targets import AnnotationPolicy, Example, ExampleMaker, collate_examples
from khabar.train.vocabulary import mask_piece
from tests.newsroom import Sentence, article, articles, run_config, scored, sentence


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, steady_encoder: Path) -> Run:
    folder = tmp_path_factory.mktemp("run")
    return set_up(run_config(folder, steady_encoder, train={"relation_mistakes": False}))


@pytest.fixture(scope="module")
def eight_windows(run: Run) -> list[Example]:
    """Of unlike lengths and unlike numbers of targets, with and without relations, also coarse."""
    policies = [
        AnnotationPolicy(),
        AnnotationPolicy(relations=False),
        AnnotationPolicy(labels={"ORG": ("ORG", "GPE")}, nested=False, relations=False),
    ]
    documents = articles(40, seed=20, sentences=4)
    windows = [
        window
        for number, document in enumerate(documents)
        for window in ExampleMaker(run.model, policies[number % 3]).examples(document)
    ]
    chosen = sorted(islice(windows, 24), key=lambda window: -window.pieces.words)[::3]
    assert len({window.pieces.words for window in chosen}) > 4
    assert any(window.coarse for window in chosen)
    return chosen


def gradients(run: Run, windows: list[Example], cuts: Sequence[int]) -> dict[str, Tensor]:
    """The gradients of one step, cut into micro-batches of so many windows."""
    rest = iter(windows)
    batches = [collate_examples(list(islice(rest, count)), 0, 3) for count in cuts]
    run.model.zero_grad()
    backward(run, batches)
    found = {name: weight.grad.clone() for name, weight in run.model.named_parameters()}
    run.model.zero_grad()
    return found


@pytest.mark.parametrize("cuts", [(4, 4), (1, 2, 5), (1,) * 8])
def test_gradients_do_not_depend_on_how_a_step_is_cut(run, eight_windows, cuts):
    """Windows of unequal length on purpose: a mean of means passes on equal ones."""
    whole = gradients(run, eight_windows, cuts=(8,))
    cut = gradients(run, eight_windows, cuts)
    for name, gradient in whole.items():
        torch.testing.assert_close(cut[name], gradient, atol=1e-6, rtol=1e-4, msg=name)
    assert all(gradient.any() for name, gradient in whole.items() if name.startswith("relation"))


def test_a_batch_without_pairs_still_reaches_every_weight(run):
    """Else the gradients of several processes could not be averaged."""
    (lonely,) = ExampleMaker(run.model, AnnotationPolicy()).examples(article([Sentence("قال")]))
    found = gradients(run, [lonely], cuts=(1,))
    assert found.keys() == dict(run.model.named_parameters()).keys()
    assert not any(g.any() for name, g in found.items() if name.startswith("relation_head"))


def test_relation_truth_is_what_a_loop_over_the_pairs_finds():
    relations = torch.tensor([[0, 1, 1, 1], [0, 1, 0, UNSURE], [3, 2, 2, 1], [2, 0, 1, 1]])
    pairs = torch.tensor([[3, 2], [0, 1], [1, 0], [2, 3]])  # not (2, 0): out of reach
    gold = {(h, t, type): truth for h, t, type, truth in relations.tolist()}
    slow = [[gold.get((h, t, type), 0) for type in range(3)] for h, t in pairs.tolist()]
    found = relation_truth(relations, pairs, 4, torch.zeros(4, 3))
    assert found.tolist() == slow
    none = relation_truth(torch.zeros(0, 4, dtype=torch.long), pairs, 4, torch.zeros(4, 3))
    assert not none.any()


def test_the_tagger_s_mistakes_are_added_where_relations_are_annotated(run):
    pair = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    (annotated,) = ExampleMaker(run.model, AnnotationPolicy()).examples(pair)
    (silent,) = ExampleMaker(run.model, AnnotationPolicy(relations=False)).examples(pair)
    batch = collate_examples([silent, annotated], 0, 3)
    logits = torch.zeros(2, 4, 4, 3)
    logits[:, :, 2, 1] = 5.0  # every word begins a GPE
    logits[:, 0, 0, 1] = logits[:, 3, 1, 1] = 9.0  # and the gold spans are there too
    logits[:, 1, 2, 1] = 7.0
    with_mistakes = TrainStep(run.model, mistakes=True)._with_mistakes(batch, logits)
    columns = (with_mistakes.window, with_mistakes.first, with_mistakes.last, with_mistakes.type)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert rows[:2] == [(1, 0, 0, 0), (1, 3, 3, 1)]  # gold first: relations point to them
    # As many as gold has, the surest first, none in the window without annotation.
    assert len(rows) == 4
    assert rows[2] == (1, 1, 1, 2)
    assert set(rows[2:]) <= {(1, word, word, 2) for word in range(4)}


def test_a_mention_that_a_model_was_unsure_of_is_no_mistake(run):
    pair = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    unsure = scored(pair, entities=[0.9, 0.3])
    (window,) = ExampleMaker(run.model, AnnotationPolicy(least_score=0.5)).examples(unsure)
    logits = torch.zeros(1, 4, 4, 3)
    logits[..., 0] = 9.0
    logits[0, 0, 1, 1] = logits[0, 3, 1, 1] = (
        20.0  # an ORG, where there is none and where one may be
    )
    step = TrainStep(run.model, mistakes=True)
    found = step._with_mistakes(collate_examples([window], 0, 3), logits)
    columns = (found.first, found.last, found.type)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == [
        (0, 0, 0),
        (0, 0, 1),
    ]


def test_mistakes_are_further_negatives(run):
    pair = article([sentence("PERS[ سامي ] يعمل في ORG[ بنك ]", ("works_for", 0, 1))])
    (window,) = ExampleMaker(run.model, AnnotationPolicy()).examples(pair)
    batch = collate_examples([window], 0, 3)
    with torch.no_grad():
        before = run.model.tagger.bias.clone()
        run.model.tagger.bias[7] += 50  # B of the third row: every word begins a GPE
        tags, relations = TrainStep(run.model, mistakes=False)(batch)
        same_tags, more = TrainStep(run.model, mistakes=True)(batch)
        run.model.tagger.bias.copy_(before)
    assert float(same_tags) == float(tags)
    assert float(more) > float(relations)


def test_hidden_words_are_whole_drawn_anew_and_only_real_ones(run, eight_windows):
    batch = collate_examples(eight_windows, 0, 3)
    step = TrainStep(run.model, mistakes=False, word_masking=0.4)
    mask = mask_piece(run.model.tokenizer)
    torch.manual_seed(0)
    draws = [step._masked(batch.pieces, mask) for _ in range(50)]
    hidden = torch.stack([draw.ids != batch.pieces.ids for draw in draws])
    assert all(
        (draw.ids[changed] == mask).all() for draw, changed in zip(draws, hidden, strict=True)
    )
    assert not hidden[:, batch.pieces.word_of_piece < 0].any()  # special pieces and padding
    for changed in hidden:
        for row, words in zip(changed, batch.pieces.word_of_piece, strict=True):
            assert not set(words[row].tolist()) & set(words[~row].tolist())
    assert 0.3 < hidden[:, batch.pieces.word_of_piece >= 0].float().mean() < 0.5
    assert len({tuple(changed.flatten().tolist()) for changed in hidden}) == 50


def test_without_hidden_words_nothing_is_drawn(run, eight_windows):
    batch = collate_examples(eight_windows[:2], 0, 3)
    run.model.eval()
    torch.manual_seed(0)
    before = torch.get_rng_state()
    TrainStep(run.model, mistakes=False)(batch)
    run.model.train()
    assert torch.equal(torch.get_rng_state(), before)
