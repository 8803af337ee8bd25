"""The plain recipe: what a user of transformers gets from the same encoder and data.

Enters: an encoder folder and flat CoNLL files. Leaves: a ``PlainReport``. It is the recipe of
transformers' ``examples/pytorch/token-classification/run_ner.py``, on the library's own classes
(``AutoModelForTokenClassification``, ``Trainer``, ``DataCollatorForTokenClassification``, and
``datasets``): sentence by sentence, a word's label on its first piece, -100 on the others, cut off
at the encoder's limit, padded by batch; ``TrainingArguments`` as they are (batches of 8, AdamW
without decay, a linear schedule without warm-up, 3 epochs at 5e-5, seed 42), the last weights kept.

It differs from the example where that would not run, or would not be comparable:

- It reads CoNLL and not JSON lines. Dev is the end of the training file, as in our configurations.
- Weights are loaded in fp32: transformers 5 takes the file's fp16, too coarse for AdamW's steps.
- A folder with ``tokenizer.json`` alone is loaded as ``PreTrainedTokenizerFast``: ``AutoTokenizer``
  makes up another one from the model's type. No normalizer of ours is put before it.
- Flat corpora only: one label a word shows no nesting and no relation, so that nested gold is out
  of its reach.

Runs as ``python -m khabar.eval.plain_recipe ENCODER TRAIN --json FILE``; several learning rates,
epochs and seeds are run in all combinations. The test file is read only where it is given.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import msgspec
import numpy as np
import torch
from datasets import Dataset
from rich.console import Console
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
    set_seed,
)

from khabar.data.errors import ConfigError
from khabar.data.files import write_chunks
from khabar.data.jsonl import write_jsonl
from khabar.data.schema import LabelSchema, load_schema
from khabar.eval.plain_corpus import Part, label_names, predicted_documents, read_part
from khabar.eval.plain_scores import (
    ExampleScores,
    PlainReport,
    PlainRun,
    Precision,
    Prediction,
    Reading,
    Recipe,
    score_prediction,
    settings_of,
)
from khabar.eval.tokens import Labels
from khabar.model.joint import position_limit
from khabar.model.tokenizer import read_backend

_NO_LABEL = -100
"""What torch's cross entropy leaves out."""


class Corpus(msgspec.Struct, frozen=True, kw_only=True):
    """The parts that a run trains on and is scored on."""

    schema: LabelSchema
    train: Part
    dev: Part
    test: Part | None

    @property
    def scored(self) -> dict[str, Part]:
        """The parts to predict, by name."""
        return {"dev": self.dev} | ({"test": self.test} if self.test else {})


class EncodedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part as the Trainer takes it."""

    pieces: Dataset
    """``input_ids``, ``attention_mask`` and ``labels``, a row for each sentence."""
    read: list[list[int]]
    """The words of each sentence that have a label there: those with a piece, in order."""
    reading: Reading


def load_model(encoder: Path, names: Sequence[str]) -> PreTrainedModel:
    """Load an encoder with a new layer of labels, in fp32.

    Raises:
        ConfigError: no such folder.
    """
    if not (encoder / "config.json").is_file():
        raise ConfigError(f"encoder {encoder}: no folder with a config.json; correct the path")
    model: PreTrainedModel = AutoModelForTokenClassification.from_pretrained(
        encoder,
        num_labels=len(names),
        id2label=dict(enumerate(names)),
        label2id={name: number for number, name in enumerate(names)},
        dtype=torch.float32,
    )
    return model


def load_tokenizer(encoder: Path, model: PreTrainedModel) -> PreTrainedTokenizerFast:
    """Load an encoder's tokenizer, cutting off what the model cannot read at once."""
    if (encoder / "tokenizer_config.json").is_file():
        found = AutoTokenizer.from_pretrained(encoder)
        tokenizer: PreTrainedTokenizerFast = found  # type: ignore[assignment] # or a slow one
    else:
        backend = read_backend(encoder / "tokenizer.json")
        tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call] # theirs
            tokenizer_object=backend, pad_token=backend.id_to_token(model.config.pad_token_id)
        )
    limit = position_limit(model.base_model)  # type: ignore[arg-type] # theirs says Module
    if limit is not None:
        tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
    return tokenizer


