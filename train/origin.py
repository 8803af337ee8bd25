"""Origin: what a model was made of, told without the folders of whoever trained it.

Enters: a run's configuration. Leaves: the same with names in place of paths, and the digests of
what the paths led to, by which anybody can tell whether a file of such a name is the one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from khabar.data.digests import sha256_of
from khabar.model.storage import BUNDLED
from khabar.train.config import RANDOM, CorpusConfig, RunConfig
from khabar.train.corpora import corpus_digest
from khabar.train.pretrain_config import PretrainConfig, RawCorpusConfig

Corpus = TypeVar("Corpus", CorpusConfig, RawCorpusConfig)


def name_of(path: str) -> str:
    """Return the last part of a path; what is no path has no other."""
    return Path(path).name


def encoder_name(encoder: str) -> str:
    """Return what a configuration calls an encoder; of a folder, and not of the hub, the name."""
    bare = encoder.removeprefix(RANDOM)
    prefix = encoder[: len(encoder) - len(bare)]
    is_folder = Path(bare).is_absolute() or Path(bare).exists()
    return prefix + (name_of(bare) if is_folder else bare)


def named_run(config: RunConfig) -> RunConfig:
    """Return a training run's configuration with names in place of paths."""
    return msgspec.structs.replace(
        config,
        output=name_of(config.output),
        label_schema=name_of(config.label_schema),
        encoder=encoder_name(config.encoder),
        corpora=_named(config.corpora),
        dev=_named(config.dev),
    )


def named_pretraining(config: PretrainConfig) -> PretrainConfig:
    """Return a pretraining run's configuration with names in place of paths."""
    return msgspec.structs.replace(
        config,
        output=name_of(config.output),
        cache=name_of(config.cache),
        init=encoder_name(config.init),
        corpora=_named(config.corpora),
    )


def _named(corpora: tuple[Corpus, ...]) -> tuple[Corpus, ...]:
    return tuple(msgspec.structs.replace(c, path=name_of(c.path)) for c in corpora)


def origin_digests(config: RunConfig) -> dict[str, str]:
    """Return the SHA-256 of every corpus and of an encoder's folder, by their places.

    The places are those that ``--set`` takes: ``corpora.0.path``. The schema is not among them: a
    model holds it whole.

    Raises:
        OSError: a file cannot be read.
    """
    groups = {"corpora": config.corpora, "dev": config.dev}
    digests = {
        f"{group}.{number}.path": corpus_digest(corpus)
        for group, corpora in groups.items()
        for number, corpus in enumerate(corpora)
    }
    encoder = Path(config.encoder.removeprefix(RANDOM))
    if config.encoder != BUNDLED and encoder.exists():
        digests["encoder"] = sha256_of(encoder)
    return digests
