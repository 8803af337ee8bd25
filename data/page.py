"""The page: documents as one HTML file for the eye, complete in itself.

Enters: documents. Leaves: HTML that reads from right to left, shows the text with its entities and
the relations between them, and asks no network for anything (its own content policy forbids it).
Text and tables stand in the HTML itself; the script adds arcs, filters and the graph, and finds all
that it needs in the elements' attributes: nothing of a document ever stands in a script or a style.

All text is escaped. Control characters become U+FFFD. Where a name stands beside others, its
direction controls are left out, as they could turn its neighbours round; in the text they stay.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from html import escape
from string import Template

import msgspec

from khabar.data.facts import document_things
from khabar.data.page_names import read_asset, relation_label, type_style
from khabar.data.records import Document, Entity, Relation
from khabar.data.runs import Layer, Run, document_lines

# All controls but tab; lone surrogates could not be written, noncharacters are no HTML.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_TITLE_CHARACTERS = 90
_HEADLINE_CHARACTERS = 160
_DEEPEST_LEVEL = 6
"""page.css draws that many underlines; entities nested deeper share the lowest."""
_SCRIPTS = ("page.js", "arcs.js", "graph.js", "start.js")
_FRAME_PIXELS = 720


def build_page(documents: Sequence[Document]) -> str:
    """Return a complete HTML page; of several documents, with a list to choose from."""
    types = _Types(documents)
    script = "\n".join(map(read_asset, _SCRIPTS))
    first = page_title(documents[0]) if documents else "لا مقالات"
    return Template(read_asset("page.html")).substitute(
        title=_name(first),
        script_digest=_digest(script),
        style=read_asset("page.css") + types.css(),
        body_class="several" if len(documents) > 1 else "single",
        articles_list=_articles_list(documents) if len(documents) > 1 else "",
        filters=_filters(types, scored=any(map(_has_scores, documents))),
        documents="\n".join(
            _document(document, number, types) for number, document in enumerate(documents, 1)
        ),
        script=script,
    )


def notebook_frame(document: Document) -> str:
    """Return an element that shows a document's page inside a notebook.

    A frame of its own keeps the page's style and script apart from the notebook's.
    """
    page = escape(build_page([document]), quote=True)
    style = f"width:100%;height:{_FRAME_PIXELS}px;border:1px solid #8886;border-radius:8px"
    return f'<iframe sandbox="allow-scripts" style="{style}" srcdoc="{page}"></iframe>'


def page_title(document: Document) -> str:
    """Return a document's first line with a letter in it, shortened; without one, its id."""
    for line in document.text.splitlines():
        if any(map(str.isalnum, line)):
            words = " ".join(line.split())
            short = words[:_TITLE_CHARACTERS].rsplit(" ", 1)[0]
            return words if len(words) <= _TITLE_CHARACTERS else f"{short}…"
    return document.id


class _Types:
    """The entity types on the page by their number, which stands for them in classes."""

    def __init__(self, documents: Sequence[Document]) -> None:
        counts = Counter(entity.type for d in documents for entity in d.entities)
        self.names = [type for type, _ in counts.most_common()]
        self._numbers = {type: number for number, type in enumerate(self.names)}

    def number(self, type: str) -> int:
        return self._numbers[type]

    def css(self) -> str:
        """Return each type's colour, underline and tint; nothing of a document stands in it."""
        rules = ["", ":root {"]
        for number, type in enumerate(self.names):
            style = type_style(type)
            colour = f"var(--colour-{number})"
            rules += [
                f"--colour-{number}: light-dark({style.light}, {style.dark});",
                f"--band-{number}: {_PATTERNS[style.family].format(colour=colour)};",
                f"--tint-{number}: {_TINT.format(colour=colour)};",
            ]
        return "\n".join([*rules, "}"])


_PATTERNS = {
    "people": "linear-gradient({colour} 0 0)",
    "organizations": "repeating-linear-gradient(to left, {colour} 0 14px, transparent 14px 16px)",
    "places": "repeating-linear-gradient(to left, {colour} 0 7px, transparent 7px 9px)",
    "things": "repeating-linear-gradient(to left, {colour} 0 9px, transparent 9px 11px, "
    "{colour} 11px 13px, transparent 13px 15px)",
    "times": "repeating-linear-gradient(to left, {colour} 0 4px, transparent 4px 6px)",
    "numbers": "repeating-linear-gradient(to left, {colour} 0 2px, transparent 2px 4px)",
}
_TINT = "linear-gradient(color-mix(in srgb, {colour} 13%, transparent) 0 0)"


# The list of articles, the filters


