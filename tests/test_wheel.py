"""The wheel holds all that extraction needs, away from the repository and the network."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXTRACT = """
import socket, sys
def refuse(*args, **kwargs): raise OSError("the network is cut")
socket.socket.connect = socket.getaddrinfo = refuse
sys.path.insert(0, sys.argv[1])
import khabar
assert khabar.__file__.startswith(sys.argv[1]), khabar.__file__
from khabar.cli import app
app(["extract", "--json", sys.argv[2]], standalone_mode=False)
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--quiet"),
            *("--no-build-isolation", "--wheel-dir", str(folder)),
        ],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_it_extracts_from_a_file_with_the_network_cut(unpacked, tmp_path):
    article = tmp_path / "خبر.txt"
    article.write_text("زار رئيس الوزراء اللبناني بيروت أمس.", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", EXTRACT, str(unpacked), str(article)],
        check=True,
        capture_output=True,
        cwd=tmp_path,
    )
    record = json.loads(done.stdout)
    assert record["text"] == article.read_text(encoding="utf-8")
    assert record["entities"]


def test_it_ships_configurations_schemas_the_sample_and_the_marker_of_types(unpacked):
    package = unpacked / "khabar"
    for name in ("configs/news.yaml", "configs/schema/wojood.yaml", "data/samples/article.txt"):
        assert (package / name).is_file(), name
    assert (package / "py.typed").is_file()
