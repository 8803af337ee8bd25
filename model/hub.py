"""The way to a hub: a model's folder, copied or uploaded as it is.

Enters: the folder that a model was loaded from. Leaves: a copy, or a repository. Of a folder only
a model's own files are taken. Knows no tensor: what goes out is to the byte what came in.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import HfApi
from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined] # its HTTP library's

from khabar.data.atomic import write_folder_atomically
from khabar.data.errors import ModelError

PAPERS = ("README.md", "training.json", "dev.json")
"""What belongs to a model without being needed to load it."""
_PARTS = (
    "config.json",
    "tokenizer.json",
    "model.safetensors",
    "encoder.onnx",
    "relations.onnx",
    "transitions.json",
)


def copy_model(folder: Path, target: Path) -> None:
    """Copy a model's files, atomically; ``target`` is replaced when it is there."""
    write_folder_atomically(target, lambda partial: _copy(folder, partial, (*_PARTS, *PAPERS)))


def copy_papers(folder: Path | None, target: Path) -> None:
    """Copy a model's card and what tells of its training, as far as there are any."""
    if folder is not None:
        _copy(folder, target, PAPERS)


def push_model(folder: Path, repo: str, *, private: bool) -> str:
    """Upload a model's files to a hub, and return the address of the commit.

    Args:
        folder: of the model.
        repo: ``name`` or ``organization/name``; made if it is not there. Its files of the same
            names are replaced, those of the other form (weights or graphs) deleted.
        private: whether a new repository is hidden from others.

    Raises:
        ModelError: the hub refuses, or cannot be reached.
    """
    api = HfApi()
    with TemporaryDirectory() as temporary:
        own = Path(temporary)
        _copy(folder, own, (*_PARTS, *PAPERS))
        try:
            name = api.create_repo(repo, private=private, exist_ok=True).repo_id
            commit = api.upload_folder(
                repo_id=name,
                folder_path=own,
                commit_message="Upload a Khabar model",
                delete_patterns=list(_PARTS),
            )
        except (OSError, ValueError, HTTPError) as error:  # ValueError: the name is none
            raise ModelError(
                f"the model could not be uploaded as {repo} ({type(error).__name__}: {error}); "
                f"log in with `hf auth login`, and name a repository that you may write to"
            ) from error
    return commit.commit_url


def _copy(folder: Path, target: Path, names: tuple[str, ...]) -> None:
    for name in names:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, target / name)
