"""Parts: made once, found again whole, made anew if damaged, put together in order."""

import errno
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.runtime import shards
from faceveil.runtime.shards import (
    ALONE,
    Load,
    check_start,
    fingerprint_file,
    make_parts,
    put,
    scratch,
)

LOAD = Load("parts", suffix=".txt")


@dataclass(frozen=True)
class Rank:
    """One of two processes, which has met the other, or waits for it."""

    rank: int
    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(1))
    count: int = 2

    def agree(self, *_):
        self.meeting.wait(timeout=30)


def write(item: str, path: Path) -> None:
    path.write_text(f"{item} {torch.get_num_threads()}")
    with Path(os.environ["MADE"]).open("a") as made:
        made.write(item)


@pytest.fixture(autouse=True)
def made(tmp_path, monkeypatch) -> Path:
    """A file that each made part adds its item to."""
    monkeypatch.setenv("FACEVEIL_WORKERS", "1")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MADE", str(tmp_path / "made"))
    (tmp_path / "made").touch()
    return tmp_path / "made"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_parts_come_in_order_and_are_made_by_one_thread(tmp_path, monkeypatch, workers):
    monkeypatch.setenv("FACEVEIL_WORKERS", workers)
    threads = torch.get_num_threads()
    parts = make_parts(write, "abc", tmp_path / "parts", LOAD, ALONE)
    assert [part.read_text() for part in parts] == ["a 1", "b 1", "c 1"]
    assert torch.get_num_threads() == threads
    assert sorted(tmp_path.joinpath("parts").iterdir()) == parts


def test_only_missing_parts_are_made(tmp_path, made):
    parts = make_parts(write, "abcd", tmp_path / "parts", LOAD, ALONE)
    parts[1].unlink()
    assert make_parts(write, "abcd", tmp_path / "parts", LOAD, ALONE) == parts
    assert made.read_text() == "abcd" + "b"


@pytest.mark.parametrize("damage", [b"", b"a", b"A 1", b"a 1 more"])
def test_a_damaged_part_is_made_anew(tmp_path, made, damage):
    parts = make_parts(write, "ab", tmp_path / "parts", LOAD, ALONE)
    parts[0].write_bytes(damage)
    again = make_parts(write, "ab", tmp_path / "parts", LOAD, ALONE)
    assert again == parts and parts[0].read_text() == "a 1"
    assert made.read_text() == "ab" + "a"


def test_a_failure_keeps_the_finished_parts_and_no_half_one(tmp_path, made):
    def full(item, path):
        write(item, path)
        if item == "c":
            raise OSError(errno.ENOSPC, "No space left on device")

    with (
        pytest.raises(OSError, match=r"No space left on device: .*/\.scratch/s-"),
        scratch("s", {}, ALONE) as folder,
    ):
        make_parts(full, "abcd", folder, LOAD, ALONE)
    assert [path.read_text() for path in sorted(folder.iterdir())] == ["a 1", "b 1"]
    with scratch("s", {}, ALONE) as folder:
        assert len(make_parts(write, "abcd", folder, LOAD, ALONE)) == 4
    assert made.read_text() == "abc" + "cd"


def test_the_scratch_folder_goes_after_success(tmp_path):
    with scratch("stage", {"a": 1}, ALONE) as folder:
        make_parts(write, "a", folder, LOAD, ALONE)
        assert folder.parent == tmp_path / ".scratch" and folder.name.startswith("stage-")
    assert list((tmp_path / ".scratch").iterdir()) == []


def test_what_decides_the_parts_decides_the_folder(tmp_path, monkeypatch):
    def place(stage, inputs):
        with scratch(stage, inputs, ALONE) as folder:
            return folder

    one = place("s", {"part_size": 3, "faces": [["a", "12"]]})
    assert place("s", {"faces": [["a", "12"]], "part_size": 3}) == one
    assert place("s", {"part_size": 4, "faces": [["a", "12"]]}) != one
    assert place("s", {"part_size": 3, "faces": [["a", "13"]]}) != one
    assert place("t", {"part_size": 3, "faces": [["a", "12"]]}) != one
    monkeypatch.setattr(shards, "_code", lambda: ["edited"])
    assert place("s", {"part_size": 3, "faces": [["a", "12"]]}) != one


def test_without_dvc_the_scratch_folder_is_here(tmp_path, monkeypatch):
    monkeypatch.delenv("DVC_ROOT")
    monkeypatch.chdir(tmp_path)
    with scratch("s", {}, ALONE) as folder:
        assert folder.parent == tmp_path / ".scratch"


