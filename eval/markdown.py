"""The report as Markdown: the tables, and a few of the errors.

Enters: an ``Analysis``, and where it comes from. Leaves: Markdown. Figures are on the page only.
"""

from __future__ import annotations

from collections.abc import Iterator

from khabar.eval.analysis import Analysis
from khabar.eval.errors import Example
from khabar.eval.sections import Provenance, Section, report_sections

_EXAMPLES = 3
"""Of each kind of error."""


def report_markdown(analysis: Analysis, provenance: Provenance) -> str:
    """Return the report's tables and a few examples as Markdown."""
    evaluation = analysis.evaluation
    lines = [
        f"# {provenance.system} on {provenance.data}",
        "",
        f"{evaluation.documents} documents, schema {evaluation.schema}, "
        f"extents compared in {evaluation.tokens}.",
    ]
    for section in report_sections(analysis):
        lines += ["", f"## {section.title}", "", *_paragraphs(section.text)]
        for grid in section.grids:
            lines += ["", f"**{grid.caption}**", "", *table_lines(grid.columns, grid.rows)]
        lines += _examples(section)
    return "\n".join(lines) + "\n"


def _paragraphs(text: tuple[str, ...]) -> list[str]:
    return "\n\n".join(text).split("\n")


def table_lines(columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield _line(columns)
    yield _line(("---", *("---:" for _ in columns[1:])))
    yield from map(_line, rows)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _examples(section: Section) -> Iterator[str]:
    for kind, examples in section.examples.items():
        rows = tuple(map(example_row, examples[:_EXAMPLES]))
        yield from ("", f"**{kind}**", "")
        yield from table_lines(("marked", "gold", "predicted", "document", "text"), rows)


def example_row(example: Example) -> tuple[str, ...]:
    """Return what was marked, gold's and the predicted type, the document and the text."""
    marked = "; ".join(f"{m.role}: {example.text[m.start : m.end]}" for m in example.marked)
    gold, predicted = example.gold or "", example.predicted or ""
    return marked, gold, predicted, example.document, example.text
