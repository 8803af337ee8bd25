"""Targets: documents as training windows, with what their corpus annotates and leaves open.

Enters: documents, the model's tokenizer and rows, the corpus's policy. Leaves: ``Example``s and
batches of them. A corpus with coarse or few labels gives loss only where it says something: see
``AnnotationPolicy``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from khabar.data.batches import PieceBatch, WindowPieces, collate
from khabar.data.errors import ConfigError
from khabar.data.records import Document, Entity, Relation
from khabar.data.tags import OUTSIDE, TagRows, WordSpan, covered_words
from khabar.data.windows import Window, cut_windows
from khabar.data.wojood_relations import Question
from khabar.data.words import split_words
from khabar.model.joint import JointModel
from khabar.model.relations import SpanBatch
from khabar.train.asked import AskedPair, Questions, asked_pairs, stack_asked
from khabar.train.loss import UNSURE, TagTargets


class AnnotationPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a corpus's labels mean in the model's schema, and what they leave open."""

    labels: dict[str, tuple[str, ...] | None] = {}
    """Corpus label to the types that it may stand for; a label that is not listed is the type of
    that name. ``[]`` means that there is something, of whatever type; null, that what it stands for
    may be something or nothing, so that the words under it give no loss."""
    annotates: tuple[str, ...] | None = None
    """Types that the corpus annotates wherever they occur; others give no loss. None: all of the
    schema, or, with ``labels``, those that some label stands for."""
    nested: bool = True
    """Whether entities inside entities are annotated; where not, the inside gives no loss."""
    relations: bool | Literal["asked"] = True
    """Whether relations are annotated; where not, there is no relation loss. ``asked``: a document
    asks whether one relation holds between two mentions, as those of the format
    ``wojood-relations`` do, and that pair and relation alone give loss."""
    least_score: float = 0.0
    """For records that a model wrote: an entity or a relation of a lower score gives no loss, as it
    may be one or not. What the model left out is taken for nothing: let it write unsure ones too.
    """


@dataclass(frozen=True)
class Mention:
    """An annotated mention: its words, and the types that its label may stand for.

    Without types it is unknown whether it is one.
    """

    first: int
    last: int
    types: tuple[int, ...]


@dataclass(frozen=True)
class Example:
    """A training window.

    Attributes:
        pieces: what the encoder reads.
        allowed: tags that the annotation admits, ``(words, rows, tags)``.
        coarse: mentions that may be of several types.
        spans: gold spans for the relation head.
        relations: head and tail as indices into ``spans``, relation type, and 1 where it holds or
            ``UNSURE``, ``(relations, 4)``.
        has_relations: whether relations are annotated.
        asked: pairs of which one relation is known, where they are not.
    """

    pieces: WindowPieces
    allowed: NDArray[np.bool_]
    coarse: tuple[Mention, ...]
    spans: tuple[WordSpan, ...]
    relations: NDArray[np.int64]
    has_relations: bool
    asked: tuple[AskedPair, ...] = ()


@dataclass(frozen=True)
class TrainBatch:
    """Examples padded together.

    Attributes:
        pieces: what the encoder reads.
        tags: what the tags may be.
        spans: gold spans of the windows with annotated relations.
        relations: rows into ``spans`` for head and tail, relation type, and 1 where it holds or
            ``UNSURE``, ``(relations, 4)``.
        has_relations: per window, ``(batch,)``.
        asked: single pairs with one relation each, see ``stack_asked``.
    """

    pieces: PieceBatch
    tags: TagTargets
    spans: SpanBatch
    relations: Tensor
    has_relations: Tensor
    asked: Tensor

    def to(self, device: torch.device) -> TrainBatch:
        """Return the batch on a device."""
        return TrainBatch(
            pieces=self.pieces.to(device),
            tags=self.tags.to(device),
            spans=self.spans.to(device),
            relations=self.relations.to(device),
            has_relations=self.has_relations.to(device),
            asked=self.asked.to(device),
        )

    def counts(self) -> tuple[int, int]:
        """Return the targets of both losses.

        They are decided words, and spans that may have relations with pairs that are asked about.
        """
        return self.tags.count(), len(self.spans) + len(self.asked)


