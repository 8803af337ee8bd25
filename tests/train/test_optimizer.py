"""The optimizer against torch's own, and its rates against values worked by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from khabar.train.config import OptimizerConfig
from khabar.train.optimizer import MasterAdamW, learning_rate_factor, set_learning_rates


class Small(nn.Module):
    """Named as the joint model names its parts."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoder = nn.Sequential(nn.Linear(5, 7), nn.LayerNorm(7))
        self.tagger = nn.Linear(7, 3)
        self.unused = nn.Linear(2, 2)

    def loss(self, seed: int) -> torch.Tensor:
        random = torch.Generator().manual_seed(seed)
        dtype = self.tagger.weight.dtype
        features = torch.randn(4, 5, generator=random).to(dtype)
        return self.tagger(self.encoder(features)).square().sum()


CONFIG = OptimizerConfig(encoder_lr=1e-2, head_lr=3e-2, weight_decay=0.1)


def torch_s_own(model: Small) -> torch.optim.AdamW:
    vectors = [p for p in model.encoder.parameters() if p.ndim == 1]
    matrices = [p for p in model.encoder.parameters() if p.ndim > 1]
    heads = [model.tagger, model.unused]
    groups = [
        {"params": matrices, "lr": 1e-2, "weight_decay": 0.1},
        {"params": vectors, "lr": 1e-2, "weight_decay": 0.0},
        {"params": [head.weight for head in heads], "lr": 3e-2, "weight_decay": 0.1},
        {"params": [head.bias for head in heads], "lr": 3e-2, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, foreach=True)


def steps(model: Small, optimizer: torch.optim.Optimizer, seeds: range, factor: float = 1) -> None:
    for seed in seeds:
        if isinstance(optimizer, MasterAdamW):
            set_learning_rates(optimizer, factor)
        optimizer.zero_grad()
        model.loss(seed).backward()
        optimizer.step()


def test_in_fp32_it_is_torch_s_adamw_to_the_last_bit():
    ours, theirs = Small(), Small()
    steps(ours, MasterAdamW(ours, CONFIG), range(10))
    steps(theirs, torch_s_own(theirs), range(10))
    for own, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(own, other)
    assert not torch.equal(ours.tagger.weight, Small().tagger.weight)


def test_weights_in_bf16_gather_updates_that_are_too_small_for_them():
    config = OptimizerConfig(encoder_lr=1e-5, head_lr=1e-5, weight_decay=0)
    model = Small().to(torch.bfloat16)
    with torch.no_grad():
        model.tagger.bias.fill_(1.0)  # the next smaller bf16 number is 1 - 2 ** -8
    optimizer = MasterAdamW(model, config)
    set_learning_rates(optimizer, 1)
    for _ in range(300):  # by 1e-5 each
        optimizer.zero_grad()
        model.tagger.bias.sum().backward()
        optimizer.step()
    master = dict(zip(optimizer.names, optimizer.masters, strict=True))["tagger.bias"]
    torch.testing.assert_close(master.detach(), torch.full((3,), 1 - 3e-3), atol=1e-5, rtol=0)
    assert model.tagger.bias.tolist() == [1 - 2**-8] * 3


def test_what_is_saved_brings_a_run_back_to_the_last_bit():
    whole, first, second = Small(), Small(), Small()
    steps(whole, MasterAdamW(whole, CONFIG), range(10), factor=0.5)
    broken = MasterAdamW(first, CONFIG)
    steps(first, broken, range(6), factor=0.5)
    saved = {name: tensor.clone() for name, tensor in broken.tensors().items()}
    resumed = MasterAdamW(second, CONFIG)
    resumed.load_tensors(saved)
    steps(second, resumed, range(6, 10), factor=0.5)
    for own, other in zip(whole.parameters(), second.parameters(), strict=True):
        assert torch.equal(own, other)
    assert saved.keys() >= {"master.tagger.bias", "exp_avg.tagger.bias", "step.tagger.bias"}
    assert "exp_avg.unused.bias" not in saved  # it never had a gradient


def test_gradients_are_forgotten():
    model = Small()
    optimizer = MasterAdamW(model, CONFIG)
    steps(model, optimizer, range(1))
    optimizer.zero_grad()
    assert all(weight.grad is None for weight in (*model.parameters(), *optimizer.masters))


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("linear", {0: 0.5, 1: 1.0, 2: 1.0, 3: 0.875, 6: 0.5, 9: 0.125, 10: 0.0}),
        ("cosine", {0: 0.5, 1: 1.0, 2: 1.0, 4: 0.8535534, 6: 0.5, 8: 0.1464466, 10: 0.0}),
    ],
)
def test_rates_rise_then_fall_to_zero(schedule, factors):
    config = OptimizerConfig(warmup=0.2, schedule=schedule)
    found = {step: learning_rate_factor(step, 10, config) for step in factors}
    assert found == pytest.approx(factors)


def test_without_warm_up_the_first_step_has_the_peak_rate():
    config = OptimizerConfig(warmup=0)
    assert learning_rate_factor(0, 5, config) == 1.0
    assert learning_rate_factor(0, 1, config) == 1.0


def test_encoder_and_heads_have_rates_of_their_own():
    optimizer = MasterAdamW(Small(), CONFIG)
    set_learning_rates(optimizer, 0.5)
    rates = {
        name: group["lr"]
        for group in optimizer.param_groups
        for name, master in zip(optimizer.names, optimizer.masters, strict=True)
        if any(master is weight for weight in group["params"])
    }
    assert {name: rates[name] for name in ("encoder.0.weight", "encoder.1.bias")} == {
        "encoder.0.weight": 5e-3,
        "encoder.1.bias": 5e-3,
    }
    assert rates["tagger.weight"] == rates["tagger.bias"] == 1.5e-2


class Layered(nn.Module):
    """Named as BERT's classes name their parts."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.ModuleDict({"embeddings": nn.Embedding(4, 2)})
        self.encoder["layer"] = nn.ModuleList(nn.Linear(2, 2) for _ in range(2))
        self.encoder["norm"] = nn.LayerNorm(2)
        self.tagger = nn.Linear(2, 3)


def test_rates_fall_from_the_last_layer_to_the_embeddings():
    model = Layered()
    optimizer = MasterAdamW(model, OptimizerConfig(encoder_lr=1.0, head_lr=3.0), layer_decay=0.5)
    set_learning_rates(optimizer, 1)
    rate = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    found = {n: rate[id(m)] for n, m in zip(optimizer.names, optimizer.masters, strict=True)}
    assert found == {
        "encoder.embeddings.weight": 0.25,
        "encoder.layer.0.weight": 0.5,
        "encoder.layer.0.bias": 0.5,
        "encoder.layer.1.weight": 1.0,
        "encoder.layer.1.bias": 1.0,
        "encoder.norm.weight": 1.0,
        "encoder.norm.bias": 1.0,
        "tagger.weight": 3.0,
        "tagger.bias": 3.0,
    }
