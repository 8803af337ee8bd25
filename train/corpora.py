"""Corpora of a run: files to documents to training windows, and a fingerprint of both."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from khabar.data.augment import augmented
from khabar.data.embedded import corpus_path
from khabar.data.errors import ConfigError
from khabar.data.formats import read_documents
from khabar.data.joining import join_in_groups
from khabar.data.records import Document
from khabar.data.validate import widen_to_words
from khabar.model.joint import JointModel
from khabar.train.config import CorpusConfig, RunConfig
from khabar.train.targets import Example, ExampleMaker


@dataclass(frozen=True)
class TrainingCorpora:
    """The training windows of all corpora in one list.

    Attributes:
        examples: windows, corpus after corpus.
        counts: how many windows each corpus has.
        weights: how often an epoch sees each of them, on average.
        notes: what was mended or left out, one sentence each.
    """

    examples: list[Example]
    counts: list[int]
    weights: list[float]
    notes: list[str]


def corpus_documents(corpus: CorpusConfig) -> tuple[list[Document], list[str]]:
    """Return the documents of a corpus's share, entities widened to whole words, and what was.

    Raises:
        ConfigError: the file is not there, or the share is empty.
        FormatError: a line that is no document.
    """
    path = corpus_path(corpus.path)
    if not path.is_file():
        raise ConfigError(
            f"corpus {corpus.path}: no such file; correct the path (of a configuration on the "
            f"command line, with --set corpora.0.path=FILE)"
        )
    read = list(read_documents(path, format=corpus.format, encoding=corpus.encoding))
    start, end = (round(share * len(read)) for share in corpus.share)
    if start == end:
        raise ConfigError(f"corpus {corpus.path}: its share {list(corpus.share)} holds no document")
    documents, notes = [], []
    for document in read[start:end]:
        whole, widened = widen_to_words(document)
        documents.append(whole)
        notes += [f"{corpus.path}: {note}" for note in widened]
    return documents, notes


def training_corpora(
    model: JointModel, corpora: Sequence[CorpusConfig], seed: int
) -> TrainingCorpora:
    """Return the training windows of all corpora; ``seed`` decides about augmentation.

    Raises:
        ConfigError: as ``corpus_documents``, or no corpus holds a word.
        FormatError: as ``corpus_documents``.
    """
    gathered = TrainingCorpora([], [], [], [])
    for corpus in corpora:
        documents, notes = corpus_documents(corpus)
        maker = ExampleMaker(model, corpus.policy)
        joined = join_in_groups(documents, corpus.join)
        if corpus.augment:
            variants = augmented(documents, corpus.augment, seed)
            joined += join_in_groups(variants, corpus.join)
        made = [
            example
            for cut in range(corpus.cuts)
            for document in joined
            for example in maker.examples(document, first=1 - cut / corpus.cuts)
        ]
        copies = corpus.augment.copies if corpus.augment else 0
        gathered.examples.extend(made)
        gathered.counts.append(len(made))
        gathered.weights.append(corpus.weight / (1 + copies) / corpus.cuts)
        gathered.notes.extend(notes)
        gathered.notes.extend(f"{corpus.path}: {note}" for note in maker.notes())
    if not gathered.examples:
        raise ConfigError("the corpora hold no word; name others under `corpora`")
    return gathered


def dev_documents(corpora: Sequence[CorpusConfig]) -> list[Document]:
    """Return the documents of the dev corpora, their ids made distinct by position.

    Raises as ``corpus_documents``.
    """
    documents = [
        document
        for corpus in corpora
        for document in join_in_groups(corpus_documents(corpus)[0], corpus.join)
    ]
    return [
        msgspec.structs.replace(document, id=f"{number}/{document.id}")
        for number, document in enumerate(documents)
    ]


def fingerprint(config: RunConfig) -> str:
    """Return a digest of the configuration and of its corpora's bytes."""
    digest = hashlib.sha256(msgspec.json.encode(config))
    for corpus in (*config.corpora, *config.dev):
        if (path := corpus_path(corpus.path)).is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
