"""The plain recipe is the example's: its defaults, its labels, and nothing lost without a count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import torch
from accelerate.state import AcceleratorState
from tokenizers import Tokenizer, normalizers
from transformers import TrainingArguments

from khabar.data.errors import ConfigError, FormatError, SchemaError
from khabar.data.schema import LabelSchema, load_schema
from khabar.eval.evaluate import evaluate_predictions
from khabar.eval.plain_corpus import Part, label_names, predicted_documents, read_part
from khabar.eval.plain_recipe import (
    EncodedPart,
    encode_part,
    load_model,
    load_tokenizer,
    main,
    prediction_of,
    training_arguments,
)
from khabar.eval.plain_scores import PartScores, PlainReport, Recipe, score_prediction
from khabar.train.config import CorpusConfig
from khabar.train.corpora import corpus_documents
from khabar.train.measure import read_predictions
from tests.newsroom import FLAT_SCHEMA, articles, flat, write_corpus, write_schema
from tests.tiny import tiny_model

SCHEMA = load_schema("anercorp")
NAMES = label_names(SCHEMA)


@pytest.fixture(autouse=True)
def no_accelerator_is_left() -> Iterator[None]:
    """A trainer settles the precision of everything that is trained in its process after it."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


LINES = "زارت O\nليلى B-PERS\nالنجار I-PERS\nمدينة O\nطرابلس B-LOC\n\n"


def part_of(folder: Path, lines: str, schema: LabelSchema = SCHEMA) -> Part:
    path = folder / "flat.txt"
    path.write_text(lines, encoding="utf-8")
    return read_part(path, schema)


def encoded_by(encoder: Path, part: Part) -> EncodedPart:
    return encode_part(part, load_tokenizer(encoder, load_model(encoder, NAMES)), NAMES)


def gold_of(part: Part, encoded: EncodedPart) -> list[list[str]]:
    """The labels that a perfect model gives to the words that it reads."""
    return [[row[w] for w in read] for row, read in zip(part.labels, encoded.read, strict=True)]


def perfect(encoder: Path, part: Part) -> PartScores:
    encoded = encoded_by(encoder, part)
    return score_prediction(part, prediction_of(part, encoded, gold_of(part, encoded)), SCHEMA)


# The example's own


def test_the_recipe_leaves_the_trainers_defaults_as_they_are(tmp_path):
    ours = training_arguments(Recipe(), str(tmp_path)).to_dict()
    theirs = TrainingArguments(output_dir=str(tmp_path)).to_dict()
    differing = {name for name in theirs if ours[name] != theirs[name]}
    assert differing <= {"save_strategy", "disable_tqdm", "logging_dir"}
    assert (theirs["learning_rate"], theirs["num_train_epochs"], theirs["seed"]) == (5e-5, 3, 42)


def test_bf16_is_the_trainers_own(tmp_path):
    assert training_arguments(Recipe(precision="bf16"), str(tmp_path)).bf16


def test_a_words_label_stands_on_its_first_piece_alone(tiny_encoder, tmp_path):
    part = part_of(tmp_path, LINES.replace("زارت", "وزارتها"))
    pieces = encoded_by(tiny_encoder, part).pieces[0]
    backend = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json"))
    alone = backend.encode(part.words[0], is_pretokenized=True)
    assert pieces["input_ids"] == alone.ids  # no tokenizer that the library makes up
    expected, before = [], None
    for word in alone.word_ids:
        first = word is not None and word != before
        expected.append(NAMES.index(part.labels[0][word]) if first else -100)
        before = word
    assert pieces["labels"] == expected
    assert len(alone.ids) > 7, "some word has several pieces"


def test_an_encoder_in_half_precision_is_trained_in_fp32(tmp_path):
    folder = tiny_model(tmp_path / "encoder")
    model = load_model(folder, NAMES)
    model.base_model.half().save_pretrained(folder)
    assert load_model(folder, NAMES).dtype == torch.float32


