"""Digests, against the tool that users have for them."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from khabar.data.digests import sha256_of, sha256_of_parts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in {"b.ann": "T1", "b.txt": "خبر", "a/c.txt": "", ".hidden": "1"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_a_file_has_the_digest_that_sha256sum_gives(folder: Path):
    told = subprocess.run(["sha256sum", folder / "b.txt"], capture_output=True, check=True).stdout
    assert sha256_of(folder / "b.txt") == told.decode().split()[0]


def test_a_folder_has_the_digest_of_the_lines_that_sha256sum_writes_of_its_files(folder: Path):
    names = [".hidden", "a/c.txt", "b.ann", "b.txt"]
    listed = subprocess.run(["sha256sum", *names], cwd=folder, capture_output=True, check=True)
    assert sha256_of(folder) == hashlib.sha256(listed.stdout).hexdigest()


def test_content_name_and_place_of_every_file_matter(folder: Path):
    found = [sha256_of(folder)]
    (folder / "a" / "c.txt").write_text("x", encoding="utf-8")
    found.append(sha256_of(folder))
    (folder / "a" / "c.txt").rename(folder / "c.txt")
    found.append(sha256_of(folder))
    (folder / "c.txt").rename(folder / "d.txt")
    found.append(sha256_of(folder))
    assert len(set(found)) == 4


def test_of_some_parts_others_do_not_matter(folder: Path):
    parts = [folder / "b.txt", folder / "a"]
    before = sha256_of_parts(folder, parts)
    (folder / "b.ann").unlink()
    assert sha256_of_parts(folder, reversed(parts)) == before
    (folder / "a" / "c.txt").write_text("x", encoding="utf-8")
    assert sha256_of_parts(folder, parts) != before
