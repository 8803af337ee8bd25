"""The report as a page: one HTML file that needs no network and no script.

Enters: an ``Analysis``, where it comes from, and its figures. Leaves: HTML. English runs from left
to right, articles from right to left; everything is escaped. A word is never cut into several
elements, as Arabic letters must keep their joined shapes: marks begin and end with whole tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from khabar.eval.analysis import Analysis
from khabar.eval.errors import Example
from khabar.eval.page_style import STYLE
from khabar.eval.sections import Grid, Provenance, Section, headline, report_sections

_WIDE_EXAMPLES = 4
"""Examples of a kind that are shown at once; the others unfold."""


def report_page(analysis: Analysis, provenance: Provenance, figures: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        analysis: what to tell.
        provenance: what was scored, on what.
        figures: from ``draw_figures``.
    """
    sections = report_sections(analysis)
    title = f"{provenance.system} on {provenance.data}"
    return "\n".join(
        (
            '<!doctype html><html lang="en" dir="ltr"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
            *_head(analysis, provenance),
            f"<nav>{''.join(map(_link, sections))}</nav><main>",
            *(part for section in sections for part in _section(section, figures)),
            "</main></body></html>\n",
        )
    )


def _head(analysis: Analysis, provenance: Provenance) -> Iterator[str]:
    evaluation = analysis.evaluation
    facts = {
        "system": provenance.system,
        "data": f"{provenance.data}, {evaluation.documents} documents",
        "schema": evaluation.schema,
        "extents in": "words" if evaluation.tokens == "words" else "the corpus's own tokens",
        "training data": provenance.train,
    }
    yield "<header><h1>Evaluation</h1><dl>"
    for name, fact in facts.items():
        if fact:
            yield f"<div><dt>{name}</dt><dd><bdi>{escape(fact)}</bdi></dd></div>"
    yield '</dl><div class="cards">'
    for metric, f1, interval in headline(analysis):
        yield (
            f'<div class="card"><b>{f1}</b><span>F1, {escape(metric)}</span>'
            f"<small>95 %: {interval}</small></div>"
        )
    yield "</div></header>"


def _link(section: Section) -> str:
    return f'<a href="#{_anchor(section)}">{escape(section.title)}</a>'


def _anchor(section: Section) -> str:
    return section.title.lower().replace(" ", "-")


def _section(section: Section, figures: Mapping[str, str]) -> Iterator[str]:
    yield f'<section id="{_anchor(section)}"><h2>{escape(section.title)}</h2>'
    yield from (f"<p>{escape(text)}</p>" for text in section.text)
    if section.figures:
        drawn = (f"<figure>{figures[name]}</figure>" for name in section.figures)
        yield f'<div class="figures">{"".join(drawn)}</div>'
    yield from map(_table, section.grids)
    if section.examples:
        yield _legend(section)
    for kind, examples in section.examples.items():
        yield f"<h3>{escape(kind)}</h3>"
        yield "".join(map(_example, examples[:_WIDE_EXAMPLES]))
        if rest := examples[_WIDE_EXAMPLES:]:
            more = "".join(map(_example, rest))
            yield f"<details><summary>{len(rest)} more</summary>{more}</details>"
    yield "</section>"


def _legend(section: Section) -> str:
    found = {m.role for of_kind in section.examples.values() for e in of_kind for m in e.marked}
    roles = [role for role in ("gold", "predicted", "head", "tail") if role in found]
    marks = [f'<mark class="{role}">{role}</mark>' for role in roles]
    if {"gold", "predicted"} <= found:
        marks.append('<mark class="gold predicted">both</mark>')
    return f'<p class="legend">{" ".join(marks)}</p>'


def _table(grid: Grid) -> str:
    # Columns of numbers end under their heads, those of words begin there.
    columns = zip(*grid.rows, strict=True)
    classes = ["n" if all(cell[:1].isdigit() or not cell for cell in c) else "w" for c in columns]
    rows = "".join(f"<tr>{_cells('td', row, classes)}</tr>" for row in grid.rows)
    heads = _cells("th", grid.columns, classes or ["w"] * len(grid.columns))
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    if grid.folded:
        return f"<details><summary>{escape(grid.caption)}</summary>{_scrolled(table)}</details>"
    return f"<h3>{escape(grid.caption)}</h3>{_scrolled(table)}"


def _cells(element: str, cells: Sequence[str], classes: Sequence[str]) -> str:
    return "".join(
        f'<{element} class="{name}"><bdi>{escape(cell)}</bdi></{element}>'
        for cell, name in zip(cells, classes, strict=True)
    )


def _scrolled(table: str) -> str:
    return f'<div class="scrolled">{table}</div>'


def _example(example: Example) -> str:
    told = [
        f"gold {example.gold}" if example.gold else "",
        f"predicted {example.predicted}" if example.predicted else "",
        "" if example.score is None else f"score {example.score:.2f}",
        example.document,
    ]
    facts = "".join(f"<span><bdi>{escape(fact)}</bdi></span>" for fact in told if fact)
    return (
        f'<article><div class="facts">{facts}</div>'
        f'<p dir="rtl" lang="ar">{mark_example(example)}</p></article>'
    )


def mark_example(example: Example) -> str:
    """Return an example's text as HTML, every mention in it marked by its role."""
    cuts = {0, len(example.text)}
    for mark in example.marked:
        cuts |= {mark.start, mark.end}
    ordered = sorted(cuts)
    parts = []
    for start, end in zip(ordered, ordered[1:], strict=False):
        text = escape(example.text[start:end])
        roles = [m.role for m in example.marked if m.start <= start and end <= m.end]
        parts.append(f'<mark class="{" ".join(roles)}">{text}</mark>' if roles else text)
    return "".join(parts)
