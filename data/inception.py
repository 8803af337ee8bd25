"""INCEpTION: what its two formats, XMI and WebAnno TSV, have in common.

Enters: spans and arcs as its layers have them, or a document. Leaves: a document, or sentences.
Knows no file.

- We write the layers ``webanno.custom.Entity`` and ``webanno.custom.Relation``, with the features
  ``value`` (the type), ``id``, ``score``, and ``cluster`` of entities. A relation's ``Governor`` is
  its head, its ``Dependent`` its tail.
- We read every layer of a project's own, and DKPro's named entities, whose feature ``value`` or
  ``label`` is the type. Other layers (parts of speech, chains) hold nothing of ours.
- An id that is missing, or is another's too, becomes the lowest number that is free.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import count, pairwise

import msgspec

from khabar.data.errors import FormatError
from khabar.data.records import Document, Entity, Relation
from khabar.data.words import Span, spans_touched

ENTITY_LAYER = "webanno.custom.Entity"
RELATION_LAYER = "webanno.custom.Relation"
ENTITY_FEATURES = ("value", "id", "score", "cluster")
RELATION_FEATURES = ("value", "id", "score")
"""The features of our layers; all are strings but the score, a float."""

_OTHERS_LAYERS = ("webanno.custom.", "custom.")
_NAMED_ENTITIES = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
_TYPE_FEATURES = ("value", "label")
_SENTENCE_END = re.compile(r"\n *\Z")

Features = Mapping[str, str]
"""The features that have a value."""


class Mention(msgspec.Struct):
    """A span of a layer."""

    start: int
    end: int
    features: dict[str, str] = {}


class Arc(msgspec.Struct):
    """An arc of a layer, between two mentions by their places in a list of them."""

    governor: int
    dependent: int
    features: dict[str, str] = {}


def is_read(layer: str, features: Collection[str]) -> bool:
    """Whether a layer of that name and with those features holds entities or relations."""
    is_layer = layer.startswith(_OTHERS_LAYERS) or layer == _NAMED_ENTITIES
    return is_layer and any(feature in features for feature in _TYPE_FEATURES)


def make_document(id: str, text: str, mentions: Sequence[Mention], arcs: Sequence[Arc]) -> Document:
    """Return the document of a text with its spans and arcs, entities in reading order.

    Raises:
        FormatError: one has no type, or a score that is no number.
        RecordError: a span lies outside the text.
    """
    ids = _fill([mention.features.get("id") for mention in mentions])
    arc_ids = _fill([arc.features.get("id") for arc in arcs])
    entities = [_entity(text, mention, id) for mention, id in zip(mentions, ids, strict=True)]
    relations = (
        Relation(
            id=arc_id,
            type=_type(arc.features, f"the relation from {ids[arc.governor]!r}"),
            head=ids[arc.governor],
            tail=ids[arc.dependent],
            score=_score(arc.features),
        )
        for arc, arc_id in zip(arcs, arc_ids, strict=True)
    )
    return Document(
        id=id,
        text=text,
        entities=tuple(sorted(entities, key=lambda entity: (entity.start, -entity.end))),
        relations=tuple(relations),
    )


def entity_features(entity: Entity) -> dict[str, str]:
    """Return the features of an entity."""
    features = {"value": entity.type, "id": entity.id}
    if entity.score is not None:
        features["score"] = repr(entity.score)
    if entity.cluster is not None:
        features["cluster"] = entity.cluster
    return features


def relation_features(relation: Relation) -> dict[str, str]:
    """Return the features of a relation."""
    features = {"value": relation.type, "id": relation.id}
    return features if relation.score is None else {**features, "score": repr(relation.score)}


def sentence_spans(text: str, tokens: Sequence[Span], entities: Sequence[Entity]) -> list[Span]:
    """Return sentences: lines, from a token's start to the line feed before the next one's.

    Between two are a line feed and spaces, nothing else; blank lines belong to the sentence
    before. A line feed inside an entity ends none.

    Returns:
        Spans in code points; the first starts with the first token, the last ends with the text.
    """
    if not tokens:
        return []
    touched = (spans_touched(tokens, entity.start, entity.end) for entity in entities)
    inside = {token for own in touched for token in own[1:]}
    starts, ends = [tokens[0][0]], []
    for number, ((_, end), (start, _)) in enumerate(pairwise(tokens), start=1):
        found = _SENTENCE_END.search(text, end, start)
        if found and number not in inside:
            ends.append(found.start())
            starts.append(start)
    return list(zip(starts, [*ends, len(text)], strict=True))


def _entity(text: str, mention: Mention, id: str) -> Entity:
    said = text[mention.start : mention.end]
    return Entity(
        id=id,
        type=_type(mention.features, f"the entity {said!r} at {mention.start}"),
        start=mention.start,
        end=mention.end,
        text=said,
        score=_score(mention.features),
        cluster=mention.features.get("cluster"),
    )


def _type(features: Features, what: str) -> str:
    for feature in _TYPE_FEATURES:
        if feature in features:
            return features[feature]
    raise FormatError(f"{what} has no type; give it one, or delete it")


def _score(features: Features) -> float | None:
    text = features.get("score")
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise FormatError(f"the score {text!r} is no number; write one from 0 to 1") from error


def _fill(ids: Sequence[str | None]) -> list[str]:
    given = {id for id in ids if id is not None}
    free = (str(number) for number in count(1) if str(number) not in given)
    used: set[str] = set()
    filled: list[str] = []
    for id in ids:
        own = next(free) if id is None or id in used else id
        used.add(own)
        filled.append(own)
    return filled
