"""The command line: what it is given goes to one function, what comes back is printed.

Whatever a user can mend ends in one line on the error output and the exit status 1. Only here is
anything printed; torch loads inside the commands that need it, not for ``--help``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from khabar.calibrate_command import calibrate
from khabar.data.errors import ConfigError, FormatError, KhabarError
from khabar.data.files import Line, bare_path, check_encoding
from khabar.data.formats import SUFFIXES, read_documents
from khabar.data.jsonl import encode_document
from khabar.data.records import Document
from khabar.data.rejected import Rejected
from khabar.data_commands import EncodingOption, FormatOption, data_app, print_tables
from khabar.export_command import export
from khabar.graph_commands import graph
from khabar.options import (
    DeviceOption,
    ModelOption,
    PrecisionOption,
    ThresholdOption,
    TypesOption,
    load_extractor,
    read_threshold,
    read_types,
)
from khabar.score_commands import compare, evaluate
from khabar.view_commands import view, write_page

if TYPE_CHECKING:
    from khabar.model.archive import ArchiveCounts

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Nested named entities and relations from Arabic news, with exact offsets.",
)
app.add_typer(data_app, name="data")

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a value, such as train.epochs=3."),
]


def main() -> None:
    """Run ``khabar``."""
    _run(app)


def train_command() -> None:
    """Run ``python -m khabar.train``: the command ``train`` alone, for launchers of processes."""
    launched = typer.Typer(
        add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    launched.command()(train)
    _run(launched)


def _run(command: typer.Typer) -> None:
    try:
        command()
    except (KhabarError, OSError) as error:
        _complain(str(error))
        sys.exit(1)


def _show_version(wanted: bool) -> None:
    if wanted:
        from khabar import __version__

        typer.echo(f"khabar {__version__}")
        raise typer.Exit


@app.callback()
def khabar(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Nested named entities and relations from Arabic news, with exact offsets."""


# Reading articles


@app.command()
def extract(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Articles; - is the standard input.")
    ],
    json: Annotated[bool, typer.Option("--json", help="Write JSON to a terminal, too.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write a page for the browser to this file, instead."),
    ] = None,
    model: ModelOption = "bundled",
    threshold: ThresholdOption = None,
    types: TypesOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    encoding: EncodingOption = "utf-8",
) -> None:
    """Find entities and relations in a few articles.

    Writes one JSON record a line, in the order of the files, or shows the articles on a terminal.
    A file is plain text unless its suffix says otherwise (.jsonl, .inline, .conll, .parquet).
    """
    if html:
        _check_page(html, files, json=json)
    ledger = _Told()
    documents = _read_articles(files, encoding, ledger)
    least, wanted = read_threshold(threshold), read_types(types)
    extractor = load_extractor(model, device, precision)
    found = extractor.documents(documents, threshold=least, types=wanted)
    if html is None:
        _write_records(found, json=json)
    elif shown := list(found):  # else it has been told why there is none
        write_page(html, shown)
    if ledger.entries:
        raise typer.Exit(1)


def _check_page(page: Path, files: Sequence[str], *, json: bool) -> None:
    if json:
        raise ConfigError("--html writes a page instead of JSON; give --json or --html, not both")
    if page.resolve() in {Path(name).resolve() for name in files if name != "-"}:
        raise ConfigError(f"--html {page}: is one of the articles; name another file for the page")


def _write_records(documents: Iterable[Document], *, json: bool) -> None:
    for document in documents:
        if json or not sys.stdout.isatty():
            typer.echo(encode_document(document), nl=False)
        else:
            _view(document)


class _Told(Rejected):
    """Tells of every rejection at once."""

    def add(self, path: Path, line: int | None, reason: str) -> None:
        super().add(path, line, reason)
        _complain(str(self.entries[-1]))


def _read_articles(names: Sequence[str], encoding: str, ledger: Rejected) -> Iterator[Document]:
    for name in names:
        path = Path("stdin" if name == "-" else name)
        try:
            yield from _read_stdin(encoding) if name == "-" else _read_file(path, encoding, ledger)
        except FormatError as error:
            ledger.add(path, None, str(error).removeprefix(f"{path}: "))


