"""A small world of Arabic news in which the truth is known: sentences by patterns, with their gold.

Names, patterns and sentences are the tests' own. Some entities lie inside others, also inside one
of their own type; some pairs stand together without a relation. A word's tag can be told by the
word, a relation by the words between, so that a tiny model learns all of it in seconds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch

from khabar.data.formats import write_documents
from khabar.data.records import Document, Entity, Relation
from khabar.model.joint import JointModel
from khabar.train.config import RunConfig
from khabar.train.loop import run_training
from khabar.train.setup import build_model

SCHEMA = """\
name: newsroom
nested: true
entities: {PERS: a person, ORG: an organization, GPE: a country}
relations:
  works_for: {head: [PERS], tail: [ORG]}
  borders: {head: [GPE], tail: [GPE], symmetric: true}
"""
FLAT_SCHEMA = """\
name: flat-newsroom
nested: false
entities: {PERS: a person, ORG: an organization, GPE: a country}
"""
FIRST_NAMES = ("سامي", "ليلى", "كريم", "هدى", "طارق")
LAST_NAMES = ("الحداد", "النجار", "الخطيب", "البستاني")
COUNTRIES = ("لبنان", "تونس", "عمان", "السودان", "موريتانيا")
WORKPLACES = (
    "ORG[ شركة النسيم ]",
    "ORG[ جامعة الفجر ]",
    "ORG[ بنك GPE[ قطر ] ]",
    "ORG[ نقابة ORG[ مصرف GPE[ الأردن ] ] ]",
)
FILLERS = (
    "هطل المطر على الطريق صباحا .",
    "قال الشهود إن السوق كانت مزدحمة .",
    "بدأ الموسم الجديد .",
)


class Sentence(msgspec.Struct, frozen=True):
    """Words with the entities and relations in them, offsets from the sentence's own start."""

    text: str
    entities: tuple[tuple[str, int, int], ...] = ()
    """Type, start, end."""
    relations: tuple[tuple[str, int, int], ...] = ()
    """Type, and head and tail as indices into the entities."""


def sentence(marked: str, *relations: tuple[str, int, int]) -> Sentence:
    """Read a sentence such as ``PERS[ سامي الحداد ] يعمل في ORG[ بنك GPE[ قطر ] ] .``."""
    words: list[str] = []
    opened: list[tuple[int, str, int]] = []
    entities: dict[int, tuple[str, int, int]] = {}
    for token in marked.split():
        position = len(" ".join(words))
        if token.endswith("["):
            opened.append((len(opened) + len(entities), token[:-1], position + bool(words)))
        elif token == "]":
            number, type, start = opened.pop()
            entities[number] = (type, start, position)
        else:
            words.append(token)
    ordered = tuple(entities[number] for number in sorted(entities))
    return Sentence(" ".join(words), ordered, relations)


def any_sentence(rng: random.Random) -> Sentence:
    """Draw a sentence: two kinds with a relation, their look-alikes without one, and plain ones."""
    person = f"PERS[ {rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)} ]"
    first, second = (f"GPE[ {name} ]" for name in rng.sample(COUNTRIES, 2))
    work = rng.choice(WORKPLACES)
    kinds = (
        sentence(f"{person} يعمل في {work} .", ("works_for", 0, 1)),
        sentence(f"{person} زار {work} أمس ."),
        sentence(f"{first} تجاور {second} .", ("borders", 0, 1)),
        sentence(f"{first} بعيدة عن {second} ."),
        Sentence(rng.choice(FILLERS)),
    )
    return rng.choice(kinds)


def article(sentences: Sequence[Sentence], id: str = "0", separator: str = " ") -> Document:
    """Join sentences to a gold document."""
    entities: list[Entity] = []
    relations: list[Relation] = []
    text = ""
    for part in sentences:
        offset = len(text) + (len(separator) if text else 0)
        text += (separator if text else "") + part.text
        for type, head, tail in part.relations:
            ends = [str(len(entities) + end) for end in (head, tail)]
            number = str(len(relations))
            relations.append(Relation(id=number, type=type, head=ends[0], tail=ends[1]))
        for type, start, end in part.entities:
            extent = (offset + start, offset + end)
            mention = text[slice(*extent)]
            number = str(len(entities))
            entities.append(
                Entity(id=number, type=type, start=extent[0], end=extent[1], text=mention)
            )
    return Document(id=id, text=text, entities=tuple(entities), relations=tuple(relations))


