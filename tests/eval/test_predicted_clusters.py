"""Scores of predicted mentions, worked by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from khabar.data.embedded import load_corpus
from khabar.data.errors import FormatError
from khabar.data.records import Document
from khabar.eval.clusters import Clusters, b_cubed, ceaf_e, muc, without_singletons
from khabar.eval.predicted_clusters import main, match_clusters, score_model
from tests.marked import marked

GOLD = marked(
    "⟨a:PERS|سامي حداد⟩ زار ⟨b:GPE|دبي⟩ ثم عاد ⟨c:PERS|حداد⟩ من ⟨d:GPE|دبي⟩ إذ قال ⟨e:PERS|حداد⟩"
)
CLUSTERS: Clusters = [frozenset("ace"), frozenset("bd")]
PREDICTED = marked(
    "⟨1:PERS cluster=x|سامي حداد⟩ زار ⟨2:LOC cluster=y|دبي⟩ ⟨3:ORG cluster=z|ثم⟩ عاد "
    "⟨4:PERS cluster=x|حداد⟩ من ⟨5:ORG cluster=z|دبي⟩ إذ قال حداد"
)


def test_a_mention_with_a_twin_has_its_name_whatever_its_type() -> None:
    gold, predicted = match_clusters(GOLD, CLUSTERS, PREDICTED)
    assert gold == [{"gold a", "gold c", "gold e"}, {"gold b", "gold d"}]
    assert predicted == [{"gold a", "gold c"}, {"gold b"}, {"predicted 3", "gold d"}]


def test_mentions_without_twins_count_on_their_side_alone() -> None:
    gold, predicted = match_clusters(GOLD, CLUSTERS, PREDICTED)
    # Of the gold links ac is right, ce and bd are missed; of the predicted ones 3d is spurious.
    assert (muc(gold, predicted).recall.right, muc(gold, predicted).recall.total) == (1, 3)
    assert (muc(gold, predicted).precision.right, muc(gold, predicted).precision.total) == (1, 2)
    # a, c share 2/3 of their gold cluster, e nothing, b, d half; of the predicted ones a, c, b
    # share the whole, d half, 3 nothing.
    assert b_cubed(gold, predicted).recall.value == pytest.approx((2 * 2 / 3 + 2 * 1 / 2) / 5)
    assert b_cubed(gold, predicted).precision.value == pytest.approx((2 + 1 + 1 / 2) / 5)
    # ace with ac: 2·2/(3+2); bd with b: 2·1/(2+1) beats bd with 3d: 2·1/(2+2).
    best = 4 / 5 + 2 / 3
    assert ceaf_e(gold, predicted).recall.value == pytest.approx(best / 2)
    assert ceaf_e(gold, predicted).precision.value == pytest.approx(best / 3)


def test_without_clusters_of_one_a_mention_left_alone_is_missed() -> None:
    gold, predicted = (
        without_singletons(side) for side in match_clusters(GOLD, CLUSTERS, PREDICTED)
    )
    assert b_cubed(gold, predicted).recall.value == pytest.approx((2 * 2 / 3 + 1 / 2) / 5)
    assert ceaf_e(gold, predicted).precision.value == pytest.approx((4 / 5 + 1 / 2) / 2)


def test_of_several_mentions_of_one_extent_those_of_one_type_are_twins() -> None:
    gold = marked("⟨a:ORG|⟨b:FAC|المستشفى⟩⟩")
    predicted = marked("⟨1:FAC cluster=x|⟨2:GPE cluster=y|⟨3:LOC cluster=z|المستشفى⟩⟩⟩")
    _, clusters = match_clusters(gold, [frozenset("a"), frozenset("b")], predicted)
    assert clusters == [{"gold b"}, {"gold a"}, {"predicted 3"}]


def test_values_are_nobodys_twins_and_extents_are_compared_in_words() -> None:
    gold = marked("⟨a:DATE|أمس⟩ في ⟨b:GPE|دبي⟩،")
    predicted = marked("⟨1:ORG cluster=x|أمس⟩ في ⟨2:GPE cluster=y|دب⟩ي،")
    assert match_clusters(gold, [frozenset("b")], predicted)[1] == [{"predicted 1"}, {"gold b"}]


class Oracle:
    """Predicts the gold entities of the embedded corpus, the mentions of a type as one thing."""

    def batch(self, texts: Iterable[str]) -> Iterator[Document]:
        corpus = load_corpus()
        by_text = {d.text: d for part in (corpus.train, corpus.dev, corpus.test) for d in part}
        for text in texts:
            entities = by_text[text].entities
            grouped = tuple(msgspec.structs.replace(e, cluster=e.type) for e in entities)
            yield msgspec.structs.replace(by_text[text], entities=grouped)


def test_a_model_is_scored_on_all_articles_and_on_those_of_each_part() -> None:
    corpus = load_corpus()
    train, test = corpus.train[0], corpus.test[0]
    table = score_model(Oracle(), {train.id: [], test.id: []}).splitlines()
    assert [line for line in table if "articles" in line] == [
        "all parts: 2 articles",
        "train part: 1 articles",
        "test part: 1 articles",
    ]
    assert any(
        line.startswith("clusters of two and more: CoNLL F1 0.0 (0 mentions)") for line in table
    )


def test_an_article_that_the_corpus_lacks_is_told() -> None:
    with pytest.raises(FormatError, match="the embedded corpus has no article 'x'"):
        score_model(Oracle(), {"x": []})


def test_the_command_scores_a_model(
    tiny_khabar: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    article = load_corpus().dev[0]
    (tmp_path / "gold.jsonl").write_text(f'{{"id": "{article.id}", "clusters": []}}\n')
    main([str(tmp_path / "gold.jsonl"), "--model", str(tiny_khabar), "--device", "cpu"])
    assert "dev part: 1 articles" in capsys.readouterr().out