class ExampleMaker:
    """Turns the documents of one corpus into examples, and counts what found no room."""

    def __init__(self, model: JointModel, policy: AnnotationPolicy) -> None:
        """Resolve the corpus's labels. Raises: ConfigError: a type that the schema lacks."""
        self.model, self.policy = model, policy
        self.left_out = 0
        """Mentions nested deeper in their own type than the rows go, in each window anew."""
        self.unfit = 0
        """Relations between types that the schema does not let them join, in each window anew."""
        self._has_relations = policy.relations is True and bool(model.schema.relations)
        asks = policy.relations == "asked" and bool(model.schema.relations)
        self._questions = Questions(model.schema) if asks else None
        types = model.schema.entity_types
        named = [name for names in policy.labels.values() for name in names or ()]
        for name in (*named, *(policy.annotates or ())):
            if name not in types:
                raise ConfigError(
                    f"`labels` or `annotates` names the type {name}, which schema "
                    f"{model.schema.name} lacks; it has {', '.join(types)}"
                )
        annotated = policy.annotates or (named if policy.labels else types)
        self._unsaid = _unsaid_tags(model.rows, [name in annotated for name in types])

    def examples(self, document: Document, first: float = 1.0) -> list[Example]:
        """Return the windows of a document, cut as they are for prediction.

        Args:
            document: an annotated document.
            first: length of its first window as a share of the others', which so begin elsewhere.

        Raises:
            ConfigError: a label that is neither mapped nor a type of the schema, a relation
                that the schema lacks, or a document that asks nothing where all should.
        """
        question = None if self._questions is None else self._questions.of(document)
        if self._questions is not None and question is None:
            return []
        words = split_words(document.text)
        limit = self.model.window_limit
        pieces = self.model.tokenizer.encode([document.text], [words], limit)[0]
        mentions = self._mentions(document, words)
        made = []
        overlap = self.model.config.window.overlap
        for window in cut_windows(pieces.counts, limit, overlap, max(1, round(first * limit))):
            inside = {
                id: Mention(m.first - window.start, m.last - window.start, m.types)
                for id, m in mentions.items()
                if window.start <= m.first and m.last < window.end
            }
            allowed, coarse = self._tags(inside, window)
            self._open_cut_mentions(allowed, mentions.values(), window)
            spans, relations = self._relations(document, inside)
            made.append(
                Example(
                    pieces=self.model.tokenizer.window(pieces, window),
                    allowed=allowed,
                    coarse=coarse,
                    spans=spans,
                    relations=relations,
                    has_relations=self._has_relations,
                    asked=self._asked(question, inside),
                )
            )
        return made

    def notes(self) -> list[str]:
        """Return what gave no loss so far, one sentence each."""
        notes = []
        if self.left_out:
            notes.append(
                f"{self.left_out} mentions have no row of tags (nested deeper in their own type "
                f"than `heads.inner_types` provides for) and give no loss"
            )
        if self.unfit:
            notes.append(
                f"{self.unfit} relations join types that schema {self.model.schema.name} does not "
                f"let them join, and give no loss; `khabar data validate` lists them"
            )
        if self._questions is not None:
            notes += self._questions.notes()
        return notes

    def _mentions(self, document: Document, words: list[tuple[int, int]]) -> dict[str, Mention]:
        types = {
            entity.id: self._types(entity.type, document.id) if self._is_sure(entity) else ()
            for entity in document.entities
        }
        return {
            id: Mention(first, last, types[id])
            for id, (first, last) in covered_words(document.entities, words).items()
        }

    def _is_sure(self, record: Entity | Relation) -> bool:
        return record.score is None or record.score >= self.policy.least_score

    def _types(self, label: str, document: str) -> tuple[int, ...]:
        types = self.model.schema.entity_types
        if label in self.policy.labels:
            mapped = self.policy.labels[label]
            if mapped is None:
                return ()
            names = mapped or types
        elif label in types:
            names = (label,)
        else:
            raise ConfigError(
                f"document {document} has the label {label}, which schema {self.model.schema.name} "
                f"lacks; say under `labels` of the corpus which types it may stand for"
            )
        return tuple(types.index(name) for name in names)

    def _tags(
        self, mentions: dict[str, Mention], window: Window
    ) -> tuple[NDArray[np.bool_], tuple[Mention, ...]]:
        rows, words = self.model.rows, window.end - window.start
        exact = [
            WordSpan(m.first, m.last, m.types[0]) for m in mentions.values() if len(m.types) == 1
        ]
        tags, left_out = rows.encode(exact, words)
        self.left_out += left_out
        allowed = np.eye(rows.tags, dtype=bool)[tags]
        says_nothing = self._unsaid[np.arange(len(rows.rows)), tags]
        allowed |= says_nothing[..., None] & self._unsaid
        for mention in mentions.values():
            if not self.policy.nested or not mention.types:
                open_rows = tags[mention.first : mention.last + 1] == 0
                allowed[mention.first : mention.last + 1][open_rows] = True
        coarse = tuple(m for m in mentions.values() if len(m.types) > 1)
        for mention in coarse:
            for row, types in enumerate(rows.rows):
                if set(types) & set(mention.types):
                    allowed[mention.first : mention.last + 1, row] = True
        return allowed, coarse

    def _open_cut_mentions(
        self, allowed: NDArray[np.bool_], mentions: Iterable[Mention], window: Window
    ) -> None:
        """Let the rows of a mention that the window cuts be anything there.

        All rows in a corpus without nesting, as inside any mention of it, and of a label that says
        nothing.
        """
        for mention in mentions:
            whole = window.start <= mention.first and mention.last < window.end
            if not whole and mention.first < window.end and mention.last >= window.start:
                start = max(mention.first, window.start) - window.start
                stop = min(mention.last + 1, window.end) - window.start
                for row, types in enumerate(self.model.rows.rows):
                    silent = not self.policy.nested or not mention.types
                    if silent or set(types) & set(mention.types):
                        allowed[start:stop, row] = True

    def _asked(
        self, question: Question | None, mentions: dict[str, Mention]
    ) -> tuple[AskedPair, ...]:
        if question is None or not {question.head, question.tail} <= mentions.keys():
            return ()
        head, tail = mentions[question.head], mentions[question.tail]
        places = (head.first, head.last), (tail.first, tail.last)
        return asked_pairs(self.model.schema, question, *places)

    def _relations(
        self, document: Document, mentions: dict[str, Mention]
    ) -> tuple[tuple[WordSpan, ...], NDArray[np.int64]]:
        exact = {
            id: WordSpan(m.first, m.last, m.types[0])
            for id, m in mentions.items()
            if len(m.types) == 1
        }
        spans = tuple(dict.fromkeys(exact.values()))
        place = {span: index for index, span in enumerate(spans)}
        schema = self.model.schema
        found: dict[tuple[int, int, int], int] = {}
        for relation in document.relations if self._has_relations else ():
            if relation.type not in schema.relations:
                raise ConfigError(
                    f"document {document.id} has the relation {relation.type}, which schema "
                    f"{schema.name} lacks; correct it, or set `relations: false` in the policy of "
                    f"the corpus"
                )
            if relation.head in exact and relation.tail in exact:
                head, tail = exact[relation.head], exact[relation.tail]
                types = schema.entity_types[head.type], schema.entity_types[tail.type]
                if not schema.allows(relation.type, *types):
                    self.unfit += 1
                    continue
                type = schema.relation_types.index(relation.type)
                truth = 1 if self._is_sure(relation) else UNSURE
                found[place[head], place[tail], type] = truth
                if schema.relations[relation.type].symmetric:
                    found[place[tail], place[head], type] = truth
        rows = [(*link, truth) for link, truth in sorted(found.items())]
        return spans, np.array(rows, dtype=np.int64).reshape(-1, 4)


