"""``khabar evaluate`` and ``khabar compare``: what a system is worth, and which of two is better.

Like ``cli.py``, whose part it is: what a command is given goes to one function, what comes back is
printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer

from khabar.data.errors import ConfigError
from khabar.data.files import write_chunks
from khabar.data.schema import load_schema
from khabar.data_commands import EncodingOption, FormatOption, print_tables
from khabar.options import DeviceOption, PrecisionOption, load_extractor

if TYPE_CHECKING:
    from khabar.data.records import Document
    from khabar.eval.learning import LearningCurves
    from khabar.eval.predictions import Predictions
    from khabar.train.config import CorpusConfig

_SYSTEM = "A model folder, a name on the hub, bundled, or a file of predicted documents."

DataArgument = Annotated[
    str, typer.Argument(help="A file or folder, or bundled:dev, bundled:test.")
]
JsonOption = Annotated[
    Path | None, typer.Option("--json", dir_okay=False, help="Write all scores to this file, too.")
]
TokensOption = Annotated[
    Literal["words", "corpus"],
    typer.Option(help="What extents are compared in: our words, or the corpus's own tokens."),
]
ShareOption = Annotated[
    tuple[float, float], typer.Option(help="Part of the documents: 0.9 1 is the last tenth.")
]
PredictionSchemaOption = Annotated[
    str, typer.Option(help="Of files of predictions; a model has its own.")
]


class _Scoring(msgspec.Struct, frozen=True, kw_only=True):
    """How systems are run and compared with gold."""

    corpus: CorpusConfig
    tokens: Literal["words", "corpus"]
    schema: str
    device: str
    precision: Literal["auto", "fp32", "bf16", "fp16"]


class _System(msgspec.Struct, frozen=True, kw_only=True):
    """A system's name and what it predicted."""

    name: str
    predictions: Predictions
    notes: list[str]


def evaluate(
    model: Annotated[str, typer.Argument(help=_SYSTEM)],
    data: DataArgument,
    json: JsonOption = None,
    report: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Write report.html, .md and .json to this folder."),
    ] = None,
    train: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Training data: which names were seen is reported."),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The run's log.jsonl; else by the model."),
    ] = None,
    schema: PredictionSchemaOption = "wojood",
    tokens: TokensOption = "words",
    share: ShareOption = (0.0, 1.0),
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> None:
    """Score a model, or predictions of any system, against a file with gold annotation.

    With --report, a page with intervals, plots and the errors in their context.
    """
    from khabar.eval.analysis import analyse

    if report:
        from khabar.eval.plots import check_matplotlib

        check_matplotlib()  # sooner than after minutes of prediction
    corpus = corpus_config(data, format, encoding, share)
    training = _read_training(train)
    curves = _learning_curves(model, log)
    system = _run_system(
        model,
        _Scoring(corpus=corpus, tokens=tokens, schema=schema, device=device, precision=precision),
    )
    tell(system.notes)
    analysis = analyse(system.predictions, train=training, learning=curves)
    print_tables(analysis.to_tables())
    if json:
        write_chunks(json, [analysis.evaluation.to_json().encode()])
    if report:
        from khabar.eval.report_folder import write_report
        from khabar.eval.sections import Provenance

        told = Provenance(system=system.name, data=data, train=", ".join(train or ()) or None)
        write_report(report, analysis, told, system.predictions.predicted)
        typer.echo(f"The report is {report / 'report.html'}")


def compare(
    first: Annotated[str, typer.Argument(metavar="A", help=_SYSTEM)],
    second: Annotated[str, typer.Argument(metavar="B", help="Likewise.")],
    data: DataArgument,
    json: JsonOption = None,
    schema: PredictionSchemaOption = "wojood",
    tokens: TokensOption = "words",
    share: ShareOption = (0.0, 1.0),
    format: FormatOption = None,
    encoding: EncodingOption = "utf-8",
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
) -> None:
    """Score two systems on the same documents, and say which differences are significant."""
    from khabar.eval.comparison import compare_predictions

    corpus = corpus_config(data, format, encoding, share)
    scoring = _Scoring(
        corpus=corpus, tokens=tokens, schema=schema, device=device, precision=precision
    )
    systems = [_run_system(name, scoring) for name in (first, second)]
    tell(systems[0].notes)
    comparison = compare_predictions(*(system.predictions for system in systems))
    typer.echo(f"A: {systems[0].name}\nB: {systems[1].name}")
    print_tables(comparison.to_tables())
    if json:
        named = msgspec.structs.replace(comparison, first=systems[0].name, second=systems[1].name)
        write_chunks(json, [named.to_json().encode()])


def corpus_config(
    data: str, format: str | None, encoding: str, share: tuple[float, float]
) -> CorpusConfig:
    """Return a corpus that a command names. Raises: ConfigError: its share is none."""
    from khabar.train.config import CorpusConfig

    try:
        return CorpusConfig(path=data, format=format, encoding=encoding, share=share)
    except ValueError as error:
        raise ConfigError(f"--share: {error}") from error


def _run_system(system: str, scoring: _Scoring) -> _System:
    from khabar.train.measure import predict_corpus, read_predictions

    path = Path(system)
    if path.is_file():
        found = read_predictions(
            path, scoring.corpus, load_schema(scoring.schema), tokens=scoring.tokens
        )
        return _System(name=system, predictions=found.predictions, notes=found.notes)
    extractor = load_extractor(system, scoring.device, scoring.precision)
    config = extractor.model.config
    found = predict_corpus(extractor, scoring.corpus, tokens=scoring.tokens)
    name = f"{config.name} {config.version} ({system})"
    return _System(name=name, predictions=found.predictions, notes=found.notes)


def _read_training(paths: Sequence[str] | None) -> list[Document] | None:
    if not paths:
        return None
    from khabar.train.config import CorpusConfig
    from khabar.train.corpora import corpus_documents

    return [d for path in paths for d in corpus_documents(CorpusConfig(path=path))[0]]


def _learning_curves(model: str, log: Path | None) -> LearningCurves | None:
    from khabar.eval.learning import find_log, read_learning_curves

    found = log
    if found is None and Path(model).is_dir():
        found = find_log(Path(model))
    return read_learning_curves(found) if found else None


def tell(notes: Sequence[str]) -> None:
    """Print what had to be mended in a corpus."""
    for note in notes:
        typer.echo(f"note: {note}", err=True)
