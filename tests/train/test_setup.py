"""Setting up a run: what a configuration may name, and the batches that processes get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
import torch

from khabar.data.errors import ModelError, SchemaError
from khabar.model.storage import from_pretrained, save_pretrained
from khabar.train import setup
from khabar.train.setup import Run, build_model, set_up
from tests.newsroom import articles, run_config, write_corpus


@dataclass
class Processes:
    """As much of an accelerator as dealing out batches needs."""

    process_index: int
    num_processes: int
    device = torch.device("cpu")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path) -> Run:
    folder = tmp_path_factory.mktemp("run")
    write_corpus(folder / "train.jsonl", articles(13, seed=5, sentences=3))
    train = {"batch_windows": 5, "micro_windows": 2}
    return set_up(run_config(folder, tiny_encoder, train=train))


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_processes_get_the_same_number_of_windows_and_together_all(run, processes):
    """Accelerated training waits for the slowest: none may have a micro-batch more."""
    dealt = [
        list(replace(run, accelerator=Processes(rank, processes)).batches())
        for rank in range(processes)
    ]
    assert {len(own) for own in dealt} == {run.steps}
    for step, indices in enumerate(run.sampler.steps(0, run.steps)):
        sizes = [[len(batch.pieces.words) for batch in own[step]] for own in dealt]
        assert all(own == sizes[0] for own in sizes)
        assert max(sizes[0]) <= 2
        targets = sum(batch.counts()[0] for own in dealt for batch in own[step])
        assert targets == sum(run.examples[i].pieces.words for i in indices)


def test_a_run_trains_with_dropout_from_its_first_step(run):
    """Encoders are loaded in evaluation mode, and once stayed in it until the first evaluation."""
    assert all(module.training for module in run.forward.modules())


def test_a_resumed_run_goes_on_at_its_step(run):
    everything = [batch.pieces.ids for step in run.batches() for batch in step]
    run.progress.step = 2
    rest = [batch.pieces.ids for step in run.batches() for batch in step]
    run.progress.step = 0
    assert all(map(torch.equal, everything[-len(rest) :], rest))
    assert 0 < len(rest) < len(everything)


def test_bf16_is_of_the_weights(tmp_path, tiny_encoder):
    run = set_up(run_config(tmp_path, tiny_encoder, train={"precision": "bf16"}))
    assert {weight.dtype for weight in run.model.parameters()} == {torch.bfloat16}
    assert {master.dtype for master in run.optimizer.masters} == {torch.float32}


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"encoder": "no-one/nothing"}, ModelError, r"encoder no-one/nothing: no such folder"),
        ({"encoder": "random:missing"}, ModelError, r"encoder missing: no such folder"),
        ({"window": {"pieces": 513}}, ModelError, r"`window\.pieces` is 513, .* at most 512; set"),
        ({"label_schema": "wojod"}, SchemaError, r"no schema is named 'wojod'"),
    ],
)
def test_what_a_run_cannot_be_built_on_is_refused(tmp_path, tiny_encoder, fields, error, message):
    with pytest.raises(error, match=message):
        build_model(run_config(tmp_path, **{"encoder": tiny_encoder, **fields}))


def test_the_same_seed_gives_the_same_heads(tmp_path, tiny_encoder):
    config = run_config(tmp_path, tiny_encoder)
    one, other = set_up(config).model, set_up(config).model
    assert torch.equal(one.tagger.weight, other.tagger.weight)


def test_the_heads_of_a_trained_model_are_taken_along_where_they_are_asked_for(
    tmp_path, tiny_encoder
):
    config = run_config(tmp_path, tiny_encoder)
    trained = build_model(config)
    save_pretrained(trained, tmp_path / "trained", card="", dtype=torch.float32)
    again = msgspec.structs.replace(config, encoder=str(tmp_path / "trained"))
    kept = build_model(msgspec.structs.replace(again, keep_heads=True)).state_dict()
    assert all(torch.equal(kept[name], value) for name, value in trained.state_dict().items())
    fresh = build_model(again).state_dict()
    assert not torch.equal(fresh["tagger.weight"], trained.tagger.weight)
    other = msgspec.structs.replace(again, keep_heads=True, label_schema="wojood")
    with pytest.raises(ModelError, match="has another schema or other `heads`"):
        build_model(other)


@pytest.mark.parametrize("keep_heads", [False, True])
def test_a_model_to_start_from_is_read_once(tmp_path, tiny_khabar, monkeypatch, keep_heads):
    read = []

    def counted(folder, **options):
        read.append(folder)
        return from_pretrained(folder, **options)

    monkeypatch.setattr(setup, "from_pretrained", counted)
    config = run_config(
        tmp_path,
        tiny_khabar,
        keep_heads=keep_heads,
        label_schema="wojood",
        heads={"dropout": 0.1, "relation_size": 384, "inner_types": []},
    )
    build_model(config)
    assert read == [tiny_khabar]


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_dropout_of_attention_is_as_the_configuration_says(tmp_path, tiny_encoder, share):
    config = run_config(tmp_path, tiny_encoder, train={"attention_dropout": share})
    encoder = build_model(config).encoder
    shares = [
        module.dropout.p
        for module in encoder.modules()
        if type(module).__name__ == "BertSelfAttention"
    ]
    assert shares == [share, share]
    assert encoder.embeddings.dropout.p == 0.1  # BERT's own, elsewhere untouched
