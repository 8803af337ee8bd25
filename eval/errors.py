"""Error analysis: what kinds of mistakes there are, and each of them in its context.

Enters: pairs of documents. Leaves: counts by kind and type, and every error as an ``Example``, from
which ``pick_examples`` takes some to look at. Knows no page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest

import msgspec

from khabar.data.records import Document
from khabar.data.words import Span, spans_touched
from khabar.eval.alignment import Match, Mention, align, mention_scores
from khabar.eval.pairs import Pair
from khabar.eval.tokens import Tokens

CONTEXT_TOKENS = 12
"""Words shown on either side of an error."""
EXAMPLES = 12
"""Examples of each kind that a report shows."""


class Marked(msgspec.Struct, frozen=True, kw_only=True):
    """A mention in an example's text."""

    role: str
    """``gold`` or ``predicted``, of a relation ``head`` or ``tail``."""
    type: str
    start: int
    """Code points of the example's text."""
    end: int
    score: float | None = None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One error in its context."""

    kind: str
    document: str
    text: str
    """Of the article, line ends as spaces, cut parts as an ellipsis."""
    marked: tuple[Marked, ...]
    gold: str | None = None
    """The type that gold has here; of a relation all of the pair's, with commas."""
    predicted: str | None = None
    score: float | None = None
    """Of what was predicted."""


class KindCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a kind of error occurs, with what it means."""

    kind: str
    count: int
    meaning: str


class ErrorAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """The errors in entities or in relations."""

    correct: int
    kinds: tuple[KindCount, ...]
    by_type: dict[str, dict[str, int]]
    """For each type, the count of every kind and of ``correct``."""
    examples: tuple[Example, ...]
    """All of them, in the order of the documents."""

    def without_examples(self) -> ErrorAnalysis:
        """Return the counts alone."""
        return msgspec.structs.replace(self, examples=())


ENTITY_KINDS = {
    "missed": "gold has it, and nothing like it was predicted",
    "spurious": "predicted, and gold has nothing like it",
    "wrong type": "the right extent with another type",
    "wrong layer": "the right extent, with the type of an entity around it or inside it",
    "wrong boundary": "the right type, with an extent that only overlaps",
}
"""The kinds of entity errors and what they mean."""


def analyse_entities(pairs: Iterable[Pair]) -> ErrorAnalysis:
    """Return the errors in entities; a type is gold's where gold has one, else the predicted."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    examples: list[Example] = []
    for pair in pairs:
        scores = mention_scores(pair.predicted, pair.tokens)
        for match in align(pair):
            mention = match.gold or match.predicted
            assert mention is not None, "a match holds at least one entity"
            counts[mention.type][match.kind] += 1
            if match.kind != "correct":
                examples.append(_entity_example(pair, match, scores))
    return gather(counts, ENTITY_KINDS, examples)


def gather(
    counts: Mapping[str, Counter[str]], meanings: Mapping[str, str], examples: Sequence[Example]
) -> ErrorAnalysis:
    """Return the analysis of counted kinds by type, types in the order of their names."""
    total = sum(counts.values(), Counter[str]())
    return ErrorAnalysis(
        correct=total["correct"],
        kinds=tuple(
            KindCount(kind=kind, count=total[kind], meaning=meaning)
            for kind, meaning in meanings.items()
        ),
        by_type={
            type: {kind: counts[type][kind] for kind in ("correct", *meanings)}
            for type in sorted(counts)
        },
        examples=tuple(examples),
    )


def pick_examples(errors: ErrorAnalysis, limit: int = EXAMPLES) -> dict[str, list[Example]]:
    """Return some examples of each kind, of as many confusions as there is room for.

    The most frequent pairs of gold and predicted type come first, each once, then each again.
    """
    kinds: dict[str, list[Example]] = {kind.kind: [] for kind in errors.kinds if kind.count}
    for example in errors.examples:
        kinds[example.kind].append(example)
    return {kind: _spread(of_kind)[:limit] for kind, of_kind in kinds.items()}


def _spread(examples: list[Example]) -> list[Example]:
    by_types: defaultdict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        by_types[example.gold or "", example.predicted or ""].append(example)
    groups = sorted(by_types.items(), key=lambda item: (-len(item[1]), item[0]))
    rounds = zip_longest(*(group for _, group in groups))
    return [example for of_round in rounds for example in of_round if example]


def in_context(
    document: Document, tokens: Tokens, marked: Sequence[Marked]
) -> tuple[str, tuple[Marked, ...]]:
    """Return the text around some extents of a document, and these moved into it.

    Args:
        document: the article.
        tokens: of its text.
        marked: extents in code points of the article, at least one.
    """
    first = min(mark.start for mark in marked)
    last = max(mark.end for mark in marked)
    start, end = _window(tokens, first, last)
    before = "… " if start > 0 else ""
    after = " …" if end < len(document.text) else ""
    moved = tuple(
        msgspec.structs.replace(
            mark, start=mark.start - start + len(before), end=mark.end - start + len(before)
        )
        for mark in marked
    )
    return before + document.text[start:end].replace("\n", " ") + after, moved


def _window(tokens: Tokens, start: int, end: int) -> Span:
    covered = spans_touched(tokens.spans, start, end)
    first = max(covered.start - CONTEXT_TOKENS, 0)
    last = min(covered.stop + CONTEXT_TOKENS, len(tokens.spans)) - 1
    if last < first:
        return start, end
    return min(start, tokens.spans[first][0]), max(end, tokens.spans[last][1])


def _entity_example(pair: Pair, match: Match, scores: Mapping[Mention, float]) -> Example:
    marks = []
    if match.gold:
        marks.append(_mark("gold", match.gold))
    if match.predicted:
        marks.append(_mark("predicted", match.predicted))
    text, marked = in_context(pair.gold, pair.tokens, marks)
    return Example(
        kind=match.kind,
        document=pair.gold.id,
        text=text,
        marked=marked,
        gold=match.gold.type if match.gold else None,
        predicted=match.predicted.type if match.predicted else None,
        score=scores.get(match.predicted) if match.predicted else None,
    )


def _mark(role: str, mention: Mention) -> Marked:
    return Marked(role=role, type=mention.type, start=mention.start, end=mention.end)
