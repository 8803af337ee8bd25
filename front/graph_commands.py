"""``khabar graph``: a knowledge graph of annotated articles.

Like ``cli.py``, whose part it is: what a command is given goes to one function, what comes back is
printed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from khabar.data.formats import corpus_files, read_documents
from khabar.data.graph_files import write_graph
from khabar.data.records import Document


def graph(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, help="Records, or folders of them, as khabar predict writes."),
    ],
    output: Annotated[
        Path, typer.Option(help="A .graphml, a .jsonl of JSON-LD, or a folder of CSV for Neo4j.")
    ],
    format: Annotated[
        str | None, typer.Option(help="Of the records; else by the file's name.")
    ] = None,
    encoding: Annotated[
        str, typer.Option(help="Of text files; many old archives are in cp1256.")
    ] = "utf-8",
) -> None:
    """Write what articles say as a graph of things and facts.

    Mentions of one thing are one node, in an article by rules, over articles by the name.
    """
    count = write_graph(output, _documents(files, format, encoding))
    typer.echo(f"The graph of {count} articles is in {output}")


def _documents(paths: Sequence[Path], format: str | None, encoding: str) -> Iterator[Document]:
    for path in paths:
        for file in corpus_files(path):
            yield from read_documents(file, format=format, encoding=encoding)
