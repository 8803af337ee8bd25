from __future__ import annotations

from collections import Counter

from hypothesis import given, settings

from khabar.eval.alignment import align, mentions
from khabar.eval.confusion import confuse
from khabar.eval.pairs import pair_documents
from tests.eval.drawn import TYPES, documents
from tests.marked import marked


def test_a_case_worked_by_hand(nested):
    """Right: زيد. Wrong type: تونس. Short: the bank. Missed: عمرو. Spurious: أمس."""
    gold = marked("⟨1:PERS|زيد⟩ في ⟨2:GPE|تونس⟩ مع ⟨3:ORG|بنك مصر⟩ و⟨4:PERS|عمرو⟩ أمس")
    found = marked("⟨1:PERS|زيد⟩ في ⟨2:ORG|تونس⟩ مع ⟨3:ORG|بنك⟩ مصر وعمرو ⟨4:GPE|أمس⟩")
    (pair,) = pair_documents([gold], [found], nested)
    confusion = confuse(align(pair), nested.entity_types)
    assert confusion.rows == ("PERS", "ORG", "GPE", "wrong boundary", "spurious")
    assert confusion.columns == ("PERS", "ORG", "GPE", "wrong boundary", "missed")
    assert confusion.counts == (
        (1, 0, 0, 0, 1),
        (0, 0, 0, 1, 0),
        (0, 1, 0, 0, 0),
        (0, 1, 0, 0, 0),
        (0, 0, 1, 0, 0),
    )


@given(documents(), documents())
@settings(max_examples=40)
def test_rows_add_up_to_gold_and_columns_to_the_prediction(nested, gold, found):
    (pair,) = pair_documents([gold], [found], nested)
    confusion = confuse(align(pair), TYPES)
    rows = {name: sum(row) for name, row in zip(confusion.rows, confusion.counts, strict=True)}
    columns = {
        name: sum(row[index] for row in confusion.counts)
        for index, name in enumerate(confusion.columns)
    }
    for document, sums in ((gold, rows), (found, columns)):
        counts = Counter(mention.type for mention in mentions(document, pair.tokens))
        assert {type: sums[type] for type in TYPES if sums.get(type)} == counts


def test_types_that_nobody_has_are_left_out(nested):
    assert confuse([], nested.entity_types).rows == ("wrong boundary", "spurious")
