"""The losses against plain cross entropy, against sums written out, and against all paths."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from khabar.model.joint import JointModel
from khabar.model.viterbi import FORBIDDEN
from khabar.train.loss import TagTargets, relation_loss, tag_loss
from tests.newsroom import FLAT_SCHEMA, untrained, write_schema

WORDS = torch.tensor([5, 3])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> JointModel:
    return untrained(tmp_path_factory.mktemp("run"), tiny_encoder)


def flat(folder: Path, encoder: Path, *, crf: bool) -> JointModel:
    heads = {"inner_types": [], "crf": crf}
    schema = write_schema(folder, FLAT_SCHEMA)
    return untrained(folder, encoder, label_schema=schema, heads=heads)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def admitting(
    tags: Tensor, count: int, coarse: list[tuple[int, int, int]] = (), types: list[list[bool]] = ()
) -> TagTargets:
    """Targets that admit one tag, or all where it is negative."""
    allowed = F.one_hot(tags.clamp(min=0), count).bool() | (tags < 0).unsqueeze(-1)
    return TagTargets(
        allowed=allowed,
        coarse=torch.tensor(coarse, dtype=torch.long).reshape(-1, 3),
        coarse_types=torch.tensor(types, dtype=torch.bool).reshape(-1, 3),
    )


def test_where_one_tag_is_admitted_it_is_plain_cross_entropy(model):
    logits = random(2, 5, 4, 3)
    tags = torch.randint(0, 3, (2, 5, 4), generator=torch.Generator().manual_seed(1))
    tags[1, 3:] = -1  # padding
    plain = F.cross_entropy(logits.flatten(0, 2), tags.flatten(), ignore_index=-1, reduction="sum")
    torch.testing.assert_close(tag_loss(model, logits, WORDS, admitting(tags, 3)), plain)


def test_where_all_tags_are_admitted_there_is_no_loss(model):
    logits = random(2, 5, 4, 3).requires_grad_()
    targets = admitting(torch.full((2, 5, 4), -1), 3)
    loss = tag_loss(model, logits, WORDS, targets)
    loss.backward()
    assert loss.item() == 0
    assert not logits.grad.any()
    assert targets.count() == 0


def test_where_several_tags_are_admitted_their_probabilities_are_summed(model):
    logits = random(1, 1, 4, 3)
    targets = admitting(torch.full((1, 1, 4), -1), 3)
    targets.allowed[0, 0, 2] = torch.tensor([True, False, True])
    probabilities = logits[0, 0, 2].softmax(dim=-1)
    expected = -math.log(float(probabilities[0] + probabilities[2]))
    assert float(tag_loss(model, logits, torch.tensor([1]), targets)) == pytest.approx(expected)
    assert targets.count() == 1


def slow_coarse(
    logits: Tensor, row_of: list[int], first: int, last: int, types: list[int]
) -> float:
    """-log of the chance that at least one type has all its tags over the mention."""
    none = 1.0
    for type in types:
        probability = 1.0
        for word in range(first, last + 1):
            row = logits[word, row_of[type]].double().softmax(dim=-1)
            begins = 1 if len(row) == 3 else 1 + 2 * type
            probability *= float(row[begins if word == first else begins + 1])
        none *= 1 - probability
    return -math.log(1 - none)


@pytest.mark.parametrize("types", [[2], [1, 2], [0, 1, 2]])
@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 3)])
def test_a_coarse_mention_asks_for_any_of_its_types(model, types, first, last):
    logits = random(2, 5, 4, 3, seed=3)
    flags = [[type in types for type in range(3)]]
    targets = admitting(torch.full((2, 5, 4), -1), 3, [(1, first, last)], flags)
    expected = slow_coarse(logits[1], [0, 1, 2], first, last, types)
    assert float(tag_loss(model, logits, WORDS, targets)) == pytest.approx(expected, rel=1e-4)
    assert targets.count() == 1


def test_a_coarse_mention_in_a_flat_schema(tmp_path, tiny_encoder):
    model = flat(tmp_path, tiny_encoder, crf=False)
    logits = random(2, 5, 1, 7, seed=4)
    targets = admitting(torch.full((2, 5, 1), -1), 7, [(0, 2, 4)], [[False, True, True]])
    expected = slow_coarse(logits[0], [0, 0, 0], 2, 4, [1, 2])
    assert float(tag_loss(model, logits, WORDS, targets)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sure", [5.0, 20.0, 200.0])
def test_a_coarse_mention_that_the_model_is_sure_to_miss_keeps_its_gradient(model, sure):
    """The loss once ended at 13.8, from where a run could not learn the mention any more."""
    logits = torch.zeros(1, 5, 4, 3)
    logits[..., 0] = sure
    logits.requires_grad_()
    targets = admitting(torch.full((1, 5, 4), -1), 3, [(0, 1, 2)], [[False, True, True]])
    loss = tag_loss(model, logits, torch.tensor([5]), targets)
    loss.backward()
    odds = 2 * (sure + math.log1p(2 * math.exp(-sure)))  # of each type, in both words
    assert loss.item() == pytest.approx(odds - math.log(2), rel=0.02)
    assert float(logits.grad[0, 1, 1, 0]) == pytest.approx(0.5, abs=0.2)
    assert torch.isfinite(logits.grad).all()


def test_a_coarse_mention_that_is_found_for_certain_gives_no_loss(model):
    logits = torch.zeros(1, 5, 4, 3)
    logits[0, 1, 2, 1] = logits[0, 2, 2, 2] = 50.0
    targets = admitting(torch.full((1, 5, 4), -1), 3, [(0, 1, 2)], [[False, True, True]])
    loss = tag_loss(model, logits, torch.tensor([5]), targets)
    assert float(loss) == pytest.approx(0, abs=1e-5)


def test_forbidden_relations_give_no_loss():
    logits = random(6, 3)
    truth = (random(6, 3, seed=2) > 0).float()
    forbidden = torch.zeros(6, 3, dtype=torch.bool)
    forbidden[0, 1] = forbidden[4] = True
    slow = sum(
        F.binary_cross_entropy(logits[pair, type].sigmoid(), truth[pair, type])
        for pair, type in itertools.product(range(6), range(3))
        if not forbidden[pair, type]
    )
    marked = logits.masked_fill(forbidden, FORBIDDEN).requires_grad_()
    loss = relation_loss(marked, truth)
    torch.testing.assert_close(loss, slow)
    loss.backward()
    assert not marked.grad[forbidden].any()
    assert marked.grad[~forbidden].all()


def test_a_crf_s_loss_is_the_share_of_the_admitted_paths_among_all(tmp_path, tiny_encoder):
    model = flat(tmp_path, tiny_encoder, crf=True)
    with torch.no_grad():
        model.crf.copy_(random(7, 7, seed=6))
    logits = random(2, 4, 1, 7, seed=5)
    words = torch.tensor([3, 4])
    targets = admitting(torch.tensor([[[1], [2], [-1], [-1]], [[0], [-1], [3], [4]]]), 7)
    expected = 0.0
    for window, length in enumerate(words.tolist()):
        every, admitted = [], []
        for path in itertools.product(range(7), repeat=length):
            moves = list(itertools.pairwise((0, *path)))
            if any(tag in (2, 4, 6) and before not in (tag - 1, tag) for before, tag in moves):
                continue
            score = sum(float(logits[window, word, 0, tag]) for word, tag in enumerate(path))
            score += sum(float(model.crf[a, b]) for a, b in itertools.pairwise(path))
            every.append(math.exp(score))
            if all(targets.allowed[window, word, 0, tag] for word, tag in enumerate(path)):
                admitted.append(math.exp(score))
        expected -= math.log(math.fsum(admitted) / math.fsum(every))
    found = tag_loss(model, logits, words, targets)
    assert float(found.detach()) == pytest.approx(expected, rel=1e-3)
    nothing = admitting(torch.full((2, 4, 1), -1), 7)
    assert float(tag_loss(model, logits, words, nothing).detach()) == 0
