"""The joint model on small random encoders of several classes."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import (
    BertConfig,
    BertModel,
    ModernBertConfig,
    ModernBertModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from khabar.data.batches import PieceBatch, WindowPieces, collate
from khabar.model.joint import JointModel
from khabar.model.relations import SpanBatch
from khabar.model.storage import from_pretrained, save_pretrained
from khabar.model.viterbi import FORBIDDEN
from tests.newsroom import FLAT_SCHEMA, untrained, write_schema

SIZES = {"hidden_size": 20, "num_hidden_layers": 2, "num_attention_heads": 2}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> JointModel:
    return untrained(tmp_path_factory.mktemp("run"), tiny_encoder)


def window(*counts: int, first: int = 10) -> WindowPieces:
    """A window of words of so many pieces, all of them different, with special pieces around."""
    pieces = sum(counts)
    return WindowPieces(
        ids=np.array([2, *range(first, first + pieces), 3]),
        word_of_piece=np.concatenate([[-1], np.repeat(np.arange(len(counts)), counts), [-1]]),
        words=len(counts),
    )


def batch_of(*windows: WindowPieces) -> PieceBatch:
    return collate(windows, pad_id=0)


@torch.no_grad()
def test_shapes_with_sizes_that_all_differ(model):
    batch = batch_of(window(1, 2, 1, 1, 3, 1, 1), window(2, 1, 1))
    states = model.encode(batch)
    assert states.shape == (2, 7, 32)
    assert model.tag(states).shape == (2, 7, 4, 3)
    rows = [[0, 1, 2, 0], [0, 4, 6, 1], [0, 5, 5, 1], [0, 3, 3, 1], [1, 0, 0, 0]]
    spans = SpanBatch(*torch.tensor(rows).unbind(-1))
    pairs = model.rules.pairs(spans, 100)
    assert model.relate(states, spans, pairs).shape == (3, 2)


@pytest.mark.parametrize("pooling", ["first", "mean"])
@torch.no_grad()
def test_a_word_s_state_is_that_of_its_pieces(tmp_path, tiny_encoder, pooling):
    model = untrained(tmp_path, tiny_encoder, heads={"pooling": pooling})
    batch = batch_of(window(1, 3, 2), window(2, 1))
    pieces = model.encoder(input_ids=batch.ids, attention_mask=batch.mask).last_hidden_state
    states = model.encode(batch)
    for row in range(2):
        for word in range(3):
            own = [p for p, w in enumerate(batch.word_of_piece[row].tolist()) if w == word]
            used = own[:1] if pooling == "first" else own
            slow = sum((pieces[row, p] for p in used), torch.zeros(32)) / max(len(used), 1)
            torch.testing.assert_close(states[row, word], slow)


@torch.no_grad()
def test_a_window_s_scores_do_not_depend_on_what_it_is_batched_with(model):
    short, long = window(1, 2, 1), window(*[1, 2] * 20, first=40)
    alone = model.tag(model.encode(batch_of(short)))
    together = model.tag(model.encode(batch_of(long, short)))
    torch.testing.assert_close(together[1, :3], alone[0], atol=1e-5, rtol=1e-4)
    spans = [(0, 0, 0, 0), (0, 2, 2, 1)]
    apart = SpanBatch(*torch.tensor(spans).unbind(-1))
    joined = SpanBatch(*torch.tensor([(1, *span[1:]) for span in spans]).unbind(-1))
    pair = torch.tensor([[0, 1]])
    torch.testing.assert_close(
        model.relate(model.encode(batch_of(long, short)), joined, pair),
        model.relate(model.encode(batch_of(short)), apart, pair),
        atol=1e-5,
        rtol=1e-4,
    )


@torch.no_grad()
def test_what_the_schema_forbids_is_marked(model):
    states = model.encode(batch_of(window(1, 1, 1)))
    spans = SpanBatch(*torch.tensor([[0, 0, 0, 0], [0, 1, 1, 1], [0, 2, 2, 2]]).unbind(-1))
    person_organization, organization_person, person_country = model.relate(
        states, spans, torch.tensor([[0, 1], [1, 0], [0, 2]])
    ).tolist()
    assert person_organization[0] > FORBIDDEN
    assert person_organization[1] == FORBIDDEN
    assert organization_person == person_country == [FORBIDDEN, FORBIDDEN]


def test_a_crf_s_transitions_are_learned_on_top_of_the_rules(tmp_path, tiny_encoder):
    schema = write_schema(tmp_path, FLAT_SCHEMA)
    heads = {"crf": True, "inner_types": []}
    model = untrained(tmp_path, tiny_encoder, label_schema=schema, heads=heads)
    with torch.no_grad():
        model.crf += 5
    transitions = model.transitions().detach()
    assert transitions.shape == (7, 7)
    assert float(transitions[0, 1]) == 5
    assert float(transitions[0, 2]) == FORBIDDEN + 5
    assert model.relation_head is None


def test_bf16_weights_still_give_scores_in_fp32(tmp_path, tiny_encoder):
    model = untrained(tmp_path, tiny_encoder).to(torch.bfloat16)
    states = model.encode(batch_of(window(1, 2)))
    assert states.dtype == torch.bfloat16
    assert model.tag(states).dtype == torch.float32


def save_encoder(kind: str, folder: Path, vocabulary: int) -> None:
    torch.manual_seed(4)
    if kind == "bert":
        BertModel(BertConfig(**SIZES, vocab_size=vocabulary)).save_pretrained(folder)
    elif kind == "modernbert":
        config = ModernBertConfig(
            **SIZES, vocab_size=vocabulary, intermediate_size=16, pad_token_id=0
        )
        ModernBertModel(config).save_pretrained(folder)
    else:
        config = XLMRobertaConfig(**SIZES, vocab_size=vocabulary, pad_token_id=0)
        XLMRobertaModel(config).save_pretrained(folder)


@pytest.mark.parametrize("kind", ["bert", "modernbert", "xlm-roberta"])
@torch.no_grad()
def test_encoders_of_several_classes_load_from_a_folder_and_are_saved(tmp_path, tiny_encoder, kind):
    folder = tmp_path / kind
    tokenizer = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    save_encoder(kind, folder, tokenizer.get_vocab_size())
    shutil.copy(tiny_encoder / "tokenizer.json", folder)
    model = untrained(tmp_path, folder)
    assert not any("pooler" in name for name, _ in model.named_parameters())
    save_pretrained(model, tmp_path / "saved", card="", dtype=torch.float32)
    loaded = from_pretrained(tmp_path / "saved")
    batch = batch_of(window(1, 2, 1, 3), window(2))
    expected, found = (m.tag(m.encode(batch)) for m in (model, loaded))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)
    assert msgspec.json.encode(loaded.config) == msgspec.json.encode(model.config)
