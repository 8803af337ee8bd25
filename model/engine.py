"""The engine: texts to decoded spans and relations, many windows at a time.

Enters: texts, and the entities when they are given. Leaves: ``Prediction``s in words. Windows of
all texts are sorted by length into batches of a budget of pieces. Tag logits are put together per
document before decoding, every word's from the window in which it has most context, so that no
seam shows; a relation counts as the window sees it that has most context around both entities.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from khabar.data.batches import batches_by_length, collate
from khabar.data.tags import WordSpan
from khabar.data.windows import Window, cut_windows, window_of
from khabar.data.words import Span, split_words
from khabar.model.decoding import ScoredSpan, decode_spans
from khabar.model.network import Network
from khabar.model.relations import SpanBatch
from khabar.model.selection import LeastScores

_PAIRS_AT_ONCE = 65_536


@dataclass(frozen=True)
class ScoredRelation:
    """A relation between two spans, as indices into the prediction's spans."""

    head: int
    tail: int
    type: int
    score: float


@dataclass
class Prediction:
    """What the model found in one text.

    Attributes:
        words: the words of the text.
        windows: the ranges of words in which it was read.
        spans: entities in words, in reading order.
        relations: relations at or above the threshold.
    """

    words: list[Span]
    windows: list[Window]
    spans: list[ScoredSpan]
    relations: list[ScoredRelation] = field(default_factory=list)


@dataclass(frozen=True)
class _Place:
    """A window of the pool: which document's, and which part."""

    document: int
    window: Window


@dataclass(frozen=True)
class _Encoded:
    """A batch of windows after the encoder: their places and word states."""

    places: list[_Place]
    states: Tensor


@dataclass(frozen=True)
class _Spans:
    """The spans in a batch of windows: window and number of each in its document, and its score."""

    batch: SpanBatch
    owners: list[tuple[int, int]]
    scores: Tensor


@torch.inference_mode()
def predict(
    model: Network,
    texts: Sequence[str],
    *,
    batch_tokens: int,
    least: LeastScores,
    given: Sequence[Sequence[WordSpan]] | None = None,
) -> list[Prediction]:
    """Find entities and relations in texts.

    Args:
        model: in evaluation mode, on its device.
        texts: any texts.
        batch_tokens: most pieces in a batch, padding included.
        least: least score of what is returned, by type.
        given: the entities of every text; None: decode them.

    A relation's score is the head's for the pair, calibrated by the model's temperature and shift,
    times the score of the less sure of its entities: it is wrong when one of them is. (Not times
    both: of a pair that holds a relation both are right, or neither, more often than by chance.)
    """
    words = [split_words(text) for text in texts]
    limit = model.window_limit
    pieces = model.tokenizer.encode(texts, words, limit)
    windows = [cut_windows(p.counts, limit, model.config.window.overlap) for p in pieces]
    places = [_Place(d, window) for d, own in enumerate(windows) for window in own]
    inputs = [model.tokenizer.window(pieces[place.document], place.window) for place in places]
    logits = [
        torch.zeros(len(w), len(model.rows.rows), model.rows.tags, device=model.device)
        for w in words
    ]
    encoded = []
    for indices in batches_by_length([len(i.ids) for i in inputs], batch_tokens):
        batch = collate([inputs[i] for i in indices], model.tokenizer.special.pad)
        reading = model.read(batch.to(model.device))
        group = _Encoded([places[i] for i in indices], reading.states)
        if given is None:
            _place_logits(reading.logits, group.places, logits)
        if model.schema.relations:
            encoded.append(group)
    if given is None:
        spans = [_sure_enough(own, least) for own in _decode(model, logits, batch_tokens)]
    else:
        spans = [[ScoredSpan(span, 1.0) for span in own] for own in given]
    found = [Prediction(*parts) for parts in zip(words, windows, spans, strict=True)]
    _relate(model, encoded, found, least)
    return found


def _place_logits(batch: Tensor, places: list[_Place], logits: list[Tensor]) -> None:
    """Copy what each window decides about into its document's logits."""
    for row, place in enumerate(places):
        start, _, own_start, own_end = place.window
        logits[place.document][own_start:own_end] = batch[row, own_start - start : own_end - start]


