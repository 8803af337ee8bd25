"""All systems read all words of the same articles, and the figures are those counts by the time."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import torch

from khabar.data.errors import ConfigError, ModelError
from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from khabar.data.words import split_words
from khabar.eval.speed import count_work, main, measure_speed
from khabar.eval.speed_record import Speed
from khabar.eval.speed_systems import PlainSystem, plain_pipeline, without_relations
from khabar.model.extractor import Extractor
from khabar.model.joint import JointModel
from khabar.model.onnx import export_onnx
from tests.tiny import SENTENCES, tiny_khabar_model

LONG = " ".join(SENTENCES * 7)
"""Longer than one window."""
TEXTS = [*SENTENCES[:3], LONG, "", SENTENCES[5]]
NAMES = ["Khabar", "Khabar, entities alone", "pipeline, batches of 1", "pipeline, batches of 2"]


def sure(folder: Path) -> Extractor:
    """Return an extractor of the untrained model that finds next to nothing, as a trained one."""
    extractor = Extractor.load(folder, "cpu", "fp32")
    config = msgspec.structs.replace(extractor.model.config, entity_threshold=0.9)
    extractor.model.config = config
    return extractor


@pytest.fixture(scope="module")
def extractor(tiny_khabar: Path) -> Extractor:
    return sure(tiny_khabar)


@pytest.fixture(scope="module")
def speed(extractor: Extractor) -> Speed:
    return measure_speed(extractor, TEXTS, batch_tokens=600, batch_sizes=(1, 2), repeats=2)


def test_all_systems_read_all_words(speed):
    words = sum(len(split_words(text)) for text in TEXTS)
    assert [system.name for system in speed.systems] == NAMES
    assert (speed.articles, speed.words) == (len(TEXTS), words)
    for system in speed.systems:
        assert (system.work.articles, system.words) == (len(TEXTS), words), system.name
    assert "*" not in speed.to_table().caption


def test_the_work_is_what_the_encoder_was_given(speed, extractor):
    """Counted by hand: windows as the tokenizer and the limit give them."""
    khabar, alone, single, pairs = (system.work for system in speed.systems)
    assert khabar == alone
    assert khabar.batches < single.batches
    assert khabar.largest_batch <= 600
    whole = [extractor.model.tokenizer.encode([t], [split_words(t)], 10_000)[0] for t in TEXTS]
    lengths = [int(pieces.counts.sum()) for pieces in whole]
    assert lengths[3] > extractor.model.window_limit
    short = sum(length + 2 for n, length in enumerate(lengths) if n not in {3, 4})
    overlaps = khabar.pieces - short - lengths[3]
    assert 4 < overlaps <= 128 + 4  # and the special pieces of two windows
    # The pipeline reads the empty article, too, and cuts windows within words.
    assert single.pieces == pairs.pieces == short + lengths[3] + 2 + 128 + 4
    assert single.batches == len(TEXTS) + 1
    assert pairs.batches == (len(TEXTS) + 1 + 1) // 2


def test_the_figures_are_counts_by_the_best_time(speed):
    for system in speed.systems:
        assert len(system.seconds) == 2
        best = min(system.seconds)
        assert system.articles_per_second * best == pytest.approx(len(TEXTS))
        assert system.words_per_second * best == pytest.approx(speed.words)
        assert system.pieces_per_second * best == pytest.approx(system.work.pieces)
        bound = system.work.operations / speed.operations_per_second
        assert system.share_of_bound == pytest.approx(bound / best)
        assert 0 < system.share_of_bound


def test_what_a_system_leaves_unread_is_seen(extractor):
    """The pipeline without its windows reads the first one of an article, and no more."""
    assert isinstance(extractor.model, JointModel)
    pipeline = plain_pipeline(extractor.model)
    system = PlainSystem(name="plain", pipeline=pipeline, batch_size=1)
    all_words = system.words_read([LONG])
    assert all_words == len(split_words(LONG))
    del pipeline._preprocess_params["tokenizer_params"]
    assert 0 < system.words_read([LONG]) < all_words
    assert count_work(system, [LONG], extractor.model.encoder).pieces == 512


@torch.inference_mode()
def test_the_pipeline_computes_with_the_models_own_weights(extractor):
    model = extractor.model
    assert isinstance(model, JointModel)
    pipeline = plain_pipeline(model)
    given = pipeline.tokenizer([SENTENCES[0]], return_tensors="pt")
    pieces = model.tokenizer.encode([SENTENCES[0]], [split_words(SENTENCES[0])], 510)[0]
    assert given["input_ids"][0, 1:-1].tolist() == pieces.ids.tolist()
    states = model.encoder(**given).last_hidden_state
    assert torch.equal(pipeline.model(**given).logits, model.tagger(states))
    labels = pipeline.model.config.id2label
    assert len(labels) == model.tagger.out_features
    assert [labels[n] for n in range(4)] == ["O", "B-PERS", "I-PERS", "O"]


def test_without_its_relation_head_a_model_finds_the_same_entities(tiny_khabar):
    whole = Extractor.load(tiny_khabar, "cpu", "fp32")
    assert isinstance(whole.model, JointModel)
    whole.model.config = msgspec.structs.replace(whole.model.config, relation_threshold=0.0)
    alone = Extractor(without_relations(whole.model))
    (own,), (other,) = whole.batch([SENTENCES[0][:12]]), alone.batch([SENTENCES[0][:12]])
    assert own.relations
    found = [[(e.type, e.start, e.end, e.score) for e in d.entities] for d in (own, other)]
    assert found[0] == found[1] != []
    assert other.relations == ()


def test_a_system_that_left_words_out_is_marked(speed):
    first, *others = speed.systems
    fewer = msgspec.structs.replace(first, words=first.words - 1)
    table = msgspec.structs.replace(speed, systems=(fewer, *others)).to_table()
    assert list(table.columns[0].cells)[:2] == ["Khabar *", NAMES[1]]
    assert table.caption.endswith(f"* read {first.words - 1:,} words")


def test_a_flat_schema_has_no_row_of_entities_alone(tmp_path):
    extractor = Extractor.load(tiny_khabar_model(tmp_path / "flat", "anercorp"), "cpu", "fp32")
    speed = measure_speed(extractor, SENTENCES[:2], batch_sizes=(1,), repeats=1)
    assert [system.name for system in speed.systems] == [NAMES[0], NAMES[2]]


def test_the_command_prints_the_table_and_writes_the_record(tiny_khabar, tmp_path, capsys):
    file, output = tmp_path / "articles.jsonl", tmp_path / "speed.json"
    write_jsonl(file, [Document(id=str(n), text=text[:12]) for n, text in enumerate(SENTENCES)])
    options = ["--articles", "3", "--batch-sizes", "1", "4", "--repeats", "1"]
    place = ["--device", "cpu", "--precision", "bf16", "--batch-tokens", "64"]
    main([str(tiny_khabar), str(file), *options, *place, "--output", str(output)])
    speed = msgspec.json.decode(output.read_bytes(), type=Speed)
    assert (speed.articles, speed.batch_tokens) == (3, 64)
    assert "bfloat16 on cpu" in speed.model
    assert [system.name for system in speed.systems] == [*NAMES[:3], "pipeline, batches of 4"]
    shown = " ".join(capsys.readouterr().out.split())
    assert "3 articles, 9 words" in shown
    assert "Tflop/s in the encoder's own products" in shown


def test_a_file_without_a_word_is_refused(tiny_khabar, tmp_path):
    write_jsonl(tmp_path / "empty.jsonl", [Document(id="1", text=" ")])
    with pytest.raises(ConfigError, match=r"empty\.jsonl: holds no word to read; give a file"):
        main([str(tiny_khabar), str(tmp_path / "empty.jsonl")])


def test_a_number_below_one_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["bundled", "news.jsonl", "--repeats", "0"])
    assert "'0' is no number of at least 1" in capsys.readouterr().err


def test_a_model_of_graphs_is_refused(tiny_khabar, tmp_path):
    export_onnx(Extractor.load(tiny_khabar, "cpu", "fp32"), tmp_path / "onnx")
    with pytest.raises(ModelError, match="give the folder that it was exported from"):
        measure_speed(Extractor.load(tmp_path / "onnx"), SENTENCES[:1])