def _read_file(path: Path, encoding: str, ledger: Rejected) -> Iterator[Document]:
    format = None if bare_path(path).suffix in SUFFIXES else "plain"
    return read_documents(path, format=format, encoding=encoding, rejected=ledger)


def _read_stdin(encoding: str) -> Iterator[Document]:
    check_encoding(encoding)
    line = Line(number=1, offset=0, raw=sys.stdin.buffer.read(), encoding=encoding)
    yield Document(id="stdin", text=line.decode().removeprefix("\ufeff"))


def _view(document: Document) -> None:
    from khabar.view import print_document

    print_document(document, Console(highlight=False))


@app.command()
def predict(
    inputs: Annotated[
        list[str],
        typer.Option("--input", metavar="PATTERN", help="Files, such as 'archive/*.parquet'."),
    ],
    output: Annotated[Path, typer.Option(file_okay=False, help="The folder for the records.")],
    more: Annotated[list[str] | None, typer.Argument(hidden=True, metavar="PATTERN")] = None,
    model: ModelOption = "bundled",
    threshold: ThresholdOption = None,
    types: TypesOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    batch_tokens: Annotated[
        int | None, typer.Option(min=1, help="Most pieces in a batch; less needs less memory.")
    ] = None,
    shard_articles: Annotated[int, typer.Option(min=1, help="Articles of a shard.")] = 1_000,
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Find entities and relations in archives of articles.

    Writes part-00000.jsonl, ... and errors.jsonl, with an entry for each article that could not be
    read. A run that was stopped goes on when it is started again in the same way.
    """
    from khabar.model.archive import ArchiveOptions, find_inputs, predict_archive
    from khabar.model.selection import least_scores

    paths = find_inputs([*inputs, *(more or [])], output)
    options = ArchiveOptions(
        format=format,
        encoding=encoding,
        shard_articles=shard_articles,
        batch_tokens=batch_tokens,
        threshold=read_threshold(threshold),
        types=read_types(types),
    )
    from tqdm import tqdm

    extractor = load_extractor(model, device, precision)
    # Types that the model does not know are told before the folder is begun.
    least_scores(extractor.model.config, options.threshold, options.types)
    with tqdm(unit=" articles", disable=None) as bar:
        counts = predict_archive(extractor, paths, output, options, progress=bar.update)
    _report_counts(counts, output)


def _report_counts(counts: ArchiveCounts, output: Path) -> None:
    typer.echo(
        f"{counts.articles} articles = {counts.records} records + {counts.errors} errors, in "
        f"{counts.shards} shards ({counts.earlier_shards} done earlier) in {output}"
    )
    if counts.broken_files:
        _complain(
            f"{counts.broken_files} files could not be read to their end: each is one of the "
            f"errors, the articles in it are not counted"
        )
        raise typer.Exit(1)


# Training and measuring


@app.command()
def train(
    config: Annotated[str, typer.Argument(help="A YAML file, or a shipped run such as anercorp.")],
    overrides: SetOption = None,
) -> None:
    """Train a model from a YAML file; a run that was stopped goes on."""
    from khabar.train.config import load_run_config
    from khabar.train.loop import run_training

    run = load_run_config(config, overrides or [])
    evaluation = run_training(run)
    if os.environ.get("RANK", "0") != "0":  # set by launchers of several processes
        return
    if evaluation:
        print_tables(evaluation.to_tables())
    typer.echo(f"The model is in {Path(run.output) / 'best'}")


@app.command()
def pretrain(
    config: Annotated[str, typer.Argument(help="A YAML file, or the shipped one: pretrain.")],
    overrides: SetOption = None,
) -> None:
    """Pretrain an encoder on raw articles; a run that was stopped goes on."""
    from khabar.train.pretrain import run_pretraining
    from khabar.train.pretrain_config import load_pretrain_config

    report = run_pretraining(load_pretrain_config(config, overrides or []))
    if os.environ.get("RANK", "0") == "0":
        print_tables([report.to_table()])


app.command()(evaluate)
app.command()(compare)
app.command()(calibrate)
app.command()(export)
app.command()(view)
app.command()(graph)


# Printing


def _complain(message: str) -> None:
    typer.echo(f"khabar: {message}", err=True)