def _articles_list(documents: Sequence[Document]) -> str:
    rows = "\n".join(
        f'<li><a href="#article={number}" data-article="{number}">'
        f"<bdi>{_name(page_title(document))}</bdi>"
        f"<small><bdi>{_name(document.id)}</bdi> · {_counted(document)}</small></a></li>"
        for number, document in enumerate(documents, 1)
    )
    return (
        f'<nav class="articles"><details open><summary>المقالات <b>{len(documents)}</b></summary>'
        f'<input type="search" class="find script-only" placeholder="ابحث في العناوين" '
        f'aria-label="ابحث في العناوين"><ol>{rows}</ol></details></nav>'
    )


def _counted(document: Document) -> str:
    return f"{len(document.entities)} كيانا، {len(document.relations)} علاقة"


def _filters(types: _Types, *, scored: bool) -> str:
    chips = "".join(
        f'<label class="chip"><input type="checkbox" checked data-type="{_attribute(type)}" '
        f'data-number="{number}">{_swatch(number)}{_type_name(type)} <b></b></label>'
        for number, type in enumerate(types.names)
    )
    score = (
        '<label class="score">الثقة من <input type="range" min="0" max="1" step="0.05" value="0">'
        "<output>0%</output></label>"
    )
    return (
        '<details class="filters" open><summary>الأنواع والثقة</summary>'
        f'<div class="chips">{chips}</div><div class="tools">'
        '<button type="button" data-choose="all">كل الأنواع</button>'
        '<button type="button" data-choose="none">لا شيء</button>'
        '<label class="switch"><input type="checkbox" class="arcs-on" checked>أقواس العلاقات'
        f"</label>{score if scored else ''}</div></details>"
    )


def _type_name(type: str) -> str:
    label = type_style(type).label
    code = "" if label == type else f' <code dir="ltr">{_name(type)}</code>'
    return f"<bdi>{_name(label)}</bdi>{code}"


def _swatch(number: int) -> str:
    return f'<i class="swatch" style="--band:var(--band-{number});--tint:var(--tint-{number})"></i>'


# A document


def _document(document: Document, number: int, types: _Types) -> str:
    groups = _grouped(document)
    lines = document_lines(document)
    deepest = max(
        (layer.level for line in lines for run in line for layer in run.layers), default=0
    )
    return "\n".join(
        [
            f'<article class="document" id="article-{number}" data-article="{number}"'
            f"{'' if number == 1 else ' hidden'}>",
            f'<section class="text" style="--levels:{min(deepest, _DEEPEST_LEVEL)}">',
            '<svg class="arcs" aria-hidden="true"></svg>',
            *(
                _line(line, types, document.entities, headline=_is_headline(lines, at))
                for at, line in enumerate(lines)
            ),
            _origin(document),
            "</section>",
            _relations(document),
            _graph(),
            _entity_table(document, groups, types),
            "</article>",
        ]
    )


def _origin(document: Document) -> str:
    facts = [f"<span><bdi>{_name(document.id)}</bdi></span>"]
    facts += [
        f"<span>{_name(key)}: <bdi>{_name(value)}</bdi></span>"
        for key, value in document.meta.items()
    ]
    return f'<footer class="origin" dir="auto">{"".join(facts)}</footer>'


def _is_headline(lines: list[list[Run]], at: int) -> bool:
    """Whether a line is the document's first, short, and set apart from a text that follows."""
    spoken = [index for index, line in enumerate(lines) if any(run.text.strip() for run in line)]
    if len(spoken) < 2 or at != spoken[0] or spoken[1] == at + 1:
        return False
    return sum(len(run.text) for run in lines[at]) <= _HEADLINE_CHARACTERS


def _line(line: list[Run], types: _Types, entities: Sequence[Entity], *, headline: bool) -> str:
    text = "".join(run.text for run in line)
    tag = "h1" if headline else "p"
    direction = "" if not text.strip() or _has_right_to_left(text) else ' dir="ltr"'
    inside = "".join(_run(run, types, entities) for run in line)
    return f"<{tag}{direction}>{inside}</{tag}>"


def _has_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in text)


def _run(run: Run, types: _Types, entities: Sequence[Entity]) -> str:
    text = escape(_UNPRINTABLE.sub("\ufffd", run.text))
    if not run.layers:
        return text
    bands = [
        f"--band-at-{_level(layer)}:var(--band-{types.number(entities[layer.entity].type)})"
        for layer in run.layers
    ]
    outermost = types.number(entities[run.layers[-1].entity].type)
    layers = " ".join(f"{layer.entity}:{_level(layer)}" for layer in run.layers)
    kind = "run space" if run.text.isspace() else "run"
    style = ";".join([*bands, f"--tint:var(--tint-{outermost})"])
    return f'<span class="{kind}" data-layers="{layers}" style="{style}">{text}</span>'


def _level(layer: Layer) -> int:
    return min(layer.level, _DEEPEST_LEVEL)


# Relations


