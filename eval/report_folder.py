"""The report's folder: the page, Markdown, JSON, every error and the predictions themselves.

Enters: an ``Analysis`` and the predictions that it is of. Leaves: files; each is written whole or
not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from khabar.data.files import write_chunks
from khabar.data.jsonl import write_jsonl
from khabar.data.records import Document
from khabar.eval.analysis import Analysis
from khabar.eval.figures import draw_figures
from khabar.eval.markdown import report_markdown
from khabar.eval.page import report_page
from khabar.eval.sections import Provenance


def write_report(
    folder: Path, analysis: Analysis, provenance: Provenance, predicted: Sequence[Document]
) -> None:
    """Write a report.

    Args:
        folder: gets ``report.html``, ``report.md``, ``report.json``, ``errors.jsonl`` with every
            error in its context, and ``predictions.jsonl``, which can be scored and compared again.
        analysis: what to tell.
        provenance: what was scored, on what.
        predicted: what the system predicted.

    Raises:
        ConfigError: matplotlib is not installed.
    """
    page = report_page(analysis, provenance, draw_figures(analysis))
    folder.mkdir(parents=True, exist_ok=True)
    write_chunks(folder / "report.html", [page.encode()])
    write_chunks(folder / "report.md", [report_markdown(analysis, provenance).encode()])
    write_chunks(folder / "report.json", [analysis.to_json().encode()])
    errors = (msgspec.json.encode(example) + b"\n" for example in analysis.examples())
    write_chunks(folder / "errors.jsonl", errors)
    write_jsonl(folder / "predictions.jsonl", predicted)
