from pathlib import Path

import pytest
import torch
from torch.nn import functional as F
from transformers import AlbertConfig, AlbertModel, BertConfig, BertForMaskedLM

from khabar.model.joint import pretrained_encoder
from khabar.model.masked import MaskedModel, embedding_of

IDS = torch.tensor([[2, 7, 4, 9, 3], [2, 8, 6, 4, 3]])
PLACES = torch.tensor([2, 6, 8])


@pytest.fixture
def model(tiny_encoder: Path) -> MaskedModel:
    torch.manual_seed(3)
    return MaskedModel(pretrained_encoder(str(tiny_encoder), "eager")).eval()


def test_logits_are_those_of_bert_s_own_masked_model_at_the_places_asked_for(model):
    config = BertConfig(**{**model.encoder.config.to_dict(), "tie_word_embeddings": True})
    theirs = BertForMaskedLM(config).eval()
    theirs.bert.load_state_dict(model.encoder.state_dict())
    head = theirs.cls.predictions
    head.transform.dense.load_state_dict(model.dense.state_dict())
    head.transform.LayerNorm.load_state_dict(model.norm.state_dict())
    torch.nn.init.normal_(model.bias)
    head.bias.data.copy_(model.bias)
    head.decoder.bias.data.copy_(model.bias)
    expected = theirs(input_ids=IDS).logits.flatten(0, 1)[PLACES]
    # Their norm adds 1e-12 to the variance, torch's own 1e-5.
    torch.testing.assert_close(model(IDS, PLACES), expected, rtol=0, atol=1e-4)


def test_the_decoder_is_the_embedding_and_both_uses_train_it(model):
    names = dict(model.named_parameters())
    outside = {name for name in names if not name.startswith("encoder.")}
    assert outside == {"dense.weight", "dense.bias", "norm.weight", "norm.bias", "bias"}
    F.cross_entropy(model(IDS, PLACES), torch.tensor([5, 5, 5])).backward()
    gradient = embedding_of(model.encoder).grad
    assert gradient is not None
    assert gradient[7].abs().sum() > 0  # it is read
    assert gradient[11].abs().sum() > 0  # it is only a wrong answer


def test_embeddings_of_another_size_than_the_states():
    config = AlbertConfig(
        vocab_size=40,
        embedding_size=6,
        hidden_size=12,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=10,
    )
    assert MaskedModel(AlbertModel(config))(IDS, PLACES).shape == (3, 40)