def articles(count: int, seed: int, sentences: int = 3) -> list[Document]:
    """Draw articles of one to so many sentences."""
    rng = random.Random(seed)
    return [
        article([any_sentence(rng) for _ in range(rng.randint(1, sentences))], id=f"{seed}-{n}")
        for n in range(count)
    ]


def scored(
    document: Document, entities: Sequence[float], relations: Sequence[float] = ()
) -> Document:
    """Return a document as a model that was so sure of each entity and relation would write it."""
    replace = msgspec.structs.replace
    scores = zip(document.relations, relations, strict=False)
    return replace(
        document,
        entities=tuple(
            replace(e, score=score) for e, score in zip(document.entities, entities, strict=True)
        ),
        relations=tuple(replace(relation, score=score) for relation, score in scores),
    )


def flat(document: Document) -> Document:
    """Return the outermost entities alone, as a flat corpus has them."""
    return msgspec.structs.replace(document.outermost(), relations=())


def overlooked(document: Document) -> Document:
    """Return a document without every third entity and its relations: a hasty annotator's."""
    entities = tuple(e for number, e in enumerate(document.entities) if number % 3 != 2)
    left = {entity.id for entity in entities}
    relations = tuple(r for r in document.relations if {r.head, r.tail} <= left)
    return msgspec.structs.replace(document, entities=entities, relations=relations)


def write_schema(folder: Path, source: str = SCHEMA) -> str:
    """Write a schema file and return its path, as a run configuration names it."""
    path = folder / f"{source.split()[1]}.yaml"
    path.write_text(source, encoding="utf-8")
    return str(path)


def write_corpus(path: Path, documents: Sequence[Document]) -> str:
    """Write a corpus in the format of its suffix and return its path."""
    write_documents(path, documents)
    return str(path)


def run_config(folder: Path, encoder: Path | str, **fields: Any) -> RunConfig:  # noqa: ANN401
    """Return a small run in ``folder``; ``fields`` replace or, for groups, complete its own."""
    corpus = folder / "train.jsonl"
    if "corpora" not in fields and not corpus.is_file():
        write_corpus(corpus, articles(24, seed=1))
    plain: dict[str, Any] = {
        "name": "newsroom",
        "output": str(folder / "run"),
        "label_schema": write_schema(folder),
        "encoder": str(encoder),  # a folder, or any other name of one
        "corpora": [{"path": str(corpus)}],
        "heads": {"dropout": 0.0, "relation_size": 24, "inner_types": ["ORG"]},
        "window": {"pieces": 48, "overlap": 20},
        "optimizer": {"encoder_lr": 2e-3, "head_lr": 5e-3},
        "train": {"epochs": 2, "batch_windows": 4, "micro_windows": 2},
    }
    for name, value in fields.items():
        group = isinstance(plain.get(name), dict)
        plain[name] = {**plain[name], **value} if group else value
    return msgspec.convert(plain, RunConfig)


def untrained(folder: Path, encoder: Path, **fields: Any) -> JointModel:  # noqa: ANN401
    """Return a model of the newsroom's schema in evaluation mode, its heads random; see above."""
    torch.manual_seed(3)
    return build_model(run_config(folder, encoder, **fields)).eval()


def trained(folder: Path, encoder: Path, *, count: int, epochs: int) -> Path:
    """Train on so many articles, without a dev part, and return the model's folder."""
    write_corpus(folder / "train.jsonl", articles(count, seed=1, sentences=6))
    train = {"epochs": epochs, "batch_windows": 8, "micro_windows": 8}
    run_training(run_config(folder, encoder, train=train))
    return folder / "run" / "best"
