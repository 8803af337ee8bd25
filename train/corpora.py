"""Corpora of a run: files to documents to training windows, and a fingerprint of both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from khabar.data.augment import augmented
from khabar.data.digests import sha256_of, sha256_of_parts
from khabar.data.embedded import corpus_path
from khabar.data.errors import ConfigError
from khabar.data.formats import corpus_files, read_documents
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
        ConfigError: the file or folder is not there, or the share is empty.
        FormatError: a line that is no document, or a folder without a corpus.
    """
    path = corpus_path(corpus.path)
    if not path.exists():
        raise ConfigError(
            f"corpus {corpus.path}: no such file or folder; correct the path (of a configuration "
            f"on the command line, with --set corpora.0.path=PATH)"
        )
    read = [
        document
        for file in corpus_files(path)
        for document in read_documents(file, format=corpus.format, encoding=corpus.encoding)
    ]
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
        ConfigError: as ``corpus_documents``, no corpus holds a word, or `augment` names a type
            that a corpus cannot have.
        FormatError: as ``corpus_documents``.
    """
    gathered = TrainingCorpora([], [], [], [])
    for corpus in corpora:
        documents, notes = corpus_documents(corpus)
        notes += _missing_swap_types(corpus, documents, model)
        maker = ExampleMaker(model, corpus.policy)
        joined = join_in_groups(documents, corpus.join)
        made = _windows(maker, joined)
        told = maker.notes()  # now: what the documents hold, not their variants and further cuts
        if corpus.augment:
            variants = join_in_groups(augmented(documents, corpus.augment, seed), corpus.join)
            made += _windows(maker, variants)
            joined += variants
        for cut in range(1, corpus.cuts):
            made += _windows(maker, joined, first=1 - cut / corpus.cuts)
        copies = corpus.augment.copies if corpus.augment else 0
        gathered.examples.extend(made)
        gathered.counts.append(len(made))
        gathered.weights.append(corpus.weight / (1 + copies) / corpus.cuts)
        gathered.notes.extend(notes)
        gathered.notes.extend(f"{corpus.path}: {note}" for note in told)
    if not gathered.examples:
        raise ConfigError("the corpora hold no word; name others under `corpora`")
    return gathered


def _windows(
    maker: ExampleMaker, documents: Iterable[Document], first: float = 1.0
) -> list[Example]:
    return [example for document in documents for example in maker.examples(document, first=first)]


def _missing_swap_types(
    corpus: CorpusConfig, documents: Sequence[Document], model: JointModel
) -> list[str]:
    """Say of which types to exchange there is no entity. Raises: ConfigError: there can be none."""
    wanted = corpus.augment.swap_types if corpus.augment else None
    possible = dict.fromkeys((*corpus.policy.labels, *model.schema.entity_types))
    found = {entity.type for document in documents for entity in document.entities}
    missing = [type for type in wanted or () if type not in found]
    for type in missing:
        if type not in possible:
            raise ConfigError(
                f"corpus {corpus.path}: `augment.swap_types` names the type {type}, which neither "
                f"schema {model.schema.name} nor `policy.labels` of the corpus has; they have "
                f"{', '.join(possible)}"
            )
    return [
        f"{corpus.path}: no entity has the type {type} of `augment.swap_types`" for type in missing
    ]


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
    """Return a digest of the configuration and of its corpora's bytes.

    Raises:
        OSError: a corpus is not there, or cannot be read.
        FormatError: a folder without a corpus.
    """
    digest = hashlib.sha256(msgspec.json.encode(config))
    for corpus in (*config.corpora, *config.dev):
        digest.update(corpus_digest(corpus).encode())
    return digest.hexdigest()


def corpus_digest(corpus: CorpusConfig) -> str:
    """Return the SHA-256 of a corpus's file, or of all that is read of a folder, with the names.

    Raises as ``fingerprint``.
    """
    path = corpus_path(corpus.path)
    parts = corpus_files(path)
    return sha256_of(path) if parts == [path] else sha256_of_parts(path, parts)
