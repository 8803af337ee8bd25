"""Digests: what a file or a folder holds, as one SHA-256.

Enters: paths. Leaves: hexadecimal digits, by which one knows what was read, whatever it is called.
Knows no format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or, as ``sha256_of_parts``, of all files in a folder.

    Raises:
        OSError: there is nothing, or it cannot be read.
    """
    if path.is_dir():
        return sha256_of_parts(path, (file for file in path.rglob("*") if file.is_file()))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_parts(folder: Path, parts: Iterable[Path]) -> str:
    """Return the SHA-256 of some files and folders in a folder, their names included.

    It is that of the lines ``DIGEST  NAME`` which ``sha256sum`` writes, in the order of the names.

    Raises:
        OSError: a part cannot be read.
    """
    named = {part.relative_to(folder).as_posix(): part for part in parts}
    lines = "".join(f"{sha256_of(part)}  {name}\n" for name, part in sorted(named.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
