"""Run configurations: what YAML and overrides may say, and what is said of what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar.data.augment import AugmentConfig
from khabar.data.errors import ConfigError
from khabar.train.config import RunConfig, load_run_config
from khabar.train.targets import AnnotationPolicy

SMALLEST = "name: n\noutput: runs/n\ncorpora: [{path: a.jsonl}]\n"


def load(tmp_path: Path, yaml: str, *overrides: str) -> RunConfig:
    path = tmp_path / "run.yaml"
    path.write_text(yaml, encoding="utf-8")
    return load_run_config(str(path), overrides)


def test_a_configuration_has_defaults_for_all_but_its_name_output_and_corpora(tmp_path):
    config = load(tmp_path, SMALLEST)
    assert config.label_schema == "wojood"
    assert config.encoder == "bundled"
    assert config.corpora[0].policy == AnnotationPolicy()
    assert config.train.epochs == 6


def test_variants_are_made_where_the_configuration_says_so(tmp_path):
    assert load(tmp_path, SMALLEST).corpora[0].augment is None
    augment = "corpora.0.augment"
    assert load(tmp_path, SMALLEST, f"{augment}={{}}").corpora[0].augment == AugmentConfig()
    config = load(tmp_path, SMALLEST, f"{augment}={{copies: 3, swap_types: [GPE], swap: 1}}")
    assert config.corpora[0].augment == AugmentConfig(copies=3, swap_types=("GPE",), swap=1.0)


def test_relations_are_annotated_or_not_or_asked_about(tmp_path):
    found = [
        load(tmp_path, SMALLEST, f"corpora.0.policy.relations={value}").corpora[0].policy.relations
        for value in ("true", "false", "asked")
    ]
    assert found == [True, False, "asked"]


def test_numbers_that_yaml_reads_as_text_are_numbers(tmp_path):
    config = load(tmp_path, SMALLEST + "optimizer: {encoder_lr: 5e-5, head_lr: 1e-3}\n")
    assert config.optimizer.encoder_lr == 5e-5
    assert config.optimizer.head_lr == 1e-3
    assert load(tmp_path, SMALLEST, "optimizer.head_lr=2e-4").optimizer.head_lr == 2e-4


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("epoch: 3\n", r"unknown field `epoch`"),
        ("train: {epoch: 3}\n", r"unknown field `epoch` - at `\$\.train`"),
        ("optimizer: {lr: 3}\n", r"unknown field `lr` - at `\$\.optimizer`"),
        ("heads: {pool: mean}\n", r"unknown field `pool` - at `\$\.heads`"),
        ("dev: [{path: a, polcy: {}}]\n", r"unknown field `polcy` - at `\$\.dev\[0\]`"),
        ("train: {epochs: many}\n", r"Expected `int`, got `str` - at `\$\.train\.epochs`"),
        ("train: {epochs: 2.5}\n", r"Expected `int`, got `float` - at `\$\.train\.epochs`"),
        ("train: {precision: fp8}\n", r"Invalid enum value 'fp8' - at `\$\.train\.precision`"),
        ("window: {pieces: 64, overlap: 32}\n", r"`overlap` is 32 .* - at `\$\.window`"),
        ("train: {batch_windows: 0}\n", r"`batch_windows`.* must be at least 1 - at `\$\.train`"),
        ("train: {word_masking: 1}\n", r"`word_masking` is a share below 1, got 1.0"),
        ("optimizer: {layer_decay: 0}\n", r"`layer_decay` is a factor of at most 1, got 0.0"),
        ("dev: [{path: a, cuts: 0}]\n", r"`cuts` is in how many ways to cut, got 0: 1 or more"),
        ("train: {max_steps: 0}\n", r"`max_steps` must be at least 1, or null"),
        ("train: {patience: 0}\n", r"`patience` must be at least 1, or null"),
        ("train: {relation_weight: -1}\n", r"`relation_weight` must not be negative, got -1"),
        ("optimizer: {warmup: 10}\n", r"`warmup` is a share of all steps, got 10.*0\.1 is 10 %"),
        ("optimizer: {head_lr: -1}\n", r"learning rates and decay must not be negative"),
        ("optimizer: {clip_norm: 0}\n", r"`clip_norm` above 0"),
        ("dev: [{path: a, augment: {copies: 0}}]\n", r"`copies` .* - at `\$\.dev\[0\]\.augment`"),
        ("dev: [{path: a, augment: {swap: 30}}]\n", r"`swap` is a share of 1, got 30"),
        ("dev: [{path: a, augment: {swaps: 0}}]\n", r"unknown field `swaps`"),
        ("dev: [{path: a, weight: 0}]\n", r"`weight` must be above 0, got 0.*leave the corpus out"),
        (
            "dev: [{path: a, join: 2, policy: {relations: asked}}]\n",
            r"with `relations: asked` leave out `join` and `augment` - at `\$\.dev\[0\]`",
        ),
        ("dev: [{path: a, augment: {}, policy: {relations: asked}}]\n", r"leave out `join` and"),
        (
            "dev: [{path: a, policy: {relations: some}}]\n",
            r"- at `\$\.dev\[0\]\.policy\.relations`",
        ),
        ("dev: [{path: a, share: [0.9, 0.1]}]\n", r"`share` is \[0\.9, 0\.1\]: write two shares"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(tmp_path, yaml, message):
    with pytest.raises(ConfigError, match=message) as caught:
        load(tmp_path, SMALLEST + yaml)
    assert str(caught.value).startswith(str(tmp_path / "run.yaml"))


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("name: n\noutput: o\ncorpora: []\n", "`corpora` is empty: name at least one"),
        ("name: n\noutput: o\n", "missing required field `corpora`"),
        ("", "Expected `object`, got `null`"),
        ("name: [", "run.yaml: not YAML:"),
    ],
)
def test_a_file_that_is_no_run_is_refused(tmp_path, yaml, message):
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, yaml)


def test_overrides_reach_into_groups_and_lists(tmp_path):
    config = load(
        tmp_path,
        SMALLEST,
        "train.epochs=3",
        "corpora.0.path=b.jsonl",
        "corpora.0.policy.labels={LOC: [GPE, FAC]}",
        "corpora.0.share=[0, 0.5]",
        "heads.inner_types=[ORG]",
        "train.patience=null",
        "output=runs/a=b",
    )
    assert config.train.epochs == 3
    assert config.corpora[0].path == "b.jsonl"
    assert config.corpora[0].policy.labels == {"LOC": ("GPE", "FAC")}
    assert config.corpora[0].share == (0.0, 0.5)
    assert config.heads.inner_types == ("ORG",)
    assert config.train.patience is None
    assert config.output == "runs/a=b"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epochs", r"--set train\.epochs: write it as key=value, such as train\.epochs=3"),
        ("=3", r"--set =3: write it as key=value"),
        (
            "corpora.1.path=b",
            r"--set corpora\.1\.path=b: the configuration has no place corpora\.1",
        ),
        ("corpora.x.path=b", r"the configuration has no place corpora\.x\.path"),
        ("name.first=b", r"the configuration has no place name\.first"),
        ("train.epochs=[", r"--set train\.epochs=\["),
        ("train.epoch=3", r"unknown field `epoch` - at `\$\.train`"),
    ],
)
def test_an_override_that_has_no_place_is_refused(tmp_path, override, message):
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, SMALLEST, override)


def test_a_file_or_a_name_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match=r"missing\.yaml: no such file"):
        load_run_config("missing.yaml")
    with pytest.raises(ConfigError, match=r"no run is named 'nws': give one of anercorp, .*news"):
        load_run_config("nws")


def test_a_shipped_run_is_found_by_its_name():
    assert load_run_config("anercorp").label_schema == "anercorp"
