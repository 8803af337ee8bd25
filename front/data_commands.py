"""``khabar data``: look at, check and convert annotated corpora.

Like ``cli.py``, whose part it is: what a command is given goes to one function, what comes back is
printed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from khabar.convert import convert
from khabar.data.exclusion import exclude as exclude_shared
from khabar.data.formats import FORMATS, corpus_files, read_documents
from khabar.data.guide import SCHEMA as GUIDE_SCHEMA
from khabar.data.records import Document
from khabar.data.repetition import (
    SEQUENCE_WORDS,
    frequent_mentions,
    repeated_share,
    shared_mentions,
)
from khabar.data.schema import LabelSchema, load_schema
from khabar.data.statistics import Statistics, corpus_statistics
from khabar.data.unrelated import unrelated_pairs
from khabar.data.validate import Validator

_REPORT_WIDTH = 120
"""Columns of a table that goes to a file."""
_NAMES_SHOWN = 5

data_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at, check and convert annotated corpora.",
)

PathArgument = Annotated[Path, typer.Argument(exists=True, help="A file, or a folder of files.")]
SchemaOption = Annotated[
    str, typer.Option(help="A shipped schema's name, or the path of a YAML file.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(help=f"{', '.join(FORMATS)}; else by the file's look."),
]
EncodingOption = Annotated[
    str, typer.Option(help="Of text files; many old archives are in cp1256.")
]


@data_app.command()
def validate(
    path: PathArgument,
    schema: SchemaOption = "wojood",
    guide: Annotated[
        bool | None,
        typer.Option(help="Check the annotation guide's rules; by default for schema wojood."),
    ] = None,
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Check a corpus against a schema, the word rule and the annotation guide.

    Writes one line for each problem.
    """
    follows_guide = schema == GUIDE_SCHEMA if guide is None else guide
    validator = Validator(load_schema(schema), guide=follows_guide)
    found = 0
    for problem in validator.path(path, format=format, encoding=encoding):
        typer.echo(problem)
        found += 1
    typer.echo(f"{path}: {found} problems" if found else f"{path}: no problem", err=True)
    if found:
        raise typer.Exit(1)


@data_app.command()
def stats(
    path: PathArgument,
    schema: SchemaOption = "wojood",
    plot: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Draw the counts: a .png, .svg or .pdf.")
    ] = None,
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Count what a corpus holds; the files of a folder are its parts.

    Documents, words, entities, relations, nesting, repetition, and pairs that fit a relation of the
    schema without being in it.
    """
    parts = {
        str(file.relative_to(path)): list(read_documents(file, format=format, encoding=encoding))
        for file in corpus_files(path)
    }
    documents = [document for part in parts.values() for document in part]
    statistics = corpus_statistics(documents)
    tables = [
        _overview(statistics, str(path)),
        _counts("entities", statistics.entities),
        _relations(statistics, documents, load_schema(schema)),
        _repetition(documents),
        _overlap(parts),
    ]
    print_tables([table for table in tables if table.row_count])
    if plot:
        from khabar.eval.plots import plot_statistics

        plot_statistics(statistics, plot, title=str(path))


data_app.command()(convert)


@data_app.command()
def exclude(  # noqa: PLR0913 - an option each
    source: Annotated[Path, typer.Argument(exists=True, help="A corpus.")],
    target: Annotated[Path, typer.Argument(dir_okay=False, help="Where it goes.")],
    of: Annotated[
        Path, typer.Option(exists=True, help="What must not be in it, such as a test part.")
    ],
    words: Annotated[int, typer.Option(help="Words of a sequence that counts as shared.")] = 5,
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Leave out of a corpus what shares a sequence of words with another file.

    Of columns a sentence goes, of other formats a document. Marks, hamza, punctuation and invisible
    characters make no difference.
    """
    excluded = exclude_shared(source, target, of, words=words, format=format, encoding=encoding)
    typer.echo(
        f"{target}: {excluded.kept:,} {excluded.unit} kept, {excluded.dropped:,} dropped", err=True
    )
    if excluded.left_out:
        typer.echo(f"note: {target}: {excluded.left_out}", err=True)


def print_tables(tables: Sequence[Table]) -> None:
    """Print tables, to a terminal in its width."""
    console = Console(width=None if sys.stdout.isatty() else _REPORT_WIDTH)
    for table in tables:
        console.print(table)


# Tables


def _overview(statistics: Statistics, title: str) -> Table:
    lengths = statistics.document_words or (0,)
    counts = {
        "documents": statistics.documents,
        "characters": statistics.characters,
        "words": statistics.words,
        "  in the shortest document": min(lengths),
        "  in the median one": round(median(lengths)),
        "  in the longest": max(lengths),
        "entities": sum(statistics.entities.values()),
        "  inside another": statistics.nested,
        "  inside one of their own type": statistics.nested_in_own_type,
        "  most around one place": statistics.depth,
        "relations": sum(statistics.relations.values()),
    }
    return _counts(title, counts)


def _counts(title: str, counts: dict[str, int]) -> Table:
    table = _table(title, "", "count")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table


def _relations(statistics: Statistics, documents: list[Document], schema: LabelSchema) -> Table:
    unrelated = unrelated_pairs(documents, schema)
    table = _table("relations", "", "count", "fitting pairs of a sentence without it")
    for name, count in statistics.relations.items():
        table.add_row(name, f"{count:,}", f"{unrelated.get(name, 0):,}")
    return table


def _repetition(documents: list[Document]) -> Table:
    table = _table("repetition", "", "share", "count")
    for masked, note in ((False, ""), (True, ", mentions by their types")):
        share = repeated_share(documents, masked=masked)
        table.add_row(f"{SEQUENCE_WORDS}-word sequences in several documents{note}", f"{share:.2%}")
    names = frequent_mentions(documents, "PERS")
    total = sum(count for _, count in names)
    for name, count in names[:_NAMES_SHOWN]:
        table.add_row(f"PERS {name}", f"{count / total:.2%}", f"{count:,}")
    return table


def _overlap(parts: dict[str, list[Document]]) -> Table:
    table = _table("shared by two parts", "", "texts", "full names")
    texts = {name: {d.text for d in documents} for name, documents in parts.items()}
    for (first, second), names in shared_mentions(parts, "PERS").items():
        table.add_row(
            f"{first}, {second}",
            f"{len(texts[first] & texts[second]):,}",
            f"{len(names):,}" + "".join(f"\n{name}" for name in names[:_NAMES_SHOWN]),
        )
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    return table