def _unsaid_tags(rows: TagRows, annotated: Sequence[bool]) -> NDArray[np.bool_]:
    """Return the tags between which a corpus does not tell, ``(rows, tags)``.

    They are O and what belongs to types that the corpus does not annotate.
    """
    unsaid = np.zeros((len(rows.rows), rows.tags), dtype=bool)
    unsaid[:, OUTSIDE] = True
    for row, types in enumerate(rows.rows):
        for place, type in enumerate(types):
            unsaid[row, 1 + 2 * place : 3 + 2 * place] = not annotated[type]
    return unsaid


def blank_example(like: Example) -> Example:
    """Return an example that gives no loss, to fill a process's share of a last, short step."""
    return Example(
        pieces=like.pieces,
        allowed=np.ones_like(like.allowed),
        coarse=(),
        spans=(),
        relations=np.zeros((0, 4), dtype=np.int64),
        has_relations=False,
    )


def collate_examples(examples: Sequence[Example], pad_id: int, types: int) -> TrainBatch:
    """Pad examples to one batch; ``types`` is the schema's count of entity types."""
    pieces = collate([example.pieces for example in examples], pad_id)
    spans = [(w, *s) for w, e in enumerate(examples) if e.has_relations for s in e.spans]
    coarse = [(w, m) for w, e in enumerate(examples) for m in e.coarse]
    coarse_types = torch.zeros(len(coarse), types, dtype=torch.bool)
    for row, (_, mention) in zip(coarse_types, coarse, strict=True):
        row[list(mention.types)] = True
    return TrainBatch(
        pieces=pieces,
        tags=TagTargets(
            allowed=_pad_allowed([example.allowed for example in examples]),
            coarse=torch.tensor([(w, m.first, m.last) for w, m in coarse]).reshape(-1, 3).long(),
            coarse_types=coarse_types,
        ),
        spans=SpanBatch(*torch.tensor(spans, dtype=torch.long).reshape(-1, 4).unbind(-1)),
        relations=_shift_relations(examples),
        has_relations=torch.tensor([example.has_relations for example in examples]),
        asked=stack_asked([example.asked for example in examples]),
    )


def _pad_allowed(allowed: list[NDArray[np.bool_]]) -> Tensor:
    longest = max(len(a) for a in allowed)
    padded = np.ones((len(allowed), longest, *allowed[0].shape[1:]), dtype=bool)
    for place, own in zip(padded, allowed, strict=True):
        place[: len(own)] = own
    return torch.from_numpy(padded)


def _shift_relations(examples: Sequence[Example]) -> Tensor:
    """Return the relations of all windows as rows into the one list of spans."""
    shifted, before = [], 0
    for example in examples:
        if example.has_relations:
            shifted.append(example.relations + np.array([before, before, 0, 0]))
            before += len(example.spans)
    return torch.from_numpy(np.concatenate([np.zeros((0, 4), dtype=np.int64), *shifted]))
