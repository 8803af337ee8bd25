from __future__ import annotations

import pytest

from khabar.data.errors import SchemaError
from khabar.eval.pairs import ScoreError, pair_documents


def test_documents_are_matched_by_id_in_the_order_of_gold(make, flat):
    gold = [make("زيد", id="a"), make("عمرو", id="b")]
    pairs = pair_documents(gold, gold[::-1], flat)
    assert [(pair.gold.id, pair.predicted.id) for pair in pairs] == [("a", "a"), ("b", "b")]


def test_a_gold_document_without_a_prediction_is_an_error(make, flat):
    gold = [make("زيد", id="a"), make("عمرو", id="b"), make("بكر", id="c")]
    with pytest.raises(
        ScoreError, match="2 of 3 documents have no predicted counterpart, the first is 'b'"
    ):
        pair_documents(gold, gold[:1], flat)


def test_a_prediction_without_gold_is_an_error(make, flat):
    both = [make("زيد", id="a"), make("عمرو", id="b")]
    with pytest.raises(
        ScoreError, match="1 of 2 documents have no gold counterpart, the first is 'b'"
    ):
        pair_documents(both[:1], both, flat)


@pytest.mark.parametrize("side", ["gold", "predicted"])
def test_an_id_used_twice_is_an_error(make, flat, side):
    one, twice = [make("زيد", id="a")], [make("زيد", id="a"), make("زيد", id="a")]
    with pytest.raises(ScoreError, match=f"two {side} documents have the id 'a'"):
        pair_documents(
            twice if side == "gold" else one, twice if side == "predicted" else one, flat
        )


def test_texts_that_differ_are_an_error_with_the_place(make, flat):
    with pytest.raises(ScoreError, match="'one': .* code point 5 on \\('نا', 'هنا'\\)"):
        pair_documents([make("زيد هنا")], [make("زيد ههنا")], flat)


def test_a_text_that_only_goes_on_differs_from_its_end(make, flat):
    with pytest.raises(ScoreError, match="differ from code point 7 on \\('', ' غدا'\\)"):
        pair_documents([make("زيد هنا")], [make("زيد هنا غدا")], flat)


def test_a_type_that_the_schema_lacks_is_an_error(make, flat, nested):
    text = "زيد في الأردن"
    with pytest.raises(
        SchemaError, match="the predicted entity e0 has the type GPE, which .* flat"
    ):
        pair_documents([make(text)], [make(text, [("GPE", "الأردن")])], flat)
    two = [("PERS", "زيد"), ("GPE", "الأردن")]
    with pytest.raises(SchemaError, match="the gold relation r0 has the type lives_in, which"):
        pair_documents([make(text, two, [("lives_in", 0, 1)])], [make(text)], nested)