def _relations(document: Document) -> str:
    places = {entity.id: place for place, entity in enumerate(document.entities)}
    ordered = sorted(
        document.relations, key=lambda relation: document.entities[places[relation.head]].start
    )
    rows = "\n".join(_relation(relation, places, document.entities) for relation in ordered)
    types = Counter(relation.type for relation in ordered)
    return (
        f'<section class="relations"{"" if ordered else " hidden"}>'
        f"<h2>العلاقات <b>{len(ordered)}</b></h2>{_relation_choice(types)}<ol>{rows}</ol></section>"
    )


def _relation_choice(types: Counter[str]) -> str:
    options = "".join(
        f'<option value="{_attribute(type)}">{_name(relation_label(type))} ({count})</option>'
        for type, count in types.most_common()
    )
    return (
        '<select class="script-only" aria-label="نوع العلاقة">'
        f'<option value="">كل أنواع العلاقات</option>{options}</select>'
    )


def _relation(relation: Relation, places: dict[str, int], entities: Sequence[Entity]) -> str:
    head, tail = places[relation.head], places[relation.tail]
    return (
        f'<li tabindex="0" data-relation data-head="{head}" data-tail="{tail}" '
        f'data-type="{_attribute(relation.type)}" data-score="{_score(relation.score)}">'
        f'<bdi class="end">{_name(entities[head].text)}</bdi> '
        f'<span class="link" title="{_attribute(relation.type)}"><bdi class="label">'
        f"{_name(relation_label(relation.type))}</bdi></span> "
        f'<bdi class="end">{_name(entities[tail].text)}</bdi>{_percent(relation.score)}</li>'
    )


# Entities and the graph


def _graph() -> str:
    return (
        '<section class="graph script-only" hidden><h2>شبكة الأشخاص والأماكن والمنظمات</h2>'
        '<div class="canvas"></div><p class="alone"></p></section>'
    )


class _Group(msgspec.Struct, frozen=True):
    """Mentions of one thing: of one cluster, or with the same type and words."""

    type: str
    name: str
    members: list[int]
    """Places in ``document.entities``."""


def _grouped(document: Document) -> list[_Group]:
    entities = document.entities
    members: dict[tuple[str | None, str], list[int]] = {}
    for place, entity in enumerate(entities):
        key = (None, entity.cluster) if entity.cluster is not None else (entity.type, entity.text)
        members.setdefault(key, []).append(place)
    clustered = any(entity.cluster is not None for entity in entities)
    things = document_things(document) if clustered else ()
    names = {thing.cluster: thing.name for thing in things}
    return [
        _Group(entities[places[0]].type, names[value] if type is None else value, places)
        for (type, value), places in members.items()
    ]


def _entity_table(document: Document, groups: Sequence[_Group], types: _Types) -> str:
    rows = "\n".join(
        _row(group, number, document.entities, types) for number, group in enumerate(groups)
    )
    heads = (("الكيان", "name"), ("النوع", "type"), ("المواضع", "count"), ("الثقة", "score"))
    cells = "".join(
        f'<th scope="col"><button type="button" data-sort="{key}">{label}</button></th>'
        for label, key in heads
    )
    return (
        f'<section class="entities"{"" if groups else " hidden"}>'
        f"<h2>الكيانات <b>{len(document.entities)}</b></h2>"
        f"<table><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _row(group: _Group, number: int, entities: Sequence[Entity], types: _Types) -> str:
    mentions = "".join(
        f'<button type="button" class="mention" data-entity="{place}" '
        f'data-number="{types.number(entities[place].type)}" '
        f'data-score="{_score(entities[place].score)}" '
        f'title="{_attribute(entities[place].text)}">{count}</button>'
        for count, place in enumerate(group.members, 1)
    )
    scores = [entities[place].score for place in group.members]
    best = max((score for score in scores if score is not None), default=None)
    return (
        f'<tr data-group="{number}" data-family="{type_style(group.type).family}">'
        f'<th scope="row"><bdi>{_name(group.name)}</bdi></th>'
        f"<td>{_swatch(types.number(group.type))}{_type_name(group.type)}</td>"
        f'<td class="mentions">{mentions}</td><td>{_percent(best)}</td></tr>'
    )


def _has_scores(document: Document) -> bool:
    scores = [*(e.score for e in document.entities), *(r.score for r in document.relations)]
    return any(score is not None for score in scores)


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:.4f}"


def _percent(score: float | None) -> str:
    return "" if score is None else f'<span class="percent" dir="ltr">{score:.0%}</span>'


# Escaping


def _name(text: str) -> str:
    """Return text for a place among others: escaped, in one line, without direction controls."""
    return escape(_UNPRINTABLE.sub("\ufffd", " ".join(_DIRECTIONS.sub("", text).split())))


def _attribute(text: str) -> str:
    """Return text for an attribute's value in double quotes, as the script shall read it."""
    return escape(_UNPRINTABLE.sub("\ufffd", text), quote=True)


def _digest(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
