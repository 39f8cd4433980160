"""Outputs appear whole or not at all."""

import pytest

from faceveil.data.atomic import atomic_directory, atomic_path


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
