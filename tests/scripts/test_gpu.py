"""The scripts for GPUs: they stop at their limit, go on, and leave what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from safetensors import safe_open

from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from tests.newsroom import articles, run_config, write_corpus
from tests.rawnews import raw_texts, write_raw
from tests.tiny import SENTENCES

SCRIPTS = Path(__file__).parents[2] / "scripts" / "gpu"
JOBS = sorted(path.name for path in SCRIPTS.glob("*.sh") if path.name != "within.sh")
STOPPED = 124


def run(script: str, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(SCRIPTS / script), *map(str, arguments)]
    environ = {**os.environ, "PYTHON": sys.executable, **environment}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def shell(code: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", "-euo", "pipefail", "-c", f"source {SCRIPTS / 'within.sh'}; {code}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", [*JOBS, "within.sh"])
def test_bash_understands_the_script(name):
    assert subprocess.run(["bash", "-n", SCRIPTS / name], check=False).returncode == 0


@pytest.mark.parametrize("name", JOBS)
def test_a_script_called_wrongly_tells_how_to_call_it(name):
    done = run(name)
    assert done.returncode == 2
    assert f"scripts/gpu/{name} OUTPUT LIMIT" in done.stderr
    assert done.stderr.rstrip().endswith(("(python).", "PYTHON (python)."))
    assert os.access(SCRIPTS / name, os.X_OK)


@pytest.mark.parametrize("name", JOBS)
def test_every_script_stands_in_the_table_of_owed_jobs(name):
    table = (SCRIPTS.parents[1] / "docs" / "gpu.md").read_text(encoding="utf-8")
    assert f"`scripts/gpu/{name} " in table


# The limit


def test_a_command_over_the_limit_is_stopped():
    done = shell("LIMIT=1; within sleep 20; echo never")
    assert (done.returncode, done.stdout) == (STOPPED, "")
    assert "Stopped at its limit of 1 seconds." in done.stderr


def test_no_command_begins_after_the_limit():
    done = shell("LIMIT=1; SECONDS=1; within echo never")
    assert (done.returncode, done.stdout) == (STOPPED, "")


def test_a_command_that_fails_or_is_killed_early_is_not_taken_for_stopped():
    assert shell("LIMIT=60; within false").returncode == 1
    done = shell("LIMIT=60; within bash -c 'kill -KILL $$'")
    assert done.returncode == 137
    assert "Stopped" not in done.stderr


def test_any_text_is_quoted_as_yaml_takes_it():
    assert msgspec.yaml.decode(shell("""quoted "a'b: *.x #" """).stdout) == "a'b: *.x #"


# The jobs


def test_pretraining_is_stopped_by_its_limit_and_goes_on(tmp_path, tiny_encoder):
    """Far more steps than the limit has room for; then only a few more than were done."""
    write_raw(tmp_path / "news.jsonl", raw_texts(60))
    output, shards = tmp_path / "run", {"MAX_SHARD_SIZE": "40KB"}
    state = output / "checkpoint" / "state.json"
    options = [f"init={tiny_encoder}", "held_out=0.15", "optimizer.warmup_steps=1"]
    options += ["train.sequence_pieces=32", "train.batch_sequences=2", "train.save_every=2"]
    corpus = tmp_path / "*.jsonl"
    for limit in (10, 20, 40, 80, 160):  # a busy machine needs long to begin
        done = run("pretrain.sh", output, limit, corpus, *options, "train.steps=1000000", **shards)
        assert done.returncode == STOPPED, done.stderr[-2000:]
        if state.is_file():
            break
    before = json.loads(state.read_bytes())["step"]
    assert before > 0
    assert not (output / "encoder").exists()
    rest = [f"train.steps={before + 5}", "optimizer.decay_share=0.0001"]
    done = run("pretrain.sh", output, 300, corpus, *options, *rest, **shards)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = map(json.loads, (output / "log.jsonl").read_text(encoding="utf-8").splitlines())
    steps = [line["step"] for line in lines if "loss" in line]
    assert steps == list(range(1, before + 6))
    parts = sorted((output / "encoder").glob("model-*.safetensors"))
    assert len(parts) > 1
    assert all(part.stat().st_size < 44_000 for part in parts)
    with safe_open(parts[0], "pt") as weights:
        assert {weights.get_slice(name).get_dtype() for name in weights.keys()} == {"F16"}  # noqa: SIM118


def test_a_seed_is_trained_and_measured(tmp_path, tiny_encoder):
    write_corpus(tmp_path / "dev.jsonl", articles(6, seed=2))
    config = run_config(tmp_path, tiny_encoder, dev=[{"path": "dev.jsonl"}])
    (tmp_path / "my.yaml").write_bytes(msgspec.yaml.encode(config))
    output = tmp_path / "out"
    environment = {"CONFIG": "my.yaml", "DATA": str(tmp_path), "SEEDS": "3", "PART_SIZE": "50k"}
    call = (output, 500, "train.max_steps=2")
    done = run("train_seeds.sh", *call, TEST="dev.jsonl", **environment)
    assert done.returncode == 0, done.stderr[-2000:]
    rows = json.loads((output / "seeds.json").read_bytes())
    kinds = [(row["part"], row["figure"].split()[0]) for row in rows]
    assert kinds == [(p, f) for p in ("dev", "test") for f in ("entities", "relations")]
    assert all(list(row["runs"]) == ["seed-3"] for row in rows)
    assert "dev entities strict F1: " in done.stdout
    saved = json.loads((output / "seed-3" / "config.json").read_bytes())
    train = saved["train"]
    assert saved["seed"] == 3
    assert (train["precision"], train["attention"], train["max_steps"]) == ("bf16", "sdpa", 2)
    parts = sorted((output / "seed-3" / "parts").iterdir())
    whole = (output / "seed-3" / "best" / "model.safetensors").read_bytes()
    assert len(parts) > 1
    assert b"".join(part.read_bytes() for part in parts) == whole


def test_mean_and_spread_are_those_of_the_runs(tmp_path):
    for seed, value in ((1, 0.5), (2, 0.7)):
        report = tmp_path / f"seed-{seed}" / "best" / "dev.json"
        report.parent.mkdir(parents=True)
        entities = {"strict": {"micro": {"f1": value}}}
        report.write_text(json.dumps({"entities": entities, "relations": None}))
    (tmp_path / "seed-3").mkdir()  # one that is not done
    command = [sys.executable, SCRIPTS / "seeds.py", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "dev entities strict F1: 60.00% ± 14.14% (2)\n"
    (row,) = json.loads((tmp_path / "seeds.json").read_bytes())
    assert row["runs"] == {"seed-1": 0.5, "seed-2": 0.7}


def test_speeds_that_were_measured_are_not_measured_again(tmp_path, tiny_khabar):
    file, output = tmp_path / "articles.jsonl", tmp_path / "out"
    write_jsonl(file, [Document(id=str(n), text=text[:12]) for n, text in enumerate(SENTENCES)])
    environment = {"DEVICE": "cpu", "PRECISIONS": "fp32", "ARTICLES": "2", "REPEATS": "1"}
    output.mkdir()
    (output / "speed-fp32-32.json").write_text("measured")
    done = run("speed.sh", output, 300, tiny_khabar, file, BUDGETS="32 64", **environment)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (output / "speed-fp32-32.json").read_text() == "measured"
    speed = json.loads((output / "speed-fp32-64.json").read_bytes())
    names = [system["name"] for system in speed["systems"]]
    assert names[2:] == [f"pipeline, batches of {size}" for size in (1, 8, 64)]
