"""XMI: INCEpTION's files of the UIMA CAS, one document each, with the types beside them.

Enters: a file ``.xmi`` with its ``TypeSystem.xml`` beside it, a ``.zip`` of both as INCEpTION
exports it, or a folder of such. Leaves: the same: a folder with a file for each document, or one
file. See ``inception.py`` for the layers. The name of a file is the id of its document.

A CAS counts UTF-16 code units, which dkpro-cassis (the extra ``inception``) converts; it loads on
first use. Tokens are our words; ``meta`` has no place. XML has none for control characters.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from khabar.data.document_files import FileKind, document_id, document_paths, write_document_files
from khabar.data.errors import FormatError, RecordError
from khabar.data.inception import (
    ENTITY_FEATURES,
    ENTITY_LAYER,
    RELATION_FEATURES,
    RELATION_LAYER,
    Arc,
    Features,
    Mention,
    entity_features,
    is_read,
    make_document,
    relation_features,
    sentence_spans,
)
from khabar.data.left_out import missing
from khabar.data.optional import require_library
from khabar.data.records import Document
from khabar.data.rejected import Rejected
from khabar.data.words import split_words

if TYPE_CHECKING:
    from cassis import Cas, TypeSystem
    from cassis.typesystem import FeatureStructure

_TYPES = "TypeSystem.xml"
_STRING = "uima.cas.String"
_SEGMENTATION = "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type"
_METADATA = "de.tudarmstadt.ukp.dkpro.core.api.metadata.type.DocumentMetaData"
_NO_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_xmi(path: Path, rejected: Rejected) -> Iterator[Document]:
    """Every file becomes a document or an entry of ``rejected``.

    Raises:
        ConfigError: dkpro-cassis is not installed.
        FormatError: the path is of another kind, or the types are missing or damaged.
    """
    _require_cassis()
    if path.suffix == ".zip":
        yield from _read_zip(path, rejected)
        return
    for id, file in document_paths(path, ".xmi"):
        types = _parse_types(_read(file.with_name(_TYPES)), file.with_name(_TYPES))
        yield from _parse(_read(file), id, types, _Place(file, rejected))


def write_xmi(path: Path, documents: Iterable[Document]) -> None:
    """Write a new folder of files or, where the path ends in ``.xmi``, one, atomically.

    Raises:
        ConfigError: dkpro-cassis is not installed.
        FormatError: as ``write_document_files``, or a document holds what XML cannot.
    """
    _require_cassis()
    beside = {_TYPES: _our_types().to_xml().encode()}
    write_document_files(path, documents, FileKind(".xmi", _encode, beside))


def missing_from_xmi(document: Document) -> Counter[str]:
    """Count what our layers have no place for."""
    return missing(document, "meta")


class _Place:
    """Where a document was read, to reject it."""

    def __init__(self, path: Path, rejected: Rejected) -> None:
        self.path, self.rejected = path, rejected

    def reject(self, reason: str) -> None:
        self.rejected.add(self.path, None, reason)


def _require_cassis() -> None:
    require_library("cassis", extra="inception", purpose="XMI needs")


# Reading


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        also = "; export it along, INCEpTION has it in the same zip" if path.name == _TYPES else ""
        raise FormatError(f"{path}: cannot be read: {error.strerror}{also}") from error
    except OSError as error:
        raise FormatError(f"{path}: cannot be read: {error.strerror or error}") from error


def _read_zip(path: Path, rejected: Rejected) -> Iterator[Document]:
    try:
        with zipfile.ZipFile(BytesIO(_read(path))) as packed:
            members = {name: packed.read(name) for name in packed.namelist()}
    except zipfile.BadZipFile as error:
        raise FormatError(f"{path}: is damaged or no zip file: {error}") from error
    if _TYPES not in members:
        raise FormatError(f"{path}: holds no {_TYPES}, without which XMI cannot be read")
    types = _parse_types(members[_TYPES], path / _TYPES)
    for name, content in members.items():
        if name.endswith(".xmi"):
            yield from _parse(content, document_id(name), types, _Place(path / name, rejected))


@lru_cache(maxsize=4)
def _parse_types(xml: bytes, path: Path) -> TypeSystem:
    from cassis import load_typesystem

    try:
        return load_typesystem(BytesIO(xml))
    except (SyntaxError, ValueError, KeyError) as error:  # lxml's errors are SyntaxErrors
        raise FormatError(f"{path}: is damaged or describes no types: {error}") from error


def _parse(xml: bytes, id: str, types: TypeSystem, place: _Place) -> Iterator[Document]:
    from cassis import load_cas_from_xmi
    from cassis.typesystem import TypeNotFoundError

    try:
        with warnings.catch_warnings():
            # Of an offset outside the text, or inside a character, cassis only warns.
            warnings.simplefilter("error", UserWarning)
            cas = load_cas_from_xmi(BytesIO(xml), typesystem=types)
        document = _document(cas, id)
    except (FormatError, RecordError) as error:
        place.reject(str(error))
    except (SyntaxError, ValueError, KeyError, TypeError, TypeNotFoundError, UserWarning) as error:
        # All that other bytes raise in lxml 6 and cassis 0.12.
        place.reject(f"is damaged, or no XMI of the types beside it: {error!r}")
    else:
        yield document


def _document(cas: Cas, id: str) -> Document:
    found: dict[int, FeatureStructure] = {}  # by id: a layer's annotations are its parent's, too
    for type in cas.typesystem.get_types():
        features = [feature.name for feature in type.all_features]
        if "begin" in features and is_read(type.name, features):
            found |= {annotation.xmiID: annotation for annotation in cas.select(type)}
    arcs = [a for _, a in sorted(found.items()) if a.type.get_feature("Governor")]
    spans = [a for _, a in sorted(found.items()) if not a.type.get_feature("Governor")]
    places = {span.xmiID: place for place, span in enumerate(spans)}
    return make_document(
        id,
        cas.sofa_string or "",
        [Mention(span.begin, span.end, _features(span)) for span in spans],
        [_arc(arc, places) for arc in arcs],
    )


def _features(annotation: FeatureStructure) -> dict[str, str]:
    names = [feature.name for feature in annotation.type.all_features]
    wanted = {*ENTITY_FEATURES, "label"}
    values = {name: annotation.get(name) for name in names if name in wanted}
    return {name: str(value) for name, value in values.items() if value is not None}


def _arc(annotation: FeatureStructure, places: dict[int, int]) -> Arc:
    governor, dependent = (_end(annotation, role, places) for role in ("Governor", "Dependent"))
    return Arc(governor, dependent, _features(annotation))


def _end(annotation: FeatureStructure, role: str, places: dict[int, int]) -> int:
    end = annotation.get(role)
    if end is None or end.xmiID not in places:
        raise FormatError(
            f"the {role} of the relation {annotation.xmiID} is no entity; mend or delete it"
        )
    return places[end.xmiID]


# Writing


@lru_cache(maxsize=1)
def _our_types() -> TypeSystem:
    from cassis import TypeSystem

    types = TypeSystem()
    for name in ("Sentence", "Token"):
        types.create_type(f"{_SEGMENTATION}.{name}")
    metadata = types.create_type(_METADATA, supertypeName="uima.tcas.DocumentAnnotation")
    for name in ("documentTitle", "documentId"):
        types.create_feature(metadata, name, _STRING)
    entity, relation = types.create_type(ENTITY_LAYER), types.create_type(RELATION_LAYER)
    for role in ("Governor", "Dependent"):
        types.create_feature(relation, role, entity)
    for layer, features in ((entity, ENTITY_FEATURES), (relation, RELATION_FEATURES)):
        for name in features:
            types.create_feature(layer, name, "uima.cas.Float" if name == "score" else _STRING)
    return types


def _encode(document: Document) -> bytes:
    xml = _cas(document).to_xmi()
    return str(xml).encode()


def _cas(document: Document) -> Cas:
    from cassis import Cas

    _check_xml(document)
    types = _our_types()
    cas = Cas(types)
    cas.sofa_string, cas.sofa_mime = document.text, "text/plain"
    length = len(document.text)
    metadata = types.get_type(_METADATA)
    cas.add(metadata(begin=0, end=length, documentTitle=document.id, documentId=document.id))
    words = split_words(document.text)
    sentences = sentence_spans(document.text, words, document.entities)
    for name, spans in (("Sentence", sentences), ("Token", words)):
        segment = types.get_type(f"{_SEGMENTATION}.{name}")
        for start, end in spans:
            cas.add(segment(begin=start, end=end))
    _add_annotations(cas, document)
    return cas


def _add_annotations(cas: Cas, document: Document) -> None:
    entity_layer = cas.typesystem.get_type(ENTITY_LAYER)
    relation_layer = cas.typesystem.get_type(RELATION_LAYER)
    mentions: dict[str, FeatureStructure] = {}
    for entity in document.entities:
        features = _values(entity_features(entity))
        mention = entity_layer(begin=entity.start, end=entity.end, **features)
        mentions[entity.id] = mention
        cas.add(mention)
    for relation in document.relations:
        tail = mentions[relation.tail]
        arc = relation_layer(
            begin=tail.begin,  # an arc lies where its dependent lies
            end=tail.end,
            Governor=mentions[relation.head],
            Dependent=tail,
            **_values(relation_features(relation)),
        )
        cas.add(arc)


def _values(features: Features) -> dict[str, str | float]:
    return {name: float(value) if name == "score" else value for name, value in features.items()}


def _check_xml(document: Document) -> None:
    names = [document.id]
    names += [name for e in document.entities for name in (e.id, e.type, e.cluster or "")]
    names += [name for r in document.relations for name in (r.id, r.type)]
    for text in (document.text, *names):
        if found := _NO_XML.search(text):
            raise FormatError(
                f"U+{ord(found[0]):04X} at {found.start()} of {text[:40]!r} is a character that "
                f"XML cannot hold; replace it, for instance by U+FFFD"
            )