def encode_part(
    part: Part, tokenizer: PreTrainedTokenizerFast, names: Sequence[str]
) -> EncodedPart:
    """Encode sentences, each word's label on its first piece alone."""
    numbers = {name: number for number, name in enumerate(names)}

    def align(batch: dict[str, list[list[str]]]) -> dict[str, list[list[int]]]:
        pieces = tokenizer(batch["tokens"], truncation=True, is_split_into_words=True)
        firsts = [_first_pieces(pieces.word_ids(row)) for row in range(len(batch["tokens"]))]
        labels = [
            [_NO_LABEL if word is None else numbers[tags[word]] for word in first]
            for first, tags in zip(firsts, batch["ner_tags"], strict=True)
        ]
        read = [[word for word in first if word is not None] for first in firsts]
        return {**pieces, "labels": labels, "read": read}

    rows = Dataset.from_dict({"tokens": part.words, "ner_tags": part.labels})
    encoded = rows.map(align, batched=True)
    read = list(encoded["read"])
    full = [len(ids) == tokenizer.model_max_length for ids in encoded["input_ids"]]
    return EncodedPart(
        pieces=encoded.remove_columns(["tokens", "ner_tags", "read"]),
        read=read,
        reading=_reading(part, read, full),
    )


def run_plain(
    encoder: Path, corpus: Corpus, recipe: Recipe
) -> tuple[PlainRun, dict[str, Prediction]]:
    """Train once and score dev, and test where there is one.

    Returns:
        The run, and the predictions of its parts by their names.
    """
    names, parts = label_names(corpus.schema), corpus.scored
    set_seed(recipe.seed)  # before the new layer is drawn
    model = load_model(encoder, names)
    tokenizer = load_tokenizer(encoder, model)
    train = encode_part(corpus.train, tokenizer, names)
    encoded = {name: encode_part(part, tokenizer, names) for name, part in parts.items()}
    with TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=training_arguments(recipe, folder),
            train_dataset=train.pieces,
            processing_class=tokenizer,
            data_collator=DataCollatorForTokenClassification(tokenizer),
        )
        start = time.perf_counter()
        steps = trainer.train().global_step
        seconds = time.perf_counter() - start
        found = {n: predict_part(trainer, parts[n], encoded[n], names) for n in parts}
    scores = {n: score_prediction(parts[n], found[n], corpus.schema) for n in parts}
    run = PlainRun(
        recipe=recipe,
        steps=steps,
        seconds=seconds,
        train=train.reading,
        dev=scores["dev"],
        test=scores.get("test"),
    )
    return run, found


def training_arguments(recipe: Recipe, folder: str) -> TrainingArguments:
    """Return the library's defaults but for the recipe; ``folder`` stays empty."""
    in_bf16 = recipe.precision == "bf16"
    return TrainingArguments(
        output_dir=folder,
        learning_rate=recipe.learning_rate,
        num_train_epochs=recipe.epochs,
        seed=recipe.seed,
        bf16=in_bf16,
        use_cpu=in_bf16 and not torch.cuda.is_available(),  # else bf16 is refused there
        save_strategy="no",  # the last weights are scored at once
        report_to="none",
        disable_tqdm=True,
    )


def predict_part(
    trainer: Trainer, part: Part, encoded: EncodedPart, names: Sequence[str]
) -> Prediction:
    """Predict a label for every word of a part; unread words get O."""
    outcome = trainer.predict(encoded.pieces)
    labelled = np.asarray(outcome.label_ids) != _NO_LABEL
    numbers = np.argmax(np.asarray(outcome.predictions), axis=-1)
    found = [
        [names[number] for number in row[here]] for row, here in zip(numbers, labelled, strict=True)
    ]
    return prediction_of(part, encoded, found)


def prediction_of(part: Part, encoded: EncodedPart, found: Sequence[Labels]) -> Prediction:
    """Return the prediction that the labels of the words read, in ``found``, make."""
    gold = [
        [labels[word] for word in read]
        for labels, read in zip(part.labels, encoded.read, strict=True)
    ]
    rows = [
        _whole_row(len(words), read, labels)
        for words, read, labels in zip(part.words, encoded.read, found, strict=True)
    ]
    return Prediction(
        rows=rows,
        documents=predicted_documents(part, rows),
        reading=encoded.reading,
        example=ExampleScores.of(gold, found),
    )


