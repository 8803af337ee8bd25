"""What a saved configuration may hold, and what is said when it cannot be used."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from khabar.data.errors import ModelError
from khabar.data.schema import LabelSchema
from khabar.model.config import HeadsConfig, ModelConfig, WindowConfig, decode_config
from khabar.model.tokenizer import SpecialPieces

CONFIG = ModelConfig(
    name="n",
    version="1",
    label_schema=LabelSchema(name="s", nested=False, entities={"PERS": "a person"}),
    heads=HeadsConfig(crf=True),
    window=WindowConfig(pieces=64, overlap=16),
    special=SpecialPieces(prefix=(2,), suffix=(3,), pad=0, unknown=1),
    encoder={"model_type": "bert", "hidden_size": 8},
)


def test_a_configuration_from_before_there_were_temperatures_changes_no_score():
    fields = msgspec.to_builtins(CONFIG)
    del fields["entity_temperature"], fields["relation_temperature"], fields["relation_shift"]
    assert decode_config(msgspec.json.encode(fields), origin="m") == CONFIG
    assert (CONFIG.entity_temperature, CONFIG.relation_temperature) == (1.0, 1.0)
    assert CONFIG.relation_shift == 0


def changed(**fields: Any) -> bytes:
    return msgspec.json.encode(msgspec.to_builtins(CONFIG) | fields)


def test_a_configuration_is_read_back_equal():
    assert decode_config(msgspec.json.encode(CONFIG), origin="m") == CONFIG


@pytest.mark.parametrize(
    ("json", "message"),
    [
        (b'{"model_type": "bert"}', r"m: config.json is not of a Khabar model; give a folder"),
        (b'{"khabar_form', r"m: config.json is damaged: .*; copy it again"),
        (b"[]", r"m: config.json is damaged: Expected `object`"),
        (changed(khabar_format=2), r"saved in format 2, .* reads format 1; upgrade Khabar"),
        (changed(khabar_format=0), r"saved in format 0, .*; train or convert the model again"),
        (
            changed(khabar_format="one"),
            r"`int \| null`, got `str` - at `\$.khabar_format`",
        ),
        (changed(window={"pieces": "x"}), r"m: config.json: Expected `int`.*\$.window.pieces"),
        (changed(entity_temperature=0), r"m: config.json: .*must be above 0, got 0.0 and 1.0"),
        (changed(relation_temperature=-2), r"must be above 0, got 1.0 and -2.0; 1 changes nothing"),
        (changed(heads={"pool": "mean"}), r"m: config.json: .*unknown field `pool`.*\$.heads"),
    ],
)
def test_a_configuration_that_cannot_be_used_says_why(json, message):
    with pytest.raises(ModelError, match=message):
        decode_config(json, origin="m")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dropout": 1.0}, "`dropout` is a share below 1, got 1.0"),
        ({"dropout": -0.1}, "`dropout` is a share below 1"),
        ({"relation_size": 0}, "`relation_size` must be at least 1"),
        ({"relation_reach": -1}, "`relation_reach` at least 0"),
    ],
)
def test_heads_out_of_range_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        HeadsConfig(**fields)


@pytest.mark.parametrize(
    ("pieces", "overlap", "message"),
    [
        (64, 32, "`overlap` is 32 of `pieces` 64: it must be below half"),
        (64, -1, "`overlap` is -1"),
        (7, 0, "`pieces` is 7: a window needs at least 8"),
    ],
)
def test_windows_that_cannot_move_on_are_refused(pieces, overlap, message):
    with pytest.raises(ValueError, match=message):
        WindowConfig(pieces=pieces, overlap=overlap)
