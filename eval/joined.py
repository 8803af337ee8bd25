"""Long articles: do documents joined into one score as they do apart?

``python -m khabar.eval.joined MODEL DATA`` joins the documents of a file in threes, so that most no
longer fit one window, and prints the scores of both. Enters: a model, gold documents. Leaves: two
evaluations.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from khabar.data.formats import read_documents
from khabar.data.joining import join_in_groups
from khabar.data.records import Document
from khabar.eval.evaluate import evaluate_model
from khabar.eval.report import Evaluation
from khabar.model.extractor import Extractor


def evaluate_joined(
    extractor: Extractor, gold: Sequence[Document], at_once: int = 3
) -> tuple[Evaluation, Evaluation]:
    """Return the scores of documents apart, and of the same joined ``at_once`` to one."""
    schema = extractor.model.schema
    joined = join_in_groups(gold, at_once)
    return evaluate_model(extractor, gold, schema), evaluate_model(extractor, joined, schema)


if __name__ == "__main__":
    apart, joined = evaluate_joined(
        Extractor.load(sys.argv[1]), list(read_documents(Path(sys.argv[2])))
    )
    Console().print("apart", apart.to_table(), "joined in threes", joined.to_table())
