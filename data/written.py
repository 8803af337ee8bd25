"""Labels as written: the label rows of a flat file in columns, before the reader mends them.

Enters: a file in columns. Leaves: for the id of each of its documents, a row of labels for each
sentence. See ``conll.py`` for the format and the ids. Knows no record.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from khabar.data.columns import Part, Row, split_parts
from khabar.data.errors import FormatError
from khabar.data.files import file_stem, read_lines


def written_labels(path: Path, *, encoding: str = "utf-8") -> dict[str, list[list[str]]]:
    """Return the label rows of every document of a flat file.

    Raises:
        FormatError: the file cannot be read, a line is not as the format wants it, or a token has
            several labels.
    """
    rows = (Row(line.number, line.decode()) for line in read_lines(path, encoding))
    stem = file_stem(path)
    return {
        f"{stem}-{number}": _rows(part, path)
        for number, part in enumerate(split_parts(rows, label_column=None), start=1)
    }


def _rows(part: Part, path: Path) -> list[list[str]]:
    if part.fault:
        line, reason = part.fault
        raise FormatError(f"{path}:{line}: {reason}")
    flat: list[str] = []
    for token, labels in zip(part.tokens, part.labels, strict=True):
        if len(labels) > 1:
            raise FormatError(
                f"{path}: {token!r} has the labels {' '.join(labels)}; only a flat file has "
                f"one row of labels for a sentence"
            )
        flat.append(labels[0] if labels else "O")
    edges = sorted({0, *part.sentence_starts, len(flat)})
    return [flat[start:stop] for start, stop in pairwise(edges)]
