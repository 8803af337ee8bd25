from pathlib import Path

import msgspec
import pytest

from khabar.data.errors import ConfigError
from khabar.train.pretrain_config import PretrainConfig, load_pretrain_config
from khabar.train.schedule import Trapezoid


def load(*overrides: str) -> PretrainConfig:
    return load_pretrain_config("pretrain", overrides)


def test_the_shipped_run_loads_with_overrides():
    config = load("train.steps=1000", "optimizer.encoder_lr=1e-4", "vocabulary.size=24000")
    assert config.optimizer.encoder_lr == 1e-4
    assert config.vocabulary is not None
    assert config.vocabulary.size == 24_000
    assert load().vocabulary is None


def test_a_file_loads_by_its_path(tmp_path):
    config = load("name=mine")
    (tmp_path / "mine.yaml").write_bytes(msgspec.yaml.encode(config))
    assert load_pretrain_config(str(tmp_path / "mine.yaml")) == config


@pytest.mark.parametrize(
    ("decay_share", "decays_from"), [("0.2", 800), ("1", 50), ("0.99", 50), ("0.00001", 999)]
)
def test_the_rates_fall_in_the_last_steps_and_never_before_they_have_risen(
    decay_share, decays_from
):
    config = load(
        "train.steps=1000", "optimizer.warmup_steps=50", f"optimizer.decay_share={decay_share}"
    )
    assert config.schedule == Trapezoid(warmup=50, decays_from=decays_from, steps=1000)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.stepz=5", "stepz"),
        ("train.steps=many", r"Expected `int`.*\$\.train\.steps"),
        ("train.steps=0", "`steps`, `batch_sequences`.* must be at least 1"),
        ("train.snapshots=[0]", "`snapshots` must be at least 1"),
        ("train.sequence_pieces=8", "`sequence_pieces` is 8: at least 16"),
        ("train.mask_rate=15", r"`mask_rate` is a share, got 15.0: 0\.2 is 20 %"),
        ("train.steps=100", r"`optimizer\.warmup_steps` is 200 of `train\.steps` 100"),
        ("optimizer.decay_share=0", r"`decay_share` is a share above 0, got 0\.0"),
        ("optimizer.clip_norm=0", "`clip_norm` above 0"),
        ("vocabulary.size=20", "`size` is 20: single characters alone need 100"),
        ("corpora=[]", "`corpora` is empty"),
        ("held_out=1", r"`held_out` is a share below 1, got 1\.0"),
        ("save.dtype=int8", r"\$\.save\.dtype"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(override, message):
    with pytest.raises(ConfigError, match=message):
        load(override)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: no such file"):
        load_pretrain_config(str(Path(tmp_path) / "none.yaml"))
