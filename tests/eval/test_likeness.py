"""Two corpora at one corpus's type frequencies, by hand, and the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from khabar.data.jsonl import write_jsonl
from khabar.eval.counts import Counts
from khabar.eval.likeness import main, weighted_f1
from khabar.eval.report import Score
from tests.newsroom import article, sentence


def score(**types: tuple[int, int, int]) -> Score:
    counts = {type: Counts(*numbers) for type, numbers in types.items()}
    return Score.typed("strict", counts, tuple(types))


NEWS = score(ORG=(90, 80, 72), LAW=(10, 8, 4))
"""Gold, predicted, correct."""


def test_a_corpus_is_as_hard_as_its_types_at_the_other_s_frequencies():
    # Half of the corpus is laws, of which little is found; of the news a tenth.
    corpus = score(ORG=(50, 50, 40), LAW=(50, 25, 5))
    assert corpus.micro.f1 == pytest.approx(2 * 45 / 175)
    # ORG counts 90 / 50, LAW 10 / 50.
    correct, gold, predicted = 1.8 * 40 + 0.2 * 5, 100, 1.8 * 50 + 0.2 * 25
    found = weighted_f1(corpus.types, NEWS.types)
    assert found == pytest.approx(2 * correct / (gold + predicted))


def test_at_its_own_frequencies_a_corpus_scores_what_it_scores():
    assert weighted_f1(NEWS.types, NEWS.types) == pytest.approx(NEWS.micro.f1)


def test_types_of_one_corpus_alone_are_left_out():
    corpus = score(ORG=(50, 50, 40), TIME=(50, 50, 0), LAW=(0, 9, 0))
    assert weighted_f1(corpus.types, NEWS.types) == pytest.approx(0.8)
    assert weighted_f1(score(TIME=(5, 5, 5)).types, NEWS.types) == 0.0


def test_the_command_scores_a_model_on_two_files(
    tiny_khabar: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    for name, marked in (("news", "PERS[ سامي ] زار GPE[ تونس ]"), ("corpus", "GPE[ ليبيا ] قالت")):
        write_jsonl(tmp_path / f"{name}.jsonl", [article([sentence(marked)])])
    main([str(tiny_khabar), str(tmp_path / "news.jsonl"), str(tmp_path / "corpus.jsonl")])
    entities, relations = capsys.readouterr().out.splitlines()
    assert entities.startswith("entity strict, all layers: ")
    assert "at the first's type frequencies" in relations
