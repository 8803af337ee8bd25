"""transformers' pipeline gives what the extractor gives."""

from __future__ import annotations

import pytest
import torch
from transformers import Pipeline, pipeline

from khabar.data.errors import ConfigError, ModelError
from khabar.model.extractor import Extractor
from khabar.model.pipeline import KhabarModel, register
from khabar.model.storage import from_pretrained
from tests.newsroom import articles

TEXTS = [document.text for document in articles(5, seed=21)]


@pytest.fixture(scope="module")
def reader(newsroom_model) -> Pipeline:
    register()
    register()  # twice is once
    return pipeline("khabar", model=str(newsroom_model), device="cpu", dtype=torch.float32)


def test_a_text_gives_its_document_as_a_dict(reader, newsroom):
    assert [reader(text) for text in TEXTS] == [newsroom(text).to_dict() for text in TEXTS]
    assert any(reader(text)["relations"] for text in TEXTS)


def test_many_texts_are_read_at_once_in_their_order(reader, newsroom):
    expected = [document.to_dict() for document in newsroom.batch(TEXTS)]
    assert reader(TEXTS) == expected
    assert list(reader(text for text in TEXTS)) == expected


def test_parameters_are_the_extractor_s(reader, newsroom, newsroom_model):
    expected = newsroom(TEXTS[0], types=["PERS"]).to_dict()
    assert reader(TEXTS[0], types=["PERS"]) == expected
    assert reader(TEXTS[:1], types=["PERS"]) == [expected]
    model = KhabarModel(newsroom)
    always = pipeline("khabar", model=model, device="cpu", types=["PERS"])
    assert always(TEXTS[0]) == expected
    with pytest.raises(ConfigError, match="no type is named 'PER'"):
        reader(TEXTS[0], types=["PER"])


def test_a_pipeline_says_what_it_is(reader):
    assert "'device': 'cpu'" in repr(reader)
    assert "KhabarModel" in repr(reader)
    assert "'dtype': 'float32'" in repr(reader)


def test_a_model_moves_by_being_loaded_again_in_its_precision(newsroom_model):
    model = KhabarModel.from_pretrained(str(newsroom_model), dtype=torch.float16)
    before = model.extractor
    model.to(torch.device("cpu"))
    assert model.extractor is not before
    assert (model.device.type, model.dtype) == ("cpu", torch.float16)
    with pytest.raises(ModelError, match="made in memory"):
        KhabarModel(Extractor(from_pretrained(newsroom_model))).to(torch.device("cpu"))


def test_the_bundled_model_is_there_without_a_name():
    register()
    reader = pipeline("khabar", model=KhabarModel.from_pretrained(), device="cpu")
    assert reader("تقع تونس في شمال أفريقيا .")["entities"]
