"""``khabar view``: articles with their entities and relations as a page for the browser.

Like ``cli.py``, whose part it is: what the command is given goes to one function, what comes back
is written.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from khabar.data.errors import ConfigError, FormatError
from khabar.data.files import bare_path, file_stem, write_chunks
from khabar.data.formats import SUFFIXES, format_of, read_documents
from khabar.data.records import Document
from khabar.data_commands import EncodingOption, FormatOption


def view(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", dir_okay=False, help="Articles in any format.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="The article itself, instead of FILE.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="Show what a model finds, instead of FILE's annotation: a folder, a name on the "
            "hub, or bundled; for plain text the bundled one by default."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="The page; by default NAME.khabar.html beside FILE."),
    ] = None,
    articles: Annotated[int, typer.Option(min=1, help="Most articles on the page.")] = 200,
    open_page: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
) -> None:
    """Write a page that shows entities and relations, of several articles with a list to choose.

    It is one HTML file that needs no network. A file is plain text unless its suffix says
    otherwise (.jsonl, .inline, .conll, .parquet).
    """
    source, target = _source(file, text, output)
    documents = _given(text) if text is not None else _read(source, format, encoding)
    shown = list(islice(documents, articles + 1))
    if not shown:
        raise FormatError(f"{source}: holds no article")
    if len(shown) > articles:
        shown.pop()
        typer.echo(f"note: the first {articles} articles; --articles shows more", err=True)
    if model is not None or _is_plain(source, format, shown):
        shown = _annotated(shown, model)
    write_page(target, shown)
    if open_page:
        webbrowser.open(target.resolve().as_uri())


def write_page(page: Path, documents: Sequence[Document]) -> None:
    """Write the page of some documents, atomically, and say where it is."""
    from khabar.data.page import build_page

    write_chunks(page, [build_page(documents).encode()])
    typer.echo(f"The page is {page}")


def _source(file: Path | None, text: str | None, output: Path | None) -> tuple[Path, Path]:
    if (file is None) == (text is None):
        raise ConfigError("give either a FILE or --text, and not both")
    if file is None:
        return Path("text.txt"), output or Path("text.khabar.html")
    return file, output or file.with_name(f"{file_stem(file)}.khabar.html")


def _given(text: str) -> Iterator[Document]:
    yield Document(id="text", text=text)


def _read(path: Path, format: str | None, encoding: str) -> Iterator[Document]:
    return read_documents(path, format=_format(path, format), encoding=encoding)


def _format(path: Path, format: str | None) -> str | None:
    return "plain" if format is None and bare_path(path).suffix not in SUFFIXES else format


def _is_plain(path: Path, format: str | None, documents: list[Document]) -> bool:
    # A .txt file may hold columns, too: then it has entities.
    plain = format_of(path, _format(path, format)) == "plain"
    return plain and not any(document.entities for document in documents)


def _annotated(documents: list[Document], model: str | None) -> list[Document]:
    from khabar.model.extractor import Extractor

    return list(Extractor.load(model).documents(documents))