def test_a_tokenizer_with_its_own_configuration_keeps_its_limit(tiny_encoder, tmp_path):
    """Such as `khabar pretrain` leaves."""
    model = load_model(tiny_encoder, NAMES)
    tokenizer = load_tokenizer(tiny_encoder, model)
    assert tokenizer.model_max_length == 512
    tokenizer.model_max_length = 7
    tokenizer.save_pretrained(tmp_path)
    assert load_tokenizer(tmp_path, model).model_max_length == 7


# Scores


def test_a_perfect_prediction_scores_100(tiny_encoder, tmp_path):
    scores = perfect(tiny_encoder, part_of(tmp_path, LINES * 3))
    assert [score.micro.f1 for score in scores.khabar.scores()] == [1.0] * 5
    assert scores.orphans_dropped.micro.f1 == 1
    example = scores.example
    assert (example.precision, example.recall, example.f1, example.accuracy) == (1, 1, 1, 1)
    assert scores.reading == msgspec.structs.replace(
        scores.reading, sentences=3, words=15, cut_words=0, empty_words=0
    )


def test_words_cut_off_count_as_o_and_are_counted(tiny_encoder, tmp_path):
    """The example's own scores leave them out, so that nothing seems lost."""
    longer = "هدف O\n" * 600 + "تونس B-LOC\n\n"
    scores = perfect(tiny_encoder, part_of(tmp_path, LINES + longer))
    pieces = Tokenizer.from_file(str(tiny_encoder / "tokenizer.json")).encode("هدف").ids
    assert scores.reading.cut_words == 601 - 510 // (len(pieces) - 2)
    strict = scores.khabar.entities.strict
    assert (strict.micro.correct, strict.micro.gold, strict.micro.precision) == (2, 3, 1)
    assert scores.example.f1 == 1


def test_a_word_without_a_piece_counts_as_o_and_shifts_no_other(tmp_path):
    encoder = tiny_model(tmp_path / "encoder")
    backend = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    backend.normalizer = normalizers.Replace("ـ", "")
    backend.save(str(encoder / "tokenizer.json"))
    scores = perfect(encoder, part_of(tmp_path, "ـ B-ORG\n" + LINES))
    assert (scores.reading.empty_words, scores.reading.cut_words) == (1, 0)
    micro = scores.khabar.entities.strict.micro
    assert (micro.correct, micro.gold, micro.predicted) == (2, 3, 2)


def test_a_predicted_orphan_is_an_entity_of_ours_and_dropped_beside(tiny_encoder, tmp_path):
    part = part_of(tmp_path, LINES)
    encoded = encoded_by(tiny_encoder, part)
    rows = [["O", "B-PERS", "I-PERS", "O", "I-LOC"]]
    scores = score_prediction(part, prediction_of(part, encoded, rows), SCHEMA)
    assert scores.orphans == 1
    assert scores.khabar.entities.strict.micro.correct == 2
    assert scores.orphans_dropped.micro.correct == 1
    assert scores.orphans_dropped.micro.predicted == 1


def test_predicted_documents_are_those_of_the_part_with_the_rows_entities(tmp_path):
    lines = f"-DOCSTART- O\n\n{LINES}{LINES}-DOCSTART- O\n\n{LINES}"
    part = part_of(tmp_path, lines)
    found = predicted_documents(part, part.labels)
    assert [d.entities for d in found] == [d.entities for d in part.documents]
    assert [len(d.entities) for d in found] == [4, 2]
    assert [d.id for d in found] == [d.id for d in part.documents]


# The parts


def test_dev_and_train_are_the_documents_that_a_configuration_names(tmp_path):
    path = tmp_path / "news.conll"
    write_corpus(path, [flat(d) for d in articles(17, seed=4)])
    schema = load_schema(write_schema(tmp_path, FLAT_SCHEMA))
    for share in ((0.0, 0.9), (0.9, 1.0)):
        expected, _ = corpus_documents(CorpusConfig(path=str(path), format="conll", share=share))
        assert read_part(path, schema, share).documents == expected


def test_a_nested_schema_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="schema wojood is nested; the plain recipe gives each"):
        part_of(tmp_path, LINES, load_schema("wojood"))


