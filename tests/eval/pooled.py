"""Scores as seqeval itself gives them, of all rows at once: what ours are held against."""

from __future__ import annotations

from collections.abc import Sequence

from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from khabar.data.schema import LabelSchema
from khabar.eval.counts import Counts
from khabar.eval.pairs import Pair
from khabar.eval.report import Score
from khabar.eval.rows import ANY_TYPE, Reading, flat_rows, rows_by_type, without_types
from khabar.eval.tokens import Labels


def count_rows(
    gold: Sequence[Labels], predicted: Sequence[Labels], reading: Reading
) -> dict[str, Counts]:
    """Count the entities of every type in all rows at once, by seqeval's own report."""
    opening = "B-" if reading == "strict" else ("B-", "I-")
    if not any(label.startswith(opening) for row in (*gold, *predicted) for label in row):
        return {}  # seqeval would take the mean of no type at all
    mode = {"mode": "strict", "scheme": IOB2} if reading == "strict" else {}
    options = {"output_dict": True, "zero_division": 0, **mode}
    forward = classification_report(gold, predicted, **options)
    backward = classification_report(predicted, gold, **options)  # its support is the predictions
    return {
        type: Counts(
            gold=int(row["support"]),
            predicted=int(backward[type]["support"]),
            correct=round(row["recall"] * row["support"]),
        )
        for type, row in forward.items()
        if type not in {"micro avg", "macro avg", "weighted avg"}
    }


def pooled_scores(
    pairs: Sequence[Pair], schema: LabelSchema, gold_labels: Sequence[Labels] | None = None
) -> dict[str, Score]:
    """Return every score of entities that rows of labels can say, by its name."""
    scores = []
    view = ", outermost" if schema.nested else ""
    gold, predicted = (
        flat_rows([(document, pair.tokens) for pair, document in side], schema)[0]
        for side in ([(p, p.gold) for p in pairs], [(p, p.predicted) for p in pairs])
    )
    order = schema.entity_types
    for name in ("strict", "conlleval"):
        scores.append(Score.typed(f"entity {name}{view}", count_rows(gold, predicted, name), order))
        if gold_labels is not None:
            counts = count_rows([list(row) for row in gold_labels], predicted, name)
            scores.append(Score.typed(f"entity {name}, gold labels as written", counts, order))
    untyped = count_rows(without_types(gold), without_types(predicted), "strict")
    counts = untyped.get(ANY_TYPE, Counts(0, 0, 0))
    scores.append(Score.untyped(f"entity boundary{view}", counts))
    if schema.nested:
        counts = count_rows(*rows_by_type(pairs), "conlleval")
        scores.append(Score.typed("entity conlleval, all layers", counts, order))
    return {score.metric: score for score in scores}