def _decode(model: Network, logits: list[Tensor], budget: int) -> list[list[ScoredSpan]]:
    spans: list[list[ScoredSpan]] = [[] for _ in logits]
    filled = [index for index, own in enumerate(logits) if len(own)]
    for group in batches_by_length([len(logits[index]) for index in filled], budget):
        indices = [filled[i] for i in group]
        lengths = torch.tensor([len(logits[i]) for i in indices], device=model.device)
        padded = torch.nn.utils.rnn.pad_sequence([logits[i] for i in indices], batch_first=True)
        for index, own in zip(indices, decode_spans(model, padded, lengths), strict=True):
            spans[index] = own
    return spans


def _sure_enough(spans: list[ScoredSpan], least: LeastScores) -> list[ScoredSpan]:
    return [scored for scored in spans if scored.score >= least.entities[scored.span.type]]


def _relate(
    model: Network, encoded: list[_Encoded], found: list[Prediction], least: LeastScores
) -> None:
    """Score the relations of all windows and give them to their documents."""
    scored: list[dict[tuple[int, int, int], float]] = [{} for _ in found]
    ordered = [_by_first_word(prediction) for prediction in found]
    limits = torch.tensor(least.relations, device=model.device)
    for group in encoded:
        spans = _spans_of(group, found, ordered)
        for pair, type, score in _holding(model, group.states, spans, limits):
            (row, head), (_, tail) = (spans.owners[i] for i in pair)
            place = group.places[row]
            if place.window == _best_window(found[place.document], head, tail):
                scored[place.document][head, tail, type] = score
    for prediction, own in zip(found, scored, strict=True):
        prediction.relations = _once(model, own)


def _holding(
    model: Network, states: Tensor, spans: _Spans, limits: Tensor
) -> Iterator[tuple[list[int], int, float]]:
    """Yield the pairs that hold a relation, its type and score; memory is bounded by portions."""
    pairs = model.rules.pairs(spans.batch, model.config.heads.relation_reach)
    for portion in torch.split(pairs, _PAIRS_AT_ONCE):
        logits = model.relate(states, spans.batch, portion)
        config = model.config
        holds = (logits / config.relation_temperature + config.relation_shift).sigmoid()
        scores = holds * spans.scores[portion].amin(dim=-1, keepdim=True)
        pair, type = (scores >= limits).nonzero(as_tuple=True)
        rows = (portion[pair].tolist(), type.tolist(), scores[pair, type].tolist())
        yield from zip(*rows, strict=True)


def _by_first_word(prediction: Prediction) -> list[tuple[WordSpan, int]]:
    """Return the spans with their numbers, sorted: given ones come in any order."""
    return sorted((scored.span, number) for number, scored in enumerate(prediction.spans))


def _spans_of(
    group: _Encoded, found: list[Prediction], ordered: list[list[tuple[WordSpan, int]]]
) -> _Spans:
    """Return the spans that lie in a batch's windows."""
    device = group.states.device
    rows, owners, scores = [], [], []
    for row, place in enumerate(group.places):
        own, (start, end, *_) = ordered[place.document], place.window
        first, stop = (
            bisect_left(own, edge, key=lambda item: item[0].first) for edge in (start, end)
        )
        for span, number in own[first:stop]:
            if span.last < end:
                rows.append((row, span.first - start, span.last - start, span.type))
                owners.append((row, number))
                scores.append(found[place.document].spans[number].score)
    columns = torch.tensor(rows, dtype=torch.long, device=device).reshape(-1, 4).unbind(-1)
    return _Spans(SpanBatch(*columns), owners, torch.tensor(scores, device=device))


def _best_window(prediction: Prediction, head: int, tail: int) -> Window | None:
    spans = [prediction.spans[i].span for i in (head, tail)]
    first, last = min(s.first for s in spans), max(s.last for s in spans)
    return window_of(prediction.windows, first, last, len(prediction.words))


def _once(model: Network, scored: dict[tuple[int, int, int], float]) -> list[ScoredRelation]:
    """Return relations in reading order of their heads, symmetric ones once, earlier head first."""
    rules = list(model.schema.relations.values())
    kept: dict[tuple[int, int, int], float] = {}
    for (head, tail, type), score in scored.items():
        turn = rules[type].symmetric and head > tail
        key = (tail, head, type) if turn else (head, tail, type)
        kept[key] = max(score, kept.get(key, 0.0))
    return [ScoredRelation(*key, score) for key, score in sorted(kept.items())]
