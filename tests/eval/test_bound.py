"""The operations of an encoder, counted by hand, and a rate that is one."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertModel

from khabar.eval.bound import encoder_cost, product_rate
from khabar.model.joint import pretrained_encoder

LAYERS, HIDDEN = 3, 24


@pytest.fixture(scope="module")
def encoder() -> BertModel:
    config = BertConfig(
        vocab_size=50,
        hidden_size=HIDDEN,
        num_hidden_layers=LAYERS,
        num_attention_heads=2,
        intermediate_size=4 * HIDDEN,
        attn_implementation="eager",
    )
    return BertModel(config, add_pooling_layer=False).eval()


def test_a_layer_costs_twelve_times_the_square_of_its_width(encoder):
    cost = encoder_cost(encoder)
    assert cost.weights == LAYERS * 12 * HIDDEN**2
    assert cost.attention == LAYERS * 2 * HIDDEN
    assert cost.weight_bytes == 4 * cost.weights
    assert encoder_cost(BertModel(encoder.config).bfloat16()).weight_bytes == 2 * (
        cost.weights + HIDDEN**2  # its pooler
    )


def test_long_sequences_cost_more_than_short_ones_of_as_many_pieces(encoder):
    cost = encoder_cost(encoder)
    assert cost.operations([]) == 0
    assert cost.operations([7]) == 2 * 7 * (LAYERS * 12 * HIDDEN**2 + LAYERS * 2 * HIDDEN * 7)
    assert cost.operations([10, 4]) > cost.operations([7, 7]) > 2 * 14 * cost.weights


@torch.inference_mode()
def test_the_operations_are_those_that_torch_counts(tiny_encoder):
    """Here the inner layer is twice as wide as the outer one, and not four times."""
    encoder = pretrained_encoder(str(tiny_encoder), "eager").eval()
    with FlopCounterMode(display=False) as counter:
        encoder(input_ids=torch.full((3, 11), 9))
    assert encoder_cost(encoder).operations([11, 11, 11]) == counter.get_total_flops()


def test_a_rate_is_that_of_the_machine(encoder):
    """Between what no machine is so slow as to miss and what none reaches."""
    assert 1e6 < product_rate(encoder, pieces=64) < 1e15
