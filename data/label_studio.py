"""Label Studio's JSON: tasks with their text, regions with labels, and relations between regions.

Enters and leaves: files that are one array of tasks, as "JSON" is exported and imported (not
"JSON-MIN", which has no relations). A region of type ``labels`` is an entity, its id the entity's;
each further label of a region is one entity more. A result of type ``relation`` goes from
``from_id`` to ``to_id`` if its ``direction`` is ``right``, the other way if it is ``left``, both
ways if it is ``bi``.

- The text is ``data.text``, or the only text in ``data``; ``data.id`` goes before the task's own
  number. What else ``data`` holds is ``meta``, and ``meta`` is written there.
- Offsets count code points, or in old exports UTF-16 code units: what a region says is its text
  decides. The end is exclusive.
- Of several annotations the one that is ground truth counts; cancelled ones do not. A task without
  annotation has its only prediction, or nothing. A document with scores is written as a prediction.
- Results of other kinds, such as choices, are kept in ``meta.label_studio`` and written back.
  Clusters and the scores of relations have no place; relations become ``r1, r2, …``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from khabar.data.errors import FormatError
from khabar.data.extras import fields_to_meta, meta_to_fields
from khabar.data.json_objects import parse_objects, write_array
from khabar.data.jsonl import Fields, encode_fields
from khabar.data.left_out import missing
from khabar.data.offsets import Claim, settle
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected

_OTHERS = "label_studio"
_OWN = ("id", "text", "entities", "relations")


class _Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    start: int
    end: int
    text: str | None = None
    labels: list[str] = []


class _Region(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type", tag="labels"
):
    id: str
    from_name: str = ""
    to_name: str = ""
    value: _Value
    score: float | None = None


class _Link(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="relation"):
    from_id: str
    to_id: str
    direction: Literal["right", "left", "bi"] = "right"
    labels: list[str] = []


class _Annotation(msgspec.Struct, frozen=True, kw_only=True):
    result: list[Fields]
    was_cancelled: bool = False
    ground_truth: bool = False
    model_version: str | None = None


class _Task(msgspec.Struct, frozen=True, kw_only=True):
    data: Fields
    id: str | int | None = None
    annotations: list[_Annotation] = []
    predictions: list[_Annotation | int] = []
    """Numbers in some exports, which say nothing."""


class _Results(NamedTuple):
    regions: list[_Region]
    links: list[_Link]
    others: list[Fields]


def is_label_studio(fields: Fields) -> bool:
    """Whether an object is a task of Label Studio, by its keys."""
    return "data" in fields and not fields.keys().isdisjoint({"annotations", "predictions"})


def read_label_studio(
    path: Path, rejected: Rejected, *, encoding: str = "utf-8"
) -> Iterator[Document]:
    """Every task becomes a document or an entry of ``rejected``.

    Raises:
        FormatError: the file cannot be read at all.
    """
    return parse_objects(path, rejected, _parse, encoding=encoding)


def write_label_studio(path: Path, documents: Iterable[Document]) -> None:
    """Write an array of tasks, atomically, compressed as the suffix says.

    Raises:
        FormatError: a document holds a lone surrogate.
    """
    write_array(path, (encode_fields(_fields(document), document) for document in documents))


def missing_from_label_studio(document: Document) -> Counter[str]:
    """Count what Label Studio has no place for."""
    scores = sum(relation.score is not None for relation in document.relations)
    return +Counter({"scores of relations": scores}) + missing(document, "clusters")


# Reading


def _parse(fields: Fields, default_id: str) -> Document:
    task = msgspec.convert(fields, _Task)
    name, text = _text(task.data)
    id = task.data.get("id", task.id)
    chosen = _choose(task)
    results = _sort(chosen.result if chosen else [])
    meta = fields_to_meta(task.data, {*_OWN, name})
    if results.others:
        meta[_OTHERS] = msgspec.json.encode(results.others).decode()
    if chosen and chosen.model_version:
        meta.setdefault("model", chosen.model_version)
    return Document(
        id=default_id if id is None else str(id),
        text=text,
        entities=tuple(_entities(text, results.regions)),
        relations=tuple(_relations(results.links)),
        meta=meta,
    )


def _text(data: Fields) -> tuple[str, str]:
    """Return the field of the text, and the text."""
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    name = "text" if "text" in texts else next(iter(texts), "")
    if not name or (name != "text" and len(texts) > 1):
        raise FormatError(
            f"`data` has {len(texts) or 'no'} texts and none is named `text`; name the one that "
            f"was annotated so"
        )
    return name, texts[name]


def _choose(task: _Task) -> _Annotation | None:
    done = [annotation for annotation in task.annotations if not annotation.was_cancelled]
    truth = [annotation for annotation in done if annotation.ground_truth]
    predictions = [found for found in task.predictions if isinstance(found, _Annotation)]
    chosen = truth or done or predictions
    if len(chosen) > 1:
        kind = "annotations" if done else "predictions"
        raise FormatError(
            f"task {task.id} has {len(chosen)} {kind}, and a document is one; mark one annotation "
            f"as ground truth, or export one"
        )
    return chosen[0] if chosen else None


def _sort(results: Sequence[Fields]) -> _Results:
    sorted_results = _Results([], [], [])
    for fields in results:
        if fields.get("type") == "labels":
            sorted_results.regions.append(msgspec.convert(fields, _Region))
        elif fields.get("type") == "relation":
            sorted_results.links.append(msgspec.convert(fields, _Link))
        else:
            sorted_results.others.append(fields)
    return sorted_results


def _entities(text: str, regions: Sequence[_Region]) -> Iterator[Entity]:
    settled = settle(text, [_claim(region) for region in regions])
    for region, ((start, end),) in zip(regions, settled, strict=True):
        if not region.value.labels:
            raise FormatError(f"region {region.id} has no label; give it one")
        for number, label in enumerate(region.value.labels, start=1):
            yield Entity(
                id=region.id if number == 1 else f"{region.id}-{number}",
                type=label,
                start=start,
                end=end,
                text=text[start:end],
                score=region.score,
            )


def _claim(region: _Region) -> Claim:
    said = region.value.text
    # Some versions write a line end inside a region as a backslash and an n.
    said = None if said is None else said.replace("\\n", "\n")
    return Claim(f"region {region.id}", ((region.value.start, region.value.end),), said)


def _relations(links: Sequence[_Link]) -> list[Relation]:
    ends: list[tuple[str, str, str]] = []
    for link in links:
        if not link.labels:
            raise FormatError(
                f"the relation from {link.from_id} to {link.to_id} has no label; give it one, of "
                f"those under <Relations> in the labeling configuration"
            )
        ways = {
            "right": [(link.from_id, link.to_id)],
            "left": [(link.to_id, link.from_id)],
            "bi": [(link.from_id, link.to_id), (link.to_id, link.from_id)],
        }
        ends += [(label, *way) for label in link.labels for way in ways[link.direction]]
    return [
        Relation(id=f"r{number}", type=type, head=head, tail=tail)
        for number, (type, head, tail) in enumerate(ends, start=1)
    ]


# Writing


def _fields(document: Document) -> Fields:
    meta = {name: value for name, value in document.meta.items() if name != _OTHERS}
    result: list[object] = [_region(entity) for entity in document.entities]
    result += [
        _Link(from_id=relation.head, to_id=relation.tail, labels=[relation.type])
        for relation in document.relations
    ]
    result += _other_results(document)
    data = {"id": document.id, "text": document.text, **meta_to_fields(meta, _OWN)}
    if any(entity.score is not None for entity in document.entities):
        model = document.meta.get("model", "")
        return {"data": data, "predictions": [{"model_version": model, "result": result}]}
    return {"data": data, "annotations": [{"result": result}]}


def _region(entity: Entity) -> _Region:
    value = _Value(start=entity.start, end=entity.end, text=entity.text, labels=[entity.type])
    return _Region(id=entity.id, from_name="label", to_name="text", value=value, score=entity.score)


def _other_results(document: Document) -> list[Fields]:
    stored = document.meta.get(_OTHERS)
    if stored is None:
        return []
    try:
        return msgspec.json.decode(stored, type=list[dict[str, object]])
    except msgspec.MsgspecError as error:
        raise FormatError(
            f"document {document.id!r}: `meta.{_OTHERS}` is kept for results that the reader puts "
            f"there, and this is none ({error}); rename or drop it"
        ) from error
