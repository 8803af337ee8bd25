from __future__ import annotations

from pathlib import Path

import pytest

from khabar.data.errors import FormatError
from khabar.eval.learning import find_log, read_learning_curves

LINES = (
    '{"step":0,"note":"what was mended"}\n'
    '{"step":1,"tag_loss":2.5,"relation_loss":3,"rate":0.1}\n'
    '{"step":2,"tag_loss":2.0,"relation_loss":1.0,"rate":0.1}\n'
    '{"step":2,"dev_score":0.5,"dev_entities_strict_f1":0.625}\n'
)


def test_losses_and_dev_figures_are_read_and_the_rest_is_left(tmp_path: Path):
    (tmp_path / "log.jsonl").write_text(LINES, encoding="utf-8")
    curves = read_learning_curves(tmp_path / "log.jsonl")
    assert curves.losses == {
        "tag_loss": [(1, 2.5), (2, 2.0)],
        "relation_loss": [(1, 3.0), (2, 1.0)],
    }
    assert curves.dev == {"dev_score": [(2, 0.5)], "dev_entities_strict_f1": [(2, 0.625)]}


@pytest.mark.parametrize("line", ["{", '{"tag_loss":1}', "[1]", '{"step":"x"}'])
def test_what_is_no_log_is_an_error_with_its_line(tmp_path: Path, line: str):
    log = tmp_path / "log.jsonl"
    log.write_text(LINES + line + "\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"log\.jsonl:5: no line of a training log"):
        read_learning_curves(log)


def test_the_log_of_a_run_lies_beside_its_best_model(tmp_path: Path):
    best = tmp_path / "run" / "best"
    best.mkdir(parents=True)
    assert find_log(best) is None
    (tmp_path / "run" / "log.jsonl").write_text(LINES, encoding="utf-8")
    assert find_log(best) == tmp_path / "run" / "log.jsonl"
