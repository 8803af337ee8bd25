"""What the whole package promises: its arrows, its sizes, its set-up, its quick front door."""

import ast
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS: dict[str, str] = PROJECT["tool"]["setuptools"]["package-dir"]
SOURCES = sorted(path for folder in FOLDERS.values() for path in (ROOT / folder).glob("*.py"))


def module_name(path: Path) -> str:
    package = next(name for name, folder in FOLDERS.items() if ROOT / folder == path.parent)
    return package if path.stem == "__init__" else f"{package}.{path.stem}"


def docstring_lines(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> int:
    first = node.body[0] if node.body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return 0
    if not isinstance(first.value.value, str):
        return 0
    return first.end_lineno - first.lineno + 1


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every function's place and lines, from its ``def`` on, docstring aside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1 - docstring_lines(node)
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", lines


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


# The front door


def test_importing_khabar_loads_no_torch():
    done = run_python("import sys, khabar; sys.exit('torch' in sys.modules)")
    assert done.returncode == 0, done.stderr


def test_help_loads_no_torch():
    code = (
        "import atexit, os, sys\n"
        "atexit.register(lambda: os._exit(7) if 'torch' in sys.modules else None)\n"
        "sys.argv[0] = 'khabar'\n"
        "from khabar.cli import main\n"
        "main()"
    )
    done = run_python(code, "--help")
    assert done.returncode == 0, done.stderr
    assert "extract" in done.stdout


# The layers


def test_arrows_between_the_layers_point_one_way():
    done = run_python("from importlinter.cli import lint_imports_command as lint; lint()")
    assert done.returncode == 0, done.stdout


def test_the_import_contract_covers_every_folder_with_code():
    (contract,) = PROJECT["tool"]["importlinter"]["contracts"]
    packages = {name for name, folder in FOLDERS.items() if len(list_code(folder)) > 0}
    assert packages - {"khabar"} <= set(contract["layers"])


def list_code(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).glob("*.py") if path.stem != "__init__"]


def test_mypy_sees_every_module(tmp_path):
    """A root folder called khabar, or a stale install, would hide some of them silently."""
    report = ["--linecount-report", str(tmp_path), "--cache-dir", str(tmp_path / "cache")]
    command = [sys.executable, "-m", "mypy", "--follow-imports", "skip", *report, "-p", "khabar"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = (tmp_path / "linecount.txt").read_text(encoding="utf-8").splitlines()
    seen = {line.split()[-1] for line in lines}
    assert {module_name(path) for path in SOURCES} <= seen, done.stdout


def test_no_folder_of_the_root_is_called_khabar():
    assert not (ROOT / "khabar").exists()


def test_every_python_file_of_the_package_is_in_a_mapped_folder():
    """A subfolder would need a line of its own in pyproject.toml, else it is not installed."""
    nested = {path for folder in FOLDERS.values() for path in (ROOT / folder).rglob("*.py")}
    assert nested == set(SOURCES)
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == set(FOLDERS)


# The sizes


def test_functions_are_short():
    sizes = sorted((lines, place) for path in SOURCES for place, lines in functions(path))
    lengths = [lines for lines, _ in sizes]
    assert statistics.median(lengths) <= 10
    assert lengths[int(0.9 * len(lengths))] <= 30, [size for size in sizes if size[0] > 30]
    assert sizes[-1][0] <= 60, sizes[-1]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_a_file_is_at_most_400_lines_docstrings_aside(path):
    text = path.read_text(encoding="utf-8")
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, documented)]
    assert len(text.splitlines()) - sum(map(docstring_lines, nodes)) <= 400


# The set-up


def test_every_dependency_is_pinned_within_its_range():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    pinned = {canonicalize_name(name): version for name, version in pins.items()}
    project = PROJECT["project"]
    extras = [name for names in project["optional-dependencies"].values() for name in names]
    for requirement in map(Requirement, [*project["dependencies"], *extras]):
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), requirement


def test_the_version_is_the_same_wherever_it_is_written():
    version = PROJECT["project"]["version"]
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
