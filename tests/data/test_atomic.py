import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from khabar.data.atomic import recover_folder, write_atomically, write_folder_atomically

OLD = {"config.json": b"old", "weights/part-0": b"o" * 100}
NEW = {"config.json": b"newer", "weights/part-1": b"n" * 5000}

# Kills itself just before the step of that number, as a power cut would: steps are what the
# interpreter reports to its audit hooks (opening, renaming and removing files and folders).
KILLED = """
import os, signal, sys
from pathlib import Path
import khabar.data.atomic as atomic

path, last, steps = Path(sys.argv[1]), int(sys.argv[2]), 0
new = {"config.json": b"newer", "weights/part-1": b"n" * 5000}

def count(event, arguments):
    global steps
    if event in {"open", "written", "os.mkdir", "os.rename", "os.remove", "os.rmdir"}:
        steps += 1
        if steps > last:
            os.kill(os.getpid(), signal.SIGKILL)

def write_file(partial):
    with partial.open("wb") as file:
        for _ in range(5):
            file.write(b"n" * 1000)
            file.flush()
            sys.audit("written")

def write_folder(partial):
    for name, content in new.items():
        (partial / name).parent.mkdir(exist_ok=True)
        (partial / name).write_bytes(content)

sys.addaudithook(count)
if sys.argv[3] == "file":
    atomic.write_atomically(path, write_file)
else:
    atomic.write_folder_atomically(path, write_folder)
os._exit(0)
"""


def write_and_kill(path: Path, step: int, kind: str) -> bool:
    """Write in a process of its own; return whether it was killed before it was through."""
    command = [sys.executable, "-c", KILLED, str(path), str(step), kind]
    code = subprocess.run(command, check=False).returncode
    assert code in {0, -signal.SIGKILL}
    return code != 0


def put(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("before", [b"old", None])
def test_a_file_is_old_or_new_whenever_its_writer_is_killed(tmp_path, before):
    path = tmp_path / "records.jsonl"
    seen, step = [], 0
    killed = True
    while killed:
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
        killed = write_and_kill(path, step, "file")
        seen.append(path.read_bytes() if path.exists() else None)
        step += 1
    new = b"n" * 5000
    assert step > 8  # killed in the middle of the bytes, and around the renaming
    assert set(seen) == {before, new}
    assert seen == sorted(seen, key=lambda found: found == new)  # and it never goes back


@pytest.mark.parametrize("before", [OLD, {}])
def test_a_folder_is_old_or_new_whenever_its_writer_is_killed(tmp_path, before):
    seen, step = [], 0
    killed = True
    while killed:
        path = tmp_path / str(step) / "best"
        put(before, path)
        killed = write_and_kill(path, step, "folder")
        recover_folder(path)
        seen.append(content(path))
        write_folder_atomically(path, lambda partial: put(OLD, partial))
        assert content(path) == OLD  # whatever the kill left does not disturb the next write
        assert [entry.name for entry in path.parent.iterdir()] == ["best"]
        step += 1
    assert step > 8
    assert all(found in (before, NEW) for found in seen)
    assert seen == sorted(seen, key=lambda found: found == NEW)
    assert seen[-1] == NEW


def test_a_kill_between_the_two_renames_is_recovered(tmp_path):
    put(OLD, tmp_path / "best.old")
    put(NEW, tmp_path / "best.partial")
    recover_folder(tmp_path / "best")
    assert content(tmp_path / "best") == OLD
    assert not (tmp_path / "best.old").exists()


def test_recovery_leaves_a_folder_that_is_there(tmp_path):
    put(NEW, tmp_path / "best")
    put(OLD, tmp_path / "best.old")
    recover_folder(tmp_path / "best")
    assert content(tmp_path / "best") == NEW
    recover_folder(tmp_path / "never-written")
    assert not (tmp_path / "never-written").exists()


def test_a_write_without_recovery_keeps_the_set_aside_folder_until_it_is_through(tmp_path):
    put(OLD, tmp_path / "best.old")  # as a kill between the two renames leaves it

    def write(partial: Path) -> None:
        assert content(tmp_path / "best.old") == OLD
        put(NEW, partial)

    write_folder_atomically(tmp_path / "best", write)
    assert content(tmp_path / "best") == NEW
    assert not (tmp_path / "best.old").exists()


def test_a_failing_writer_leaves_the_old_and_its_error(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_bytes(b"old")
    put(OLD, folder)

    def fail(partial: Path) -> None:
        target = partial / "config.json" if partial.is_dir() else partial
        target.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(file, fail)
    with pytest.raises(OSError, match="disk full"):
        write_folder_atomically(folder, fail)
    assert file.read_bytes() == b"old"
    assert content(folder) == OLD


def test_missing_parents_are_made_and_nothing_else_is_left(tmp_path):
    write_atomically(tmp_path / "a/b/file", lambda partial: partial.write_bytes(b"x") and None)
    write_folder_atomically(tmp_path / "a/c/folder", lambda partial: put(NEW, partial))
    assert sorted(os.listdir(tmp_path / "a")) == ["b", "c"]
    assert content(tmp_path / "a") == {
        "b/file": b"x",
        **{f"c/folder/{name}": data for name, data in NEW.items()},
    }


def test_the_bytes_reach_the_disk_before_the_name_does(tmp_path, monkeypatch):
    """A kill cannot show this, only a power cut can: so the calls are listened to."""
    path = tmp_path / "best"
    synced = []
    fsync = os.fsync

    def listen(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", listen)
    write_folder_atomically(path, lambda partial: put(NEW, partial))
    assert {(file.stat().st_ino, False) for file in path.rglob("*") if file.is_file()} <= set(
        synced
    )
    assert (tmp_path.stat().st_ino, True) in synced
    write_atomically(tmp_path / "file", lambda partial: partial.touch())
    assert (tmp_path / "file").stat().st_ino in {inode for inode, _ in synced}
