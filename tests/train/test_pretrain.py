"""Whole runs of pretraining: that they learn, and that neither kill nor processes change them."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer, BertModel

from khabar.data.errors import ConfigError, ModelError
from khabar.data.words import split_words
from khabar.model.joint import pretrained_encoder
from khabar.model.tokenizer import encoder_tokenizer
from khabar.train.config import CorpusConfig, RunConfig
from khabar.train.loop import TrainingError
from khabar.train.pretrain import run_pretraining
from khabar.train.pretrain_config import PretrainConfig, load_pretrain_config
from khabar.train.pretrain_setup import check_fits, set_up_pretraining
from khabar.train.pretrained import PretrainReport
from khabar.train.setup import build_model
from khabar.train.stream import is_held_out
from tests.rawnews import raw_texts, write_raw

TEXTS = raw_texts(80)
REPEATED = ("تونس", "بنك", "مدينة", "هدف", "يوم", "شركة")

KILLED = """\
import os, signal, sys
from khabar.train import pretrain
from khabar.train.pretrain_config import load_pretrain_config

def log_and_die(run, values):
    log(run, values)
    if run.progress.step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

log, pretrain.log_values = pretrain.log_values, log_and_die
pretrain.run_pretraining(load_pretrain_config(sys.argv[1]))
"""
PROCESS = """\
import sys
from khabar.train.pretrain import run_pretraining
from khabar.train.pretrain_config import load_pretrain_config

