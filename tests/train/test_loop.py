"""Whole runs: that they learn, and that a kill or a second start changes nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch
from safetensors.torch import load_file

from khabar.data.errors import ConfigError
from khabar.eval.report import Evaluation
from khabar.model.extractor import Extractor
from khabar.model.storage import from_pretrained
from khabar.train.config import RunConfig
from khabar.train.loop import TrainingError, run_training
from khabar.train.origin import named_run, origin_digests
from tests.newsroom import (
    FLAT_SCHEMA,
    articles,
    flat,
    run_config,
    write_corpus,
    write_schema,
)

KILLED = """\
import os, signal, sys
from khabar.train import loop
from khabar.train.config import load_run_config

def log_and_die(run, values):
    log(run, values)
    if run.progress.step == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

log, loop.log_values = loop.log_values, log_and_die
loop.run_training(load_run_config(sys.argv[1]))
"""


PAUSED = """\
import sys
from khabar.train import loop
from khabar.train.config import load_run_config

def log_and_wait(run, values):
    log(run, values)
    print("trains", flush=True)
    sys.stdin.read()

log, loop.log_values = loop.log_values, log_and_wait
loop.run_training(load_run_config(sys.argv[1]))
"""


def write_config(folder: Path, config: RunConfig) -> str:
    path = folder / f"{Path(config.output).name}.yaml"
    path.write_bytes(msgspec.yaml.encode(config))
    return str(path)


def log_of(config: RunConfig) -> list[dict[str, float]]:
    lines = (Path(config.output) / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def losses(config: RunConfig) -> list[dict[str, float]]:
    return [line for line in log_of(config) if "tag_loss" in line]


def test_a_run_learns_and_leaves_a_model_with_its_scores(learned):
    best = Path(learned.output) / "best"
    scores = msgspec.json.decode((best / "dev.json").read_bytes(), type=Evaluation)
    assert scores.entities.strict.micro.f1 > 0.95
    assert scores.relations.strict.micro.f1 > 0.9
    assert {path.name for path in best.iterdir()} == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "README.md",
        "training.json",
        "dev.json",
    }
    card = (best / "README.md").read_text(encoding="utf-8")
    for score in scores.scores():
        assert f"| {score.metric} | {score.micro.precision:.1%} |" in card
    origin = msgspec.json.decode((best / "training.json").read_bytes())
    assert msgspec.convert(origin["config"], RunConfig) == named_run(learned)
    assert origin["sha256"] == origin_digests(learned)
    told = (best / "training.json").read_text(encoding="utf-8") + card
    assert str(Path(learned.output).parent) not in told
    document = Extractor.load(best, "cpu", "fp32")("سامي الحداد يعمل في شركة النسيم .")
    assert [entity.text for entity in document.entities] == ["سامي الحداد", "شركة النسيم"]


def test_the_log_has_a_line_a_step_and_one_an_evaluation(learned):
    lines = losses(learned)
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    assert lines[-1]["tag_loss"] < 0.1 * lines[0]["tag_loss"]
    scored = [line for line in log_of(learned) if "dev_score" in line]
    assert [line["step"] for line in scored] == [len(lines) // 2, len(lines)]
    both = (scored[-1]["dev_entities_strict_f1"] + scored[-1]["dev_relations_strict_f1"]) / 2
    assert scored[-1]["dev_score"] == pytest.approx(both)


def test_a_second_process_does_not_train_in_the_folder_of_one_that_does(tmp_path, tiny_encoder):
    """Nor does a kill leave the folder taken: the run goes on when it is started again."""
    config = run_config(tmp_path, tiny_encoder, train={"epochs": 1, "max_steps": 2})
    command = [sys.executable, "-c", PAUSED, write_config(tmp_path, config)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"trains\n"
        with pytest.raises(ConfigError, match="run: another process is writing to this folder"):
            run_training(config)
        assert [line["step"] for line in losses(config)] == [1]
        first.kill()
    run_training(config)
    assert [line["step"] for line in losses(config)] == [1, 2]


def test_a_run_that_is_done_is_not_run_again(learned):
    weights = Path(learned.output) / "best" / "model.safetensors"
    before, log = weights.stat().st_mtime_ns, log_of(learned)
    evaluation = run_training(learned)
    assert weights.stat().st_mtime_ns == before
    assert log_of(learned) == log
    assert evaluation is not None
    assert evaluation.entities.strict.micro.f1 > 0.95


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(tmp_path, tiny_encoder, precision):
    """With dropout, killed in the second epoch, two steps after the last checkpoint."""
    dev = [{"path": write_corpus(tmp_path / "dev.jsonl", articles(4, seed=2))}]
    train = {"epochs": 2, "precision": precision, "save_every": 3}
    whole, cut = (
        run_config(
            tmp_path,
            tiny_encoder,
            output=str(tmp_path / name),
            dev=dev,
            train=train,
            heads={"dropout": 0.2},
        )
        for name in ("whole", "cut")
    )
    run_training(whole)
    steps = len(losses(whole))
    kill_at = steps - steps // 2 + 5
    command = [sys.executable, "-c", KILLED, write_config(tmp_path, cut), str(kill_at)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    state = json.loads((tmp_path / "cut" / "checkpoint" / "state.json").read_bytes())
    assert steps / 2 < state["step"] < kill_at < steps
    run_training(cut)
    for name in (
        "checkpoint/optimizer.safetensors",
        "checkpoint/random-0.safetensors",
        "checkpoint/state.json",
        "best/model.safetensors",
        "best/dev.json",
    ):
        if name != "checkpoint/state.json":  # it holds the fingerprint of another output
            assert (tmp_path / "cut" / name).read_bytes() == (
                tmp_path / "whole" / name
            ).read_bytes()
    assert log_of(cut) == log_of(whole)


def test_a_run_is_not_continued_with_another_configuration_or_other_data(tmp_path, tiny_encoder):
    config = run_config(tmp_path, tiny_encoder, train={"max_steps": 1})
    run_training(config)
    message = r"checkpoint: .* another configuration or of other data; give another `output`"
    with pytest.raises(ConfigError, match=message):
        run_training(msgspec.structs.replace(config, seed=2))
    write_corpus(tmp_path / "train.jsonl", articles(25, seed=3))
    with pytest.raises(ConfigError, match=message):
        run_training(config)


def test_a_run_stops_when_the_dev_score_does_not_rise(tmp_path, tiny_encoder):
    dev = [{"path": write_corpus(tmp_path / "dev.jsonl", articles(3, seed=2))}]
    still = {"encoder_lr": 0, "head_lr": 0}
    train = {"epochs": 9, "patience": 2}
    config = run_config(tmp_path, tiny_encoder, dev=dev, optimizer=still, train=train)
    for _ in range(2):  # a second start goes no further either
        run_training(config)
        lines = log_of(config)
        evaluated = [line["step"] for line in lines if "dev_score" in line]
        assert len(evaluated) == 3
        assert lines[-1]["step"] == evaluated[-1] == 3 * evaluated[0]


def test_without_a_dev_part_the_last_model_is_kept(tmp_path, tiny_encoder):
    config = run_config(tmp_path, tiny_encoder)
    assert run_training(config) is None
    last = load_file(Path(config.output) / "checkpoint" / "optimizer.safetensors")
    best = load_file(Path(config.output) / "best" / "model.safetensors")
    for name, weight in best.items():
        assert (weight == last[f"master.{name}"].half()).all(), name
    card = (Path(config.output) / "best" / "README.md").read_text(encoding="utf-8")
    assert "There was no dev part" in card


def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_checkpoint(tmp_path, tiny_encoder):
    wild = {"encoder_lr": 1e30, "head_lr": 1e30, "warmup": 0}
    config = run_config(tmp_path, tiny_encoder, optimizer=wild)
    message = r"the loss of step \d+ is no number .*lower `optimizer\.encoder_lr`"
    with pytest.raises(TrainingError, match=message):
        run_training(config)
    assert not (Path(config.output) / "checkpoint").exists()


def test_max_steps_ends_a_run_and_its_schedule(tmp_path, tiny_encoder):
    config = run_config(tmp_path, tiny_encoder, train={"max_steps": 3}, optimizer={"warmup": 0})
    run_training(config)
    assert [line["rate"] for line in losses(config)] == pytest.approx([1, 2 / 3, 1 / 3])


def test_a_flat_run_with_a_crf_learns(tmp_path, tiny_encoder):
    write_corpus(tmp_path / "train.jsonl", [flat(d) for d in articles(60, seed=1, sentences=5)])
    flat_dev = [flat(d) for d in articles(10, seed=2, sentences=5)]
    dev = [{"path": write_corpus(tmp_path / "dev.jsonl", flat_dev)}]
    config = run_config(
        tmp_path, tiny_encoder, dev=dev, label_schema=write_schema(tmp_path, FLAT_SCHEMA),
        heads={"crf": True, "inner_types": []}, optimizer={"encoder_lr": 5e-3, "head_lr": 2e-2},
        train={"epochs": 8, "batch_windows": 8, "micro_windows": 8, "evaluate_every": 8},
    )  # fmt: skip
    evaluation = run_training(config)
    assert evaluation.entities.strict.micro.f1 > 0.95
    assert evaluation.relations is None
    crf = load_file(Path(config.output) / "best" / "model.safetensors")["crf"]
    assert crf.abs().max() > 0.01


def test_coarse_labels_teach_the_fine_types_that_other_corpora_tell_apart(tmp_path, tiny_encoder):
    """A corpus says NAME for persons and organizations, a few articles beside it say which."""
    fine = articles(30, seed=1, sentences=4)
    coarse = [
        msgspec.structs.replace(
            d,
            entities=tuple(
                msgspec.structs.replace(e, type="NAME" if e.type != "GPE" else "GPE")
                for e in flat(d).entities
            ),
        )
        for d in map(flat, articles(40, seed=3, sentences=4))
    ]
    policy = {
        "labels": {"NAME": ["PERS", "ORG"], "GPE": ["GPE"]}, "nested": False, "relations": False,
    }  # fmt: skip
    corpora = [
        {"path": write_corpus(tmp_path / "fine.jsonl", fine)},
        {"path": write_corpus(tmp_path / "coarse.jsonl", coarse), "policy": policy},
    ]
    dev = [{"path": write_corpus(tmp_path / "dev.jsonl", articles(15, seed=2, sentences=4))}]
    train = {"epochs": 10, "batch_windows": 8, "micro_windows": 8, "evaluate_every": 10}
    evaluation = run_training(
        run_config(tmp_path, tiny_encoder, corpora=corpora, dev=dev, train=train)
    )
    assert evaluation.entities.strict.micro.f1 > 0.9
    assert evaluation.relations.strict.micro.f1 > 0.8


def test_a_run_can_start_from_a_khabar_model_or_from_random_weights(
    tmp_path, tiny_encoder, learned
):
    trained = str(Path(learned.output) / "best")
    for number, encoder in enumerate((trained, f"random:{tiny_encoder}")):
        output = str(tmp_path / str(number))
        run_training(run_config(tmp_path, encoder, output=output, train={"max_steps": 1}))
        model = Extractor.load(Path(output) / "best", "cpu", "fp32").model
        piece = model.encoder.get_input_embeddings().weight
        own = from_pretrained(trained).encoder.get_input_embeddings().weight
        assert torch.allclose(piece, own, atol=0.01) == (encoder == trained)
