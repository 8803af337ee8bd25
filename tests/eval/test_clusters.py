"""Scores worked by hand: the example of Bagga and Baldwin (1998), and cases one can count."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar.data.embedded import load_corpus
from khabar.data.errors import FormatError
from khabar.eval.clusters import (
    Clusters,
    b_cubed,
    ceaf_e,
    conll_f1,
    muc,
    of_type,
    predicted_clusters,
    read_clusters,
    score_clusters,
    score_rules,
    with_unlisted,
    without_singletons,
)
from tests.marked import marked


def clusters(text: str) -> Clusters:
    return [frozenset(cluster) for cluster in text.split()]


GOLD = clusters("12345 67 89abc")
SMALL_JOINED = clusters("12345 6789abc")
LARGE_JOINED = clusters("67 1234589abc")


def test_muc_cannot_tell_the_two_errors_apart() -> None:
    for predicted in (SMALL_JOINED, LARGE_JOINED):
        score = muc(GOLD, predicted)
        assert (score.precision.right, score.precision.total) == (9, 10)
        assert (score.recall.right, score.recall.total) == (9, 9)


def test_b_cubed_gives_the_published_figures() -> None:
    # 5 mentions at 1, 2 at 2/7, 5 at 5/7; then 2 at 1, 10 at 5/10.
    assert b_cubed(GOLD, SMALL_JOINED).precision.value == pytest.approx(16 / 21)  # 76 %
    assert b_cubed(GOLD, LARGE_JOINED).precision.value == pytest.approx(7 / 12)  # 58 %
    assert b_cubed(GOLD, SMALL_JOINED).recall.value == 1


def test_ceaf_pairs_each_cluster_once() -> None:
    score = ceaf_e(GOLD, SMALL_JOINED)
    best = 1 + 2 * 5 / (5 + 7)  # 67 stays alone: 2·2/(2+7) would be less
    assert score.recall.value == pytest.approx(best / 3)
    assert score.precision.value == pytest.approx(best / 2)


def test_ceaf_finds_the_best_pairing_in_all_not_the_best_pair_first() -> None:
    gold, predicted = clusters("abc de"), clusters("abde c")
    # abc with abde is 4/7, and nothing is left for de; abc with c and de with abde is more.
    assert ceaf_e(gold, predicted).recall.right == pytest.approx(2 / 4 + 4 / 6)


def test_mentions_of_one_side_alone_count_there() -> None:
    gold, predicted = clusters("abc"), clusters("abx")
    assert (muc(gold, predicted).recall.right, muc(gold, predicted).recall.total) == (1, 2)
    assert b_cubed(gold, predicted).recall.value == pytest.approx((2 / 3 * 2) / 3)
    assert b_cubed(gold, predicted).precision.value == pytest.approx((2 / 3 * 2) / 3)
    assert ceaf_e(gold, predicted).f1 == pytest.approx(4 / 6)


def test_documents_are_summed_before_the_division() -> None:
    pairs = [(clusters("ab"), clusters("a b")), (clusters("cdef"), clusters("cdef"))]
    scores = score_clusters(pairs)
    assert scores["MUC"].recall.value == pytest.approx(3 / 4)
    assert scores["B-cubed"].recall.value == pytest.approx((1 / 2 * 2 + 4) / 6)
    mean = sum(score.f1 for score in scores.values()) / 3
    assert conll_f1(scores) == pytest.approx(mean)


def test_equal_clusters_score_one_and_none_score_nothing() -> None:
    assert conll_f1(score_clusters([(GOLD, GOLD[::-1])])) == pytest.approx(1)
    assert conll_f1(score_clusters([(GOLD, [])])) == 0
    assert conll_f1(score_clusters([([], [])])) == 0


def test_singletons_change_b_cubed_and_not_muc() -> None:
    gold, predicted = clusters("abc d"), clusters("ab c d")
    assert muc(gold, predicted) == muc(without_singletons(gold), without_singletons(predicted))
    assert b_cubed(gold, predicted).recall.value == pytest.approx((5 / 3 + 1) / 4)
    smaller = b_cubed(without_singletons(gold), without_singletons(predicted))
    assert smaller.recall.value == pytest.approx(4 / 9)


def test_names_that_no_list_has_are_clusters_of_one_and_values_are_none() -> None:
    document = marked("⟨1:GPE|سهل⟩ ⟨2:GPE|سهل⟩ ⟨3:ORG|نور⟩ ⟨4:DATE|أمس⟩")
    listed = [frozenset({"1", "2"})]
    assert with_unlisted(listed, document) == [*listed, frozenset({"3"})]
    assert of_type(with_unlisted(listed, document), "GPE", document) == listed


def test_clusters_of_a_document_are_read_from_its_entities() -> None:
    document = marked("⟨1:GPE cluster=x|سهل⟩ ⟨2:GPE cluster=x|سهل⟩ ⟨3:ORG|نور⟩")
    assert predicted_clusters(document) == [frozenset({"1", "2"})]


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_the_rules_are_scored_on_articles_of_the_corpus(tmp_path: Path) -> None:
    article = load_corpus().test[0]
    same_text = [entity.id for entity in article.entities if entity.type == "PERS"][:2]
    path = write(
        tmp_path / "gold.jsonl",
        f'{{"id": "{article.id}", "clusters": [{same_text}]}}'.replace("'", '"'),
    )
    table = score_rules(read_clusters(path))
    assert "clusters of two and more: CoNLL F1" in table
    assert "PERS, two and more" in table
    assert "DATE" not in table


def test_a_mention_in_two_clusters_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "gold.jsonl", '{"id": "a", "clusters": [["1", "2"], ["2", "3"]]}')
    with pytest.raises(FormatError, match=r"gold.jsonl:1: entity 2 stands in two clusters"):
        read_clusters(path)


def test_a_line_that_is_no_reference_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "gold.jsonl", '{"id": "a", "clusters": [1]}')
    with pytest.raises(FormatError, match=r"gold.jsonl:1: Expected `array`, got `int`"):
        read_clusters(path)


def test_an_article_that_the_corpus_lacks_is_told() -> None:
    with pytest.raises(FormatError, match="the embedded corpus has no article 'x'"):
        score_rules({"x": []})
