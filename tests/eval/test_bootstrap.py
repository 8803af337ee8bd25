from __future__ import annotations

import numpy as np
import pytest

from khabar.eval.bootstrap import bootstrap, compare_paired
from khabar.eval.by_document import DocumentCounts
from khabar.eval.pairs import ScoreError
from khabar.eval.report import Score
from khabar.eval.rows import ANY_TYPE


def table(counts: object, *groups: str, metric: str = "m") -> DocumentCounts:
    return DocumentCounts(metric, groups or (ANY_TYPE,), np.asarray(counts, dtype=np.int64))


def drawn_table(documents: int, groups: int) -> DocumentCounts:
    counts = np.random.default_rng(documents + groups).integers(0, 6, (documents, groups, 3))
    counts[:, :, 2] = counts.min(axis=2)
    return table(counts, *"abcdefg"[:groups])


def test_intervals_are_those_of_documents_scored_again_one_resample_after_another():
    """The same draws, done slowly: the drawn documents are listed, added up and scored."""
    counted, resamples = drawn_table(documents=7, groups=3), 40
    times = np.random.default_rng(9).multinomial(7, [1 / 7] * 7, size=resamples)
    scores: list[Score] = []
    for row in times:
        drawn = [number for number, count in enumerate(row) for _ in range(count)]
        scores.append(counted._replace(counts=counted.counts[drawn]).score())
    (found,) = bootstrap([counted], seed=9, resamples=resamples)

    def ends(figures: list[float]) -> tuple[float, float]:
        return pytest.approx(tuple(np.quantile(figures, (0.025, 0.975))))

    assert (found.f1.low, found.f1.high) == ends([s.micro.f1 for s in scores])
    assert (found.recall.low, found.recall.high) == ends([s.micro.recall for s in scores])
    assert (found.precision.low, found.precision.high) == ends([s.micro.precision for s in scores])
    assert found.macro_f1 is not None
    assert (found.macro_f1.low, found.macro_f1.high) == ends([s.macro.f1 for s in scores])
    b = [s.types["b"].f1 if "b" in s.types else 0.0 for s in scores]
    assert (found.types["b"].low, found.types["b"].high) == ends(b)


def test_documents_that_are_all_alike_leave_no_doubt():
    (found,) = bootstrap([table([[[4, 5, 2]]] * 6)], resamples=50)
    assert (found.f1.low, found.f1.high) == pytest.approx((4 / 9, 4 / 9))
    assert (found.macro_f1, found.types) == (None, {})  # no types are known


def test_an_interval_holds_the_figure_and_narrows_with_documents():
    few, many = drawn_table(10, 1), drawn_table(400, 1)
    widths = []
    for counted in (few, many):
        (found,) = bootstrap([counted])
        assert found.f1.low < counted.score().micro.f1 < found.f1.high
        widths.append(found.f1.high - found.f1.low)
    assert widths[1] < widths[0] / 3


def test_the_same_seed_gives_the_same_intervals_whatever_else_is_bootstrapped():
    one, other = drawn_table(12, 2), drawn_table(12, 3)
    assert bootstrap([one], seed=3)[0] == bootstrap([other, one], seed=3)[1]
    assert bootstrap([one], seed=3) != bootstrap([one], seed=4)


def test_a_type_that_nobody_has_has_no_interval():
    (found,) = bootstrap([table([[[1, 1, 1], [0, 0, 0]]] * 3, "a", "b")], resamples=20)
    assert set(found.types) == {"a"}
    assert (found.macro_f1.low, found.macro_f1.high) == (1.0, 1.0)  # nor does it count in the mean


@pytest.mark.parametrize("tables", [[], [table(np.zeros((0, 1, 3)))]])
def test_without_a_document_there_is_nothing_to_draw(tables):
    with pytest.raises(ScoreError, match="no document to draw"):
        bootstrap(tables)


# Two systems


def test_a_system_does_not_differ_from_itself():
    counted = drawn_table(20, 2)
    (found,) = compare_paired([counted], [counted])
    for difference in (found.micro, found.macro, *found.types.values()):
        assert (difference.difference, difference.p) == (0.0, 1.0)
        assert (difference.interval.low, difference.interval.high) == (0.0, 0.0)


def test_a_system_that_is_better_everywhere_is_so_for_sure():
    worse, better = table([[[10, 10, 6]]] * 40), table([[[10, 10, 8]], [[10, 10, 7]]] * 20)
    (found,) = compare_paired([worse], [better], resamples=1000)
    assert found.micro.difference == pytest.approx(0.15)
    assert found.micro.interval.low > 0.1
    assert found.micro.p == pytest.approx(1 / 1001)  # never 0
    (turned,) = compare_paired([better], [worse], resamples=1000)
    assert turned.micro.difference == -found.micro.difference
    assert turned.micro.p == found.micro.p


def test_two_documents_worked_by_hand():
    """Better by 0.2 in one document, equal in the other: as drawn 0, 0.1 or 0.2.

    The observed difference is 0.1; drawn ones lie as far from it half of the time.
    """
    first, second = table([[[10, 10, 5]], [[10, 10, 5]]]), table([[[10, 10, 7]], [[10, 10, 5]]])
    (found,) = compare_paired([first], [second], resamples=20_000)
    assert found.micro.p == pytest.approx(0.5, abs=0.02)
    assert (found.micro.interval.low, found.micro.interval.high) == pytest.approx((0.0, 0.2))


def test_equal_systems_differ_significantly_about_as_often_as_p_says():
    random = np.random.default_rng(2)
    found = 0
    for trial in range(200):
        systems = [
            table(np.stack([[20] * 60, [20] * 60, random.binomial(20, 0.7, 60)], axis=1)[:, None])
            for _ in range(2)
        ]
        (difference,) = compare_paired(systems[:1], systems[1:], seed=trial, resamples=300)
        found += difference.micro.p < 0.1
    assert 8 <= found <= 34  # of 200, 20 are expected


def test_systems_of_other_documents_or_metrics_are_not_compared():
    counted = drawn_table(5, 1)
    for other in (drawn_table(4, 1), counted._replace(metric="n")):
        with pytest.raises(ScoreError, match="same metrics on the same documents"):
            compare_paired([counted], [other])
