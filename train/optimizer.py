"""The optimizer: AdamW over two groups of rates, with fp32 masters for bf16 weights."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from khabar.train.config import OptimizerConfig
from khabar.train.pretrain_config import PretrainOptimizerConfig

ENCODER = "encoder."
"""How the names of an encoder's weights begin in every model that holds one."""
_LAYER = re.compile(r"\.layers?\.(\d+)\.")
"""The number of a layer in the name of a weight, in encoders of BERT's and ModernBERT's kinds."""


class MasterAdamW(torch.optim.AdamW):
    """AdamW that keeps an fp32 copy of every weight, its master, and updates that.

    bf16 weights have eight bits of precision: small updates to them would be lost. For fp32
    weights the masters are copies of the same values, and the arithmetic is AdamW's own.
    """

    def __init__(
        self,
        model: nn.Module,
        config: OptimizerConfig | PretrainOptimizerConfig,
        layer_decay: float = 1.0,
    ) -> None:
        self.names = [name for name, _ in model.named_parameters()]
        self.weights = [weight for _, weight in model.named_parameters()]
        self.masters = [nn.Parameter(weight.detach().float().clone()) for weight in self.weights]
        named = dict(zip(self.names, self.masters, strict=True))
        super().__init__(_groups(named, config, layer_decay), lr=config.head_lr, foreach=True)

    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update the masters from the weights' gradients, then the weights from the masters."""
        assert closure is None, "no closure is supported"
        for weight, master in zip(self.weights, self.masters, strict=True):
            master.grad = None if weight.grad is None else weight.grad.float()
        super().step()
        self.copy_to_weights()

    @torch.no_grad()
    def copy_to_weights(self) -> None:
        """Round the masters into the model's weights."""
        for weight, master in zip(self.weights, self.masters, strict=True):
            weight.copy_(master)

    def zero_grad(self, set_to_none: bool = True) -> None:  # noqa: FBT001, FBT002 - torch's signature
        """Forget the gradients of weights and masters."""
        super().zero_grad(set_to_none=set_to_none)
        for weight in self.weights:
            weight.grad = None

    def tensors(self) -> dict[str, Tensor]:
        """Return masters and moments by the weights' names, to be saved."""
        saved: dict[str, Tensor] = {}
        for name, master in zip(self.names, self.masters, strict=True):
            saved[f"master.{name}"] = master.detach()
            for key, value in self.state[master].items():
                saved[f"{key}.{name}"] = value
        return saved

    @torch.no_grad()
    def load_tensors(self, saved: dict[str, Tensor]) -> None:
        """Take back what ``tensors`` gave, and set the weights."""
        for name, master in zip(self.names, self.masters, strict=True):
            master.copy_(saved[f"master.{name}"])
            keys = ("step", "exp_avg", "exp_avg_sq")
            moments = {key: saved[f"{key}.{name}"] for key in keys if f"{key}.{name}" in saved}
            self.state[master] = moments
        self.copy_to_weights()


def learning_rate_factor(step: int, steps: int, config: OptimizerConfig) -> float:
    """Return the share of the peak rates that step number ``step`` (from 0) of ``steps`` uses."""
    warmup = round(config.warmup * steps)
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    if config.schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * progress))
    return 1 - progress


def set_learning_rates(optimizer: MasterAdamW, factor: float) -> None:
    """Set every group's rate to that share of its peak."""
    for group in optimizer.param_groups:
        group["lr"] = group["peak"] * factor


def _groups(
    named: dict[str, nn.Parameter],
    config: OptimizerConfig | PretrainOptimizerConfig,
    layer_decay: float,
) -> list[dict[str, object]]:
    below = _layers_below_the_last(named)
    groups: defaultdict[tuple[float, float], list[nn.Parameter]] = defaultdict(list)
    for name, weight in named.items():
        # Biases and norms are vectors; decaying them would pull scales towards zero.
        decay = config.weight_decay if weight.ndim > 1 else 0.0
        encoder = name.startswith(ENCODER)
        peak = config.encoder_lr * layer_decay ** below[name] if encoder else config.head_lr
        groups[peak, decay].append(weight)
    return [
        {"params": own, "peak": peak, "weight_decay": decay}
        for (peak, decay), own in groups.items()
    ]


def _layers_below_the_last(names: Iterable[str]) -> dict[str, int]:
    """Return how far every weight lies below the last layer; embeddings lie below the first."""
    layers = {name: int(found[1]) for name in names if (found := _LAYER.search(name))}
    count = 1 + max(layers.values(), default=-1)
    return {
        name: count - 1 - layers[name] if name in layers else count * ("embeddings" in name)
        for name in names
    }
