"""``khabar data convert``: a corpus from one format to another, told what does not fit.

Like ``data_commands.py``: what a command is given goes to the functions that Python users have too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from khabar.data.formats import FORMATS, read_documents, write_documents
from khabar.data.offsets import Offsets
from khabar.data.records import Document

_KEPT = {
    "brat": "brat",
    "label_studio": "label-studio",
    "clusters": "dygie",
    "events": "dygie",
}
"""Fields of ``meta`` for what a record has no field for, and whose they are."""


def convert(  # noqa: PLR0913 - an option each
    source: Annotated[Path, typer.Argument(exists=True, help="A file, or a folder of a format.")],
    target: Annotated[Path, typer.Argument(help="A file, or for brat a new folder.")],
    from_format: Annotated[
        str | None,
        typer.Option(
            "--from", help=f"The source's format, else by its look: {', '.join(FORMATS)}."
        ),
    ] = None,
    to_format: Annotated[
        str | None, typer.Option("--to", help="The target's format; else by its name.")
    ] = None,
    offsets: Annotated[
        Offsets,
        typer.Option(help="What offsets count: utf-16 is for JavaScript, Java, C#; jsonl alone."),
    ] = "code-points",
    encoding: Annotated[
        str, typer.Option(help="Of text files; many old archives are in cp1256.")
    ] = "utf-8",
) -> None:
    """Convert a corpus to another format.

    The target is in UTF-8, compressed as its suffix says (.gz, .xz, .zst). What the target's format
    has no place for is told with its count.
    """
    kept: Counter[str] = Counter()
    documents = read_documents(source, format=from_format, encoding=encoding)
    left_out = write_documents(target, _watch(documents, kept), format=to_format, offsets=offsets)
    if kept:
        told = ", ".join(f"meta.{name} of {count:,} documents" for name, count in kept.items())
        typer.echo(
            f"note: {source}: a record has no field for some of it, kept as {told}", err=True
        )
    if left_out:
        typer.echo(f"note: {target}: {left_out}", err=True)


def _watch(documents: Iterable[Document], kept: Counter[str]) -> Iterator[Document]:
    for document in documents:
        kept.update(name for name in document.meta if name in _KEPT)
        yield document