run_pretraining(load_pretrain_config(sys.argv[1]))
"""
STEPS = {
    "steps": 12,
    "sequence_pieces": 32,
    "batch_sequences": 6,
    "micro_sequences": 4,
    "precision": "fp32",
    "evaluate_every": 5,
    "save_every": 3,
}


def run_of(folder: Path, encoder: Path | str, name: str = "run", **changes: Any) -> PretrainConfig:
    """Return a small run; a mapping among the changes is merged into its section."""
    plain: dict[str, Any] = {
        "name": "tiny",
        "output": str(folder / name),
        "cache": str(folder / "cache"),
        "init": str(encoder),
        "held_out": 0.15,
        "corpora": [{"path": str(folder / "news.jsonl")}],
        "optimizer": {"encoder_lr": 2e-3, "head_lr": 2e-3, "warmup_steps": 2, "decay_share": 0.25},
        "train": STEPS,
        "save": {"dtype": "fp32"},
    }
    for key, change in changes.items():
        old = plain.get(key)
        plain[key] = {**old, **change} if isinstance(old, dict) else change
    if not (folder / "news.jsonl").exists():
        write_raw(folder / "news.jsonl", TEXTS)
    return msgspec.convert(plain, PretrainConfig)


def write_config(folder: Path, config: PretrainConfig) -> str:
    path = folder / f"{Path(config.output).name}.yaml"
    path.write_bytes(msgspec.yaml.encode(config))
    return str(path)


def log_of(config: PretrainConfig) -> list[dict[str, Any]]:
    """Return the log without what depends on the clock."""
    lines = (Path(config.output) / "log.jsonl").read_text(encoding="utf-8").splitlines()
    plain = [json.loads(line) for line in lines]
    return [{k: v for k, v in line.items() if k != "pieces_per_second"} for line in plain]


def losses(config: PretrainConfig) -> list[float]:
    return [line["loss"] for line in log_of(config) if "loss" in line]


def weights(config: PretrainConfig, folder: str = "encoder") -> bytes:
    return (Path(config.output) / folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def finished(
    tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path
) -> tuple[PretrainConfig, PretrainReport]:
    """A run that is done, with dropout and snapshots."""
    folder = tmp_path_factory.mktemp("finished")
    config = run_of(folder, tiny_encoder, train={"dropout": True, "snapshots": [4, 12]})
    return config, run_pretraining(config)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_run_learns_to_guess_masked_words(tmp_path, tiny_encoder, precision):
    """Articles of one word each, said again and again, so that what is around a mask tells it."""
    texts = [f"{number} {f'{word} ' * 80}" for number in range(10) for word in REPEATED]
    write_raw(tmp_path / "news.jsonl", texts)
    train = {"steps": 160, "precision": precision, "evaluate_every": 40, "save_every": 160}
    optimizer = {"encoder_lr": 3e-3, "head_lr": 3e-3, "warmup_steps": 10}
    config = run_of(tmp_path, tiny_encoder, train=train, optimizer=optimizer)
    report = run_pretraining(config)
    curve = [line["held_out_word_loss"] for line in log_of(config) if "held_out_word_loss" in line]
    assert len(curve) == 4
    assert report.score is not None
    assert report.score.word_loss == curve[-1] < curve[0] / 2
    assert report.score.word_accuracy > 0.7
    assert losses(config)[0] == pytest.approx(math.log(report.vocabulary), rel=0.2)


def test_the_report_counts_every_article(finished):
    _, report = finished
    held_out = sum(is_held_out(text, 0.15) for text in TEXTS)
    assert report.held_out.articles == held_out > 5
    assert report.train.articles == len(TEXTS) - held_out
    words = sum(len(split_words(text)) for text in TEXTS)
    assert report.train.words + report.held_out.words == words
    assert (report.steps, report.pieces_seen, report.unread) == (12, 12 * 6 * 32, 0)
    assert report.pieces_per_second > 0
    shown = dict(report.rows())
    assert shown["pieces seen"] == "2,304"
    assert report.to_table().row_count == len(shown)


def test_articles_that_cannot_be_read_are_reported(tmp_path, tiny_encoder):
    config = run_of(tmp_path, tiny_encoder, train={"steps": 3})
    with (tmp_path / "news.jsonl").open("ab") as news:
        news.write(b"{broken\n")
    report = run_pretraining(config)
    assert report.unread == 1
    assert report.train.articles + report.held_out.articles == len(TEXTS)
    assert log_of(config)[2] == {"step": 0, "note": "articles that could not be read: 1"}


def test_the_log_has_every_step_with_its_speed(finished):
    config, report = finished
    raw = (Path(config.output) / "log.jsonl").read_text(encoding="utf-8").splitlines()
    steps = [line for line in map(json.loads, raw) if "loss" in line]
    assert [line["step"] for line in steps] == list(range(1, 13))
    assert all(line["pieces_per_second"] > 0 for line in steps)
    assert [line["rate"] for line in steps] == [0.5, *[1] * 9, 2 / 3, 1 / 3]
    evaluated = [line["step"] for line in log_of(config) if "held_out_word_loss" in line]
    assert evaluated == [5, 10, 12]
    assert log_of(config)[-1]["held_out_piece_loss"] == report.score.piece_loss


# What is left


def test_the_encoder_is_a_plain_folder_of_transformers(finished):
    config, report = finished
    folder = Path(report.encoder)
    loaded = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    assert isinstance(loaded, BertModel)
    masters = load_file(Path(config.output) / "checkpoint" / "optimizer.safetensors")
    for name, weight in loaded.named_parameters():
        assert torch.equal(weight, masters[f"master.encoder.{name}"]), name
    assert loaded.config.hidden_dropout_prob == 0.1
    text = "قال وزيرُ الخارجية"
    theirs = AutoTokenizer.from_pretrained(folder)(text.split(), is_split_into_words=True)
    own = encoder_tokenizer(str(folder), pad=0)
    pieces = own.encode([text], [split_words(text)], 64)[0].ids.tolist()
    assert theirs.input_ids == [*own.special.prefix, *pieces, *own.special.suffix]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| pieces seen | 2,304 |" in card
    assert "`news.jsonl`" in card
    saved = json.loads((folder / "pretraining.json").read_bytes())
    told = msgspec.structs.replace(report, encoder="encoder")
    assert msgspec.convert(saved["report"], PretrainReport) == told
    assert str(folder.parent) not in json.dumps(saved) + card
    assert not list(folder.glob("*.partial"))


def test_a_training_configuration_takes_the_encoder(finished):
    _, report = finished
    corpora = (CorpusConfig(path="none"),)
    config = RunConfig(name="fine", output="none", encoder=report.encoder, corpora=corpora)
    model = build_model(config)
    saved = load_file(Path(report.encoder) / "model.safetensors")
    for name, weight in model.encoder.named_parameters():
        assert torch.equal(weight, saved[name]), name


def test_pretraining_goes_on_from_its_own_encoder(tmp_path, finished):
    """Masks in hand, it starts from what the first run has learnt, not from the bare encoder."""
    before, report = finished
    config = run_of(tmp_path, report.encoder, train={"steps": 3})
    assert run_pretraining(config).vocabulary == report.vocabulary
    own, other = (
        load_file(Path(c.output) / "encoder" / "model.safetensors") for c in (config, before)
    )
    name = "embeddings.word_embeddings.weight"
    assert 0 < (own[name] - other[name]).abs().max() < 0.02


def test_snapshots_show_the_encoder_as_it_was(finished):
    config, report = finished
    assert weights(config, "snapshots/step-12") == weights(config)
    assert weights(config, "snapshots/step-4") != weights(config)
    saved = json.loads((Path(config.output) / "snapshots/step-4/pretraining.json").read_bytes())
    assert saved["report"]["steps"] == 4


def test_weights_are_rounded_once_and_cut_into_shards_on_demand(tmp_path, tiny_encoder):
    save = {"dtype": "fp16", "max_shard_size": "20KB"}
    config = run_of(tmp_path, tiny_encoder, train={"steps": 3, "precision": "bf16"}, save=save)
    folder = Path(run_pretraining(config).encoder)
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    loaded = AutoModel.from_pretrained(folder, add_pooling_layer=False)
    assert loaded.dtype == torch.float16
    masters = load_file(Path(config.output) / "checkpoint" / "optimizer.safetensors")
    for name, weight in loaded.named_parameters():
        assert torch.equal(weight, masters[f"master.encoder.{name}"].half()), name


@pytest.mark.parametrize("kind", ["khabar", "random"])
def test_other_beginnings(tmp_path, tiny_encoder, tiny_khabar, kind):
    init = {"khabar": str(tiny_khabar), "random": f"random:{tiny_encoder}"}[kind]
    report = run_pretraining(run_of(tmp_path, init, train={"steps": 3}))
    assert report.vocabulary == 300 or report.vocabulary > 100
    AutoModel.from_pretrained(report.encoder)


def test_a_run_with_a_new_vocabulary_goes_on_without_its_cache(tmp_path, tiny_encoder):
    config = run_of(tmp_path, tiny_encoder, vocabulary={"size": 220}, train={"steps": 3})
    report = run_pretraining(config)
    assert report.vocabulary == 220
    tokenizer = encoder_tokenizer(report.encoder, pad=0)
    assert tokenizer.backend.get_vocab_size() == 220
    shutil.rmtree(tmp_path / "cache")
    longer = run_of(tmp_path, tiny_encoder, vocabulary={"size": 220}, train={"steps": 5})
    assert run_pretraining(longer).steps == 5
    assert [line["step"] for line in log_of(longer) if "loss" in line] == [1, 2, 3, 4, 5]


# Going on


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(tmp_path, finished):
    """With dropout, killed two steps after the last checkpoint."""
    whole, _ = finished
    cut = msgspec.structs.replace(whole, output=str(tmp_path / "cut"))
    command = [sys.executable, "-c", KILLED, write_config(tmp_path, cut), "8"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert json.loads((tmp_path / "cut/checkpoint/state.json").read_bytes())["step"] == 6
    assert not (tmp_path / "cut/encoder").exists()
    run_pretraining(cut)
    for name in ("checkpoint/optimizer.safetensors", "checkpoint/random-0.safetensors"):
        assert (tmp_path / "cut" / name).read_bytes() == (Path(whole.output) / name).read_bytes()
    for folder in ("encoder", "snapshots/step-4"):
        assert weights(cut, folder) == weights(whole, folder)
    assert log_of(cut) == log_of(whole)


def test_a_run_that_is_done_is_not_done_again(finished):
    config, report = finished
    log = log_of(config)
    again = run_pretraining(config)
    assert again == report
    assert log_of(config) == log


def test_a_prolonged_run_is_as_if_it_had_been_as_long_from_the_start(tmp_path, tiny_encoder):
    """Its rates have fallen in the last quarter: it goes on from before that."""
    train = {"dropout": True}
    prolonged = run_of(tmp_path, tiny_encoder, "prolonged", train=train)
    run_pretraining(prolonged)
    long = {**train, "steps": 20}
    run_pretraining(run_of(tmp_path, tiny_encoder, "prolonged", train=long))
    whole = run_of(tmp_path, tiny_encoder, "whole", train=long)
    run_pretraining(whole)
    assert weights(prolonged) == weights(whole)
    assert log_of(prolonged) == log_of(whole)


def test_a_run_is_not_made_shorter_than_it_is(tmp_path, tiny_encoder):
    run_pretraining(run_of(tmp_path, tiny_encoder))
    message = r"of 12 steps, came to step 12 with other rates than `train\.steps` 8 gives; leave"
    with pytest.raises(ConfigError, match=message):
        run_pretraining(run_of(tmp_path, tiny_encoder, train={"steps": 8}))


@pytest.mark.parametrize(
    "changes", [{"seed": 2}, {"train": {"mask_rate": 0.3}}, {"optimizer": {"encoder_lr": 1e-3}}]
)
def test_a_run_is_not_continued_as_another(tmp_path, tiny_encoder, changes):
    run_pretraining(run_of(tmp_path, tiny_encoder, train={"steps": 3}))
    train = {"steps": 3, **changes.get("train", {})}
    with pytest.raises(ConfigError, match="another configuration or of other data"):
        run_pretraining(run_of(tmp_path, tiny_encoder, **{**changes, "train": train}))


def test_a_run_goes_on_with_another_name_and_rhythm(tmp_path, tiny_encoder):
    run_pretraining(run_of(tmp_path, tiny_encoder, train={"steps": 3}))
    train = {"steps": 3, "save_every": 2, "evaluate_every": 1, "snapshots": [2]}
    (tmp_path / "news.jsonl").rename(tmp_path / "elsewhere")
    (tmp_path / "moved").mkdir()
    moved = tmp_path / "moved" / "news.jsonl"
    (tmp_path / "elsewhere").rename(moved)
    corpora = [{"path": str(moved)}]
    config = run_of(tmp_path, tiny_encoder, train=train, corpora=corpora)
    assert run_pretraining(config).steps == 3


# One step, cut in several ways


@pytest.mark.parametrize("micro", [1, 6])
def test_the_curve_does_not_depend_on_how_a_step_is_cut(tmp_path, tiny_encoder, micro):
    whole = run_of(tmp_path, tiny_encoder, "whole", train={"steps": 5})
    cut = run_of(tmp_path, tiny_encoder, "cut", train={"steps": 5, "micro_sequences": micro})
    run_pretraining(whole)
    run_pretraining(cut)
    assert losses(cut) == pytest.approx(losses(whole), rel=1e-4)


def test_two_processes_pretrain_as_one_does_at_the_same_total_batch(tmp_path, tiny_encoder):
    one, two = (run_of(tmp_path, tiny_encoder, name) for name in ("one", "two"))
    run_pretraining(one)
    script = tmp_path / "process.py"
    script.write_text(PROCESS, encoding="utf-8")
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    command = [*launcher, str(script), write_config(tmp_path, two)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    alone, shared = log_of(one), log_of(two)
    assert len(alone) == len(shared) == 3 + 12 + 3
    for own, other in zip(alone[3:], shared[3:], strict=True):
        # In fp32 all that differs is the order of sums.
        assert other == pytest.approx(own, rel=1e-3), own["step"]
    with pytest.raises(ConfigError, match="saved by 2 processes, now there are 1"):
        run_pretraining(two)


# What cannot be


def test_a_loss_that_is_no_number_stops_the_run(tmp_path, tiny_encoder):
    optimizer = {"encoder_lr": 1e30, "head_lr": 1e30, "warmup_steps": 0}
    config = run_of(tmp_path, tiny_encoder, optimizer=optimizer)
    with pytest.raises(TrainingError, match=r"the loss of step \d+ is no number.*encoder_lr"):
        run_pretraining(config)


def test_processes_that_cannot_share_a_step_evenly_are_refused(tmp_path, tiny_encoder):
    config = run_of(tmp_path, tiny_encoder)
    encoder = pretrained_encoder(str(tiny_encoder), "eager")
    check_fits(config, encoder, processes=3)
    with pytest.raises(ConfigError, match="`train.batch_sequences` is 6, which 4 processes cannot"):
        check_fits(config, encoder, processes=4)


def test_sequences_longer_than_the_encoder_reads_are_refused(tmp_path, tiny_encoder):
    config = run_of(tmp_path, tiny_encoder, train={"sequence_pieces": 513})
    with pytest.raises(ModelError, match="`train.sequence_pieces` is 513, but encoder .* most 512"):
        set_up_pretraining(config)


def test_corpora_without_a_word_to_train_on_are_refused(tmp_path, tiny_encoder):
    write_raw(tmp_path / "news.jsonl", ["", " "])
    with pytest.raises(ConfigError, match="hold no word to train on; name others under `corpora`"):
        set_up_pretraining(run_of(tmp_path, tiny_encoder))


def test_without_held_out_articles_nothing_is_measured(tmp_path, tiny_encoder):
    config = run_of(tmp_path, tiny_encoder, held_out=0, train={"steps": 3})
    report = run_pretraining(config)
    assert report.score is None
    assert report.held_out.articles == 0
    assert not any("held_out_word_loss" in line for line in log_of(config))


def test_the_shipped_run_pretrains(tmp_path, tiny_encoder):
    write_raw(tmp_path / "news.jsonl", TEXTS)
    overrides = [
        f"corpora.0.path={tmp_path / '*.jsonl'}",
        f"output={tmp_path / 'run'}",
        f"cache={tmp_path / 'cache'}",
        f"init={tiny_encoder}",
        "train.steps=2",
        "optimizer.warmup_steps=1",
    ]
    report = run_pretraining(load_pretrain_config("pretrain", overrides))
    assert report.steps == 2
    assert report.train.articles + report.held_out.articles == len(TEXTS)