def test_a_nested_file_is_refused(tmp_path):
    with pytest.raises(FormatError, match="has the labels B-ORG B-LOC; only a flat file"):
        part_of(tmp_path, "تونس B-ORG B-LOC\n")


def test_a_label_of_another_schema_is_named(tmp_path):
    with pytest.raises(
        SchemaError, match=r"flat\.txt has the label 'B-GPE', which schema anercorp"
    ):
        part_of(tmp_path, "تونس B-GPE\n")


def test_a_share_without_a_document_is_refused(tmp_path):
    part_of(tmp_path, LINES)
    with pytest.raises(ConfigError, match="of 1 documents holds none; give a larger file"):
        read_part(tmp_path / "flat.txt", SCHEMA, (0.9, 1))


def test_a_missing_file_or_encoder_is_named(tmp_path):
    with pytest.raises(ConfigError, match="none: no such file"):
        read_part(tmp_path / "none", SCHEMA)
    with pytest.raises(ConfigError, match="no folder with a config.json"):
        load_model(tmp_path / "none", NAMES)


def test_a_dev_share_is_a_share(tmp_path):
    with pytest.raises(ConfigError, match="--dev-share is a share of the training file, got 10.0"):
        main([str(tmp_path), str(tmp_path / "none"), "--dev-share", "10"])


# The whole


@pytest.fixture
def newsroom(tmp_path: Path) -> tuple[str, str, str]:
    """A flat corpus that a tiny model can learn, its test file, and its schema."""
    train, test = (
        write_corpus(tmp_path / f"{name}.conll", [flat(d) for d in articles(count, seed)])
        for name, count, seed in (("train", 100, 1), ("test", 10, 2))
    )
    return train, test, write_schema(tmp_path, FLAT_SCHEMA)


def test_it_learns_a_small_world_and_reports_what_khabar_evaluate_finds(
    tiny_encoder, newsroom, tmp_path, capsys
):
    train, test, schema = newsroom
    report, predictions = tmp_path / "out.json", tmp_path / "predicted"
    arguments = [str(tiny_encoder), train, "--test", test, "--schema", schema]
    arguments += ["--learning-rate", "5e-3", "--epochs", "12", "--seed", "1", "2"]
    assert main([*arguments, "--json", str(report), "--predictions", str(predictions)]) == 0
    read = msgspec.json.decode(report.read_bytes(), type=PlainReport)
    assert [run.recipe.seed for run in read.runs] == [1, 2]
    assert [run.steps for run in read.runs] == [12 * 12] * 2  # 90 articles, by 8
    assert all(run.seconds > 0 for run in read.runs)
    (setting,) = read.settings
    figures = [run.test.khabar.entities.strict.micro.f1 for run in read.runs]
    assert setting.test.strict == pytest.approx(sum(figures) / 2)
    assert setting.test.strict > 0.8
    found = read_predictions(
        predictions / "test-0.005-12-2.jsonl",
        CorpusConfig(path=test, format="conll"),
        load_schema(schema),
        tokens="corpus",
    )
    assert evaluate_predictions(found.predictions) == read.runs[1].test.khabar
    shown = capsys.readouterr().out
    assert f"{100 * setting.test.strict:.2f}, {100 * setting.test.conlleval:.2f}" in shown


def test_without_a_test_file_there_is_no_test_figure(tiny_encoder, newsroom, tmp_path):
    train, _, schema = newsroom
    report = tmp_path / "out.json"
    arguments = [str(tiny_encoder), train, "--schema", schema, "--epochs", "0.2", "0.4"]
    arguments += ["--precision", "bf16"]
    assert main([*arguments, "--json", str(report)]) == 0
    read = msgspec.json.decode(report.read_bytes(), type=PlainReport)
    assert [(s.epochs, s.test) for s in read.settings] == [(0.2, None), (0.4, None)]
    assert [run.test for run in read.runs] == [None, None]
    assert read.runs[0].recipe == Recipe(epochs=0.2, precision="bf16")
