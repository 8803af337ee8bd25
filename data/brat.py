r"""brat's standoff: for each document a text, ``a.txt``, and its annotations, ``a.ann``.

Enters and leaves: one such pair, or a folder of pairs, subfolders included. The lines are::

    T1	PERS 4 8	خالد
    R1	lives_in Arg1:T1 Arg2:T2
    *	Equiv T1 T3

- A ``T`` is an entity, an ``R`` a relation from its first argument to its second, and entities that
  an ``Equiv`` names have one cluster. The id of a document is its path in the folder.
- Offsets count code points, or UTF-16 code units where brat's page made them: the text on the line
  decides. The end is exclusive. brat writes an entity that goes over a line end in pieces
  (``0 5;6 10``); such pieces are one entity. Pieces with words between them are no entity of ours.
- Other lines (attributes, notes, normalizations, events) are kept in ``meta.brat`` and written
  back as they are, if the ids still are brat's.
- Ids that are not brat's become ``T1, T2, …`` and ``R1, R2, …``, clusters ``1, 2, …``. A cluster of
  one entity, scores and ``meta`` have no place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import msgspec

from khabar.data.document_files import (
    NameRule,
    named_documents,
    only_document,
    write_new_folder,
)
from khabar.data.errors import FormatError, LineError, RecordError
from khabar.data.files import encode_text, read_lines, write_chunks
from khabar.data.left_out import missing
from khabar.data.offsets import Claim, ClaimError, settle
from khabar.data.plain import read_plain
from khabar.data.records import Document, Entity, Relation
from khabar.data.rejected import Rejected
from khabar.data.words import Span

_OTHERS = "brat"
_SUFFIXES = (".ann", ".txt")
_NAMES = NameRule(
    files="its files", unsafe=re.compile(r'[%/\\:*?"<>|\x00-\x1f\x7f]|^\.'), longest=250
)

_ENTITY = re.compile(r"(T[^\t ]+)\t(\S+) ([0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)(?:\t(.*))?", re.DOTALL)
_RELATION = re.compile(r"(R[^\t ]+)\t(\S+) [^\s:]+:(\S+) [^\s:]+:(\S+)\s*")
_EQUIV = re.compile(r"\*\tEquiv((?: \S+)+)\s*")
_OTHER = re.compile(r"[EAMN#*][^\t]*\t.*", re.DOTALL)
# What some program takes for a line's end: brat's lines are read by more than one.
_PIECE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


class _Annotations(msgspec.Struct):
    """The lines of a file, sorted."""

    claims: list[Claim] = []
    types: list[str] = []
    lines: list[int] = []
    """Of the claims."""
    relations: list[Relation] = []
    clusters: dict[str, str] = {}
    others: list[str] = []


def read_brat(path: Path, rejected: Rejected, *, encoding: str = "utf-8") -> Iterator[Document]:
    """Every pair becomes a document or an entry of ``rejected``.

    Args:
        path: a folder, or one file of a pair.
        rejected: takes pairs that cannot be read, and files without their other half.
        encoding: of all files.

    Raises:
        FormatError: the path is neither, or a file cannot be read at all.
    """
    if path.is_dir():
        files = (file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())
        pairs = sorted(
            {_stem(file): unquote(_stem(file.relative_to(path))) for file in files}.items()
        )
    elif path.suffix in _SUFFIXES:
        pairs = [(_stem(path), unquote(path.stem))]
    else:
        raise FormatError(f"{path}: is no folder and no file .ann or .txt, which brat's are")
    for stem, id in pairs:
        document = _read_pair(stem, id, rejected, encoding)
        if document is not None:
            yield document


def write_brat(path: Path, documents: Iterable[Document]) -> None:
    """Write a folder of pairs, or one pair if the path ends in .ann or .txt, atomically.

    Raises:
        FormatError: the folder is there and not empty, a pair is to hold several documents, an id
            cannot name a file, two are equal, a type holds a space, or an entity starts or ends
            with a line end.
    """
    if path.suffix in _SUFFIXES:
        only = only_document(path, documents, holder="one pair of files")
        for suffix, content in _encode(only).items():
            write_chunks(path.with_suffix(suffix), [content])
        return
    write_new_folder(path, lambda folder: _write_folder(folder, documents))


def missing_from_brat(document: Document) -> Counter[str]:
    """Count what brat has no place for."""
    sizes = Counter(entity.cluster for entity in document.entities if entity.cluster is not None)
    alone = sum(size == 1 for size in sizes.values())
    kept = (_OTHERS,) if _keeps_ids(document) else ()
    return +Counter({"clusters of one entity": alone}) + missing(
        document, "scores", "meta", kept_meta=kept
    )


# Reading


def _stem(path: Path) -> str:
    return path.with_suffix("").as_posix()


def _read_pair(stem: str, id: str, rejected: Rejected, encoding: str) -> Document | None:
    text_path, annotations_path = Path(f"{stem}.txt"), Path(f"{stem}.ann")
    for here, there in ((text_path, annotations_path), (annotations_path, text_path)):
        if not there.is_file():
            rejected.add(here, None, f"has no {there.name} beside it, which brat's files come with")
            return None
    plain = next(read_plain(text_path, rejected, encoding=encoding), None)
    if plain is None:
        return None
    try:
        return _document(id, plain.text, _parse(annotations_path, encoding))
    except LineError as error:
        rejected.add(annotations_path, error.line, str(error))
    except RecordError as error:
        rejected.add(annotations_path, None, str(error))
    return None


def _parse(path: Path, encoding: str) -> _Annotations:
    found = _Annotations()
    for line in read_lines(path, encoding):
        try:
            text = line.decode().removesuffix("\n").removesuffix("\r")
        except FormatError as error:
            raise LineError(str(error), line.number) from error
        if text.strip() and not _sort(text, line.number, found):
            raise LineError(
                f"{text!r} is no annotation of brat's; an entity is an id, a tab, type, start and "
                f"end, a tab, its text",
                line.number,
            )
    return found


def _sort(line: str, number: int, found: _Annotations) -> bool:
    """Add what a line says; False if it is none of brat's."""
    if match := _ENTITY.fullmatch(line):
        id, type, pieces, said = match.groups()
        found.claims.append(Claim(id, _pieces(pieces), said))
        found.types.append(type)
        found.lines.append(number)
    elif match := _RELATION.fullmatch(line):
        id, type, head, tail = match.groups()
        found.relations.append(Relation(id=id, type=type, head=head, tail=tail))
    elif match := _EQUIV.fullmatch(line):
        cluster = str(len(set(found.clusters.values())) + 1)
        found.clusters.update(dict.fromkeys(match[1].split(), cluster))
    elif _OTHER.fullmatch(line):
        found.others.append(line)
    else:
        return False
    return True