def _whole_row(words: int, read: list[int], labels: Labels) -> Labels:
    row = ["O"] * words
    for word, label in zip(read, labels, strict=True):
        row[word] = label
    return row


def _first_pieces(words: Sequence[int | None]) -> list[int | None]:
    """Return, for every piece, the word that it is the first of, or None."""
    return [
        None if word == before else word
        for before, word in zip([None, *words], words, strict=False)
    ]


def _reading(part: Part, read: list[list[int]], full: list[bool]) -> Reading:
    ends = [
        max(row, default=-1) + 1 if is_full else len(words)
        for words, row, is_full in zip(part.words, read, full, strict=True)
    ]
    words = sum(map(len, part.words))
    return Reading(
        sentences=len(part.words),
        words=words,
        cut_words=words - sum(ends),
        empty_words=sum(ends) - sum(map(len, read)),
    )


def _recipes(given: argparse.Namespace) -> Iterator[Recipe]:
    for rate, epochs, seed in product(given.learning_rate, given.epochs, given.seed):
        yield Recipe(learning_rate=rate, epochs=epochs, seed=seed, precision=given.precision)


def _corpus(given: argparse.Namespace) -> Corpus:
    if not 0 < given.dev_share < 1:
        raise ConfigError(
            f"--dev-share is a share of the training file, got {given.dev_share}: write 0.1 for "
            f"its last tenth"
        )
    schema, cut = load_schema(given.schema), 1 - given.dev_share
    return Corpus(
        schema=schema,
        train=read_part(given.train, schema, (0, cut)),
        dev=read_part(given.train, schema, (cut, 1)),
        test=read_part(given.test, schema) if given.test else None,
    )


def _report(given: argparse.Namespace, runs: list[PlainRun]) -> PlainReport:
    on_gpu = torch.cuda.is_available()
    return PlainReport(
        encoder=given.encoder.name,
        train=given.train.name,
        test=given.test.name if given.test else None,
        device=torch.cuda.get_device_name() if on_gpu else "cpu",
        threads=torch.get_num_threads(),
        versions={name: version(name) for name in ("transformers", "accelerate", "torch")},
        settings=settings_of(runs),
        runs=runs,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m khabar.eval.plain_recipe")
    plain = Recipe()
    parser.add_argument("encoder", type=Path, help="an encoder's folder")
    parser.add_argument("train", type=Path, help="a flat CoNLL file; its end is dev")
    parser.add_argument("--test", type=Path, help="likewise, for the last figure; else not read")
    parser.add_argument("--schema", default="anercorp", help="a flat schema's name or file")
    parser.add_argument("--dev-share", type=float, default=0.1, help="of the training file's end")
    parser.add_argument("--learning-rate", type=float, nargs="+", default=[plain.learning_rate])
    parser.add_argument("--epochs", type=float, nargs="+", default=[plain.epochs])
    parser.add_argument("--seed", type=int, nargs="+", default=[plain.seed])
    parser.add_argument("--precision", choices=get_args(Precision), default=plain.precision)
    parser.add_argument("--json", type=Path, help="write all scores here, anew after each run")
    parser.add_argument(
        "--predictions", type=Path, help="a folder for predicted documents, for `khabar compare`"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all combinations, write their scores, and print the table."""
    given = _parser().parse_args(arguments)
    corpus = _corpus(given)
    runs: list[PlainRun] = []
    for recipe in _recipes(given):
        run, found = run_plain(given.encoder, corpus, recipe)
        runs.append(run)
        if given.json:
            write_chunks(given.json, [_report(given, runs).to_json().encode()])
        for part, prediction in found.items() if given.predictions else ():
            name = f"{part}-{recipe.learning_rate:g}-{recipe.epochs:g}-{recipe.seed}.jsonl"
            given.predictions.mkdir(parents=True, exist_ok=True)
            write_jsonl(given.predictions / name, prediction.documents)
    Console().print(_report(given, runs).to_table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