def test_runs_with_the_same_inputs_take_turns(tmp_path, caplog):
    order = []

    def run():
        with scratch("s", {}, ALONE) as folder:
            make_parts(write, "a", folder, LOAD, ALONE)
            order.append("second")

    other = threading.Thread(target=run)
    with scratch("s", {}, ALONE) as folder:
        other.start()
        time.sleep(0.3)
        make_parts(write, "a", folder, LOAD, ALONE)
        order.append("first")
    other.join(timeout=10)
    assert order == ["first", "second"]
    assert caplog.messages == [
        "another process makes the same output; this one goes on when it is done"
    ]
    assert list((tmp_path / ".scratch").iterdir()) == []


def test_ranks_share_the_missing_parts_and_the_first_gathers(tmp_path, made):
    folder, meeting = tmp_path / "parts", threading.Barrier(2)
    make_parts(write, "a", folder, LOAD, ALONE)
    with ThreadPoolExecutor() as pool:
        ranks = [Rank(rank, meeting) for rank in range(2)]
        runs = [pool.submit(make_parts, write, "abcde", folder, LOAD, rank) for rank in ranks]
        gathered, nothing = (run.result(timeout=30) for run in runs)
    assert [part.read_text()[0] for part in gathered] == list("abcde")
    assert nothing == [] and sorted(made.read_text()) == list("abcde")


def test_a_rank_takes_every_second_missing_part(tmp_path, made):
    make_parts(write, "a", tmp_path / "parts", LOAD, ALONE)
    make_parts(write, "abcde", tmp_path / "parts", LOAD, Rank(1))
    assert made.read_text() == "a" + "ce"


def test_parts_of_a_lost_rank_are_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_PATIENCE", "1")
    with pytest.raises(FaceveilError, match=r"part 1 is missing \(2 of 4 are\).* run the same"):
        make_parts(write, "abcd", tmp_path / "parts", LOAD, Rank(0))


@pytest.mark.parametrize("said", ["0", "-1", "soon", "1.5"])
def test_another_patience_is_refused(tmp_path, monkeypatch, said):
    monkeypatch.setenv("FACEVEIL_PATIENCE", said)
    with pytest.raises(FaceveilError, match="FACEVEIL_PATIENCE: found"):
        make_parts(write, "ab", tmp_path / "parts", LOAD, Rank(0))


def test_ranks_and_ray_at_once_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_ENGINE", "ray")
    with pytest.raises(FaceveilError, match="ranks share the work by themselves"):
        make_parts(write, "ab", tmp_path / "parts", LOAD, Rank(0))


def test_the_other_ranks_leave_the_folder(tmp_path):
    with scratch("s", {}, Rank(1)) as folder:
        make_parts(write, "ab", folder, LOAD, Rank(1))
    assert [path.read_text() for path in folder.iterdir()] == ["b 1"]


@pytest.mark.parametrize("linked", [True, False])
def test_a_part_is_put_in_its_place(tmp_path, monkeypatch, linked):
    if not linked:
        monkeypatch.setattr(os, "link", lambda *_: (tmp_path / "absent").stat())
    (tmp_path / "part").write_bytes(b"rows")
    put(tmp_path / "part", tmp_path / "out" / "masked" / "part-00000.parquet")
    target = tmp_path / "out/masked/part-00000.parquet"
    assert target.read_bytes() == b"rows"
    assert (target.stat().st_ino == (tmp_path / "part").stat().st_ino) == linked


def test_a_fingerprint_depends_on_every_byte_and_their_order(tmp_path):
    found = set()
    for content in (b"abcdefg", b"abcdefG", b"efgabcd", b"abcdefgh", b""):
        (tmp_path / "pixels").write_bytes(content)
        found.add(fingerprint_file(tmp_path / "pixels", block=4))
    assert len(found) == 5


def test_an_output_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FaceveilError, match=r"file/out: cannot be written \(.*\)"):
        check_start(tmp_path / "file" / "out")
    check_start(tmp_path / "new" / "out")
    assert list((tmp_path / "new").iterdir()) == []


def test_an_unknown_engine_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setenv("FACEVEIL_ENGINE", "spark")
    with pytest.raises(FaceveilError, match="FACEVEIL_ENGINE: no engine 'spark'; use loop or ray"):
        check_start(tmp_path / "out")