def _pieces(text: str) -> tuple[Span, ...]:
    edges = [piece.split(" ") for piece in text.split(";")]
    return tuple(sorted((int(start), int(end)) for start, end in edges))


def _document(id: str, text: str, found: _Annotations) -> Document:
    try:
        settled = settle(text, found.claims)
    except ClaimError as error:
        raise LineError(str(error), found.lines[error.index]) from error
    rows = zip(found.claims, found.types, found.lines, settled, strict=True)
    return Document(
        id=id,
        text=text,
        entities=tuple(
            _entity(text, claim._replace(pieces=pieces), type, line, found.clusters)
            for claim, type, line, pieces in rows
        ),
        relations=tuple(found.relations),
        meta={_OTHERS: "\n".join(found.others)} if found.others else {},
    )


def _entity(text: str, claim: Claim, type: str, line: int, clusters: dict[str, str]) -> Entity:
    for (_, end), (start, _) in pairwise(claim.pieces):
        if text[end:start].strip():
            raise LineError(
                f"{claim.name} is in {len(claim.pieces)} pieces with {text[end:start]!r} between, "
                f"and an entity is one stretch of text; mark all of it, or each piece by itself",
                line,
            )
    start, end = claim.pieces[0][0], claim.pieces[-1][1]
    return Entity(
        id=claim.name,
        type=type,
        start=start,
        end=end,
        text=text[start:end],
        cluster=clusters.get(claim.name),
    )


# Writing


def _write_folder(folder: Path, documents: Iterable[Document]) -> None:
    for name, document in named_documents(documents, _NAMES):
        for suffix, content in _encode(document).items():
            (folder / f"{name}{suffix}").write_bytes(content)


def _encode(document: Document) -> dict[str, bytes]:
    """Return the contents of a document's files, by suffix."""
    origin = f"document {document.id!r}"
    try:
        lines = "".join(f"{line}\n" for line in _lines(document))
    except FormatError as error:
        raise FormatError(f"{origin}: {error}") from error
    return {
        ".txt": encode_text(document.text, origin=origin),
        ".ann": encode_text(lines, origin=origin),
    }


def _lines(document: Document) -> list[str]:
    ids = _brat_ids([entity.id for entity in document.entities], "T")
    relation_ids = _brat_ids([relation.id for relation in document.relations], "R")
    lines = [_entity_line(entity, ids[entity.id]) for entity in document.entities]
    lines += [
        f"{relation_ids[relation.id]}\t{_type(relation.type)} "
        f"Arg1:{ids[relation.head]} Arg2:{ids[relation.tail]}"
        for relation in document.relations
    ]
    lines += [f"*\tEquiv {' '.join(members)}" for members in _clusters(document, ids)]
    if _OTHERS in document.meta and _keeps_ids(document):
        lines.append(document.meta[_OTHERS])
    return lines


def _entity_line(entity: Entity, id: str) -> str:
    pieces = [match.span() for match in _PIECE.finditer(entity.text)]
    if not pieces or (pieces[0][0], pieces[-1][1]) != (0, len(entity.text)):
        raise FormatError(
            f"entity {entity.id} {entity.text!r} starts or ends with a line end, which brat has no "
            f"place for; trim it"
        )
    places = ";".join(f"{entity.start + start} {entity.start + end}" for start, end in pieces)
    said = " ".join(entity.text[start:end] for start, end in pieces)
    return f"{id}\t{_type(entity.type)} {places}\t{said}"


def _type(type: str) -> str:
    if re.fullmatch(r"\S+", type) is None:
        raise FormatError(f"the type {type!r} is no single word; rename it")
    return type


def _clusters(document: Document, ids: dict[str, str]) -> list[list[str]]:
    clusters: dict[str, list[str]] = {}
    for entity in document.entities:
        if entity.cluster is not None:
            clusters.setdefault(entity.cluster, []).append(ids[entity.id])
    return [members for members in clusters.values() if len(members) > 1]


def _keeps_ids(document: Document) -> bool:
    return _are_brats([entity.id for entity in document.entities], "T") and _are_brats(
        [relation.id for relation in document.relations], "R"
    )


def _are_brats(ids: Sequence[str], letter: str) -> bool:
    return all(re.fullmatch(letter + "[0-9]+", id, re.ASCII) for id in ids)


def _brat_ids(ids: Sequence[str], letter: str) -> dict[str, str]:
    """Return the ids if they are brat's, else their places."""
    if _are_brats(ids, letter):
        return {id: id for id in ids}
    return {id: f"{letter}{place}" for place, id in enumerate(ids, start=1)}
