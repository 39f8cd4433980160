"""Outputs appear whole or not at all."""

import os
import platform
import subprocess
import sys

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_directory, atomic_path


def test_a_file_appears_when_the_block_ends_well(tmp_path):
    with atomic_path(tmp_path / "deep" / "a.txt") as temporary:
        temporary.write_text("new")
        assert not (tmp_path / "deep" / "a.txt").exists()
        assert temporary.suffix == ".txt"
    assert (tmp_path / "deep" / "a.txt").read_text() == "new"


@pytest.mark.parametrize("problem", [OSError("disk full"), KeyboardInterrupt()])
def test_a_broken_write_leaves_the_old_file_and_nothing_else(tmp_path, problem):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(type(problem)), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise problem
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert target.read_text() == "old"


def test_a_folder_replaces_the_old_one_whole(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "stale").touch()
    with atomic_directory(target) as temporary:
        (temporary / "fresh").touch()
    assert [path.name for path in target.iterdir()] == ["fresh"]


def test_a_broken_folder_leaves_the_old_one(tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(OSError, match="full"), atomic_directory(target) as temporary:
        (temporary / "half").touch()
        raise OSError("full")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "old"]


@pytest.fixture
def marks():
    """What tells a writing process: one that is no more, one that lives, and one elsewhere."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    here = platform.node()
    return f"{here}-{process.pid}", f"{here}-{os.getppid()}", f"elsewhere-{process.pid}"


def test_what_a_killed_process_left_is_removed(tmp_path, marks):
    dead, living, elsewhere = marks
    left = {f".out.{living}.partial", f".out.{elsewhere}.partial", f".other.{dead}.partial"}
    left.add(".out.some.partial")
    for name in (f".out.{dead}.partial", *left):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half").touch()
    with atomic_directory(tmp_path / "out"):
        pass
    assert {path.name for path in tmp_path.iterdir()} == left | {"out"}


def test_a_file_that_a_killed_process_left_is_removed(tmp_path, marks):
    dead, living, elsewhere = marks
    left = {f".a.{living}.partial.txt", f".a.{elsewhere}.partial.txt", f".a.{dead}.partial"}
    for name in (f".a.{dead}.partial.txt", *left):
        (tmp_path / name).touch()
    with atomic_path(tmp_path / "a.txt") as temporary:
        temporary.touch()
    assert {path.name for path in tmp_path.iterdir()} == left | {"a.txt"}


@pytest.mark.parametrize("kind", ["a file", "a link"])
def test_what_no_folder_can_replace_is_refused_at_the_start(tmp_path, kind):
    target = tmp_path / "out"
    (tmp_path / "elsewhere").mkdir()
    _ = target.touch() if kind == "a file" else target.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FaceveilError, match=f"found {kind}"), atomic_directory(target):
        raise AssertionError("began")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "out"]
