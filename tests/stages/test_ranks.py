"""How a stage becomes several processes, and how their end becomes one line."""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from faceveil.params.errors import FaceveilError
from faceveil.runtime.ranks import LAUNCHER, MEETING, LostRankError
from stages._ranks import (
    ERROR_FILE,
    LOST,
    PROCESSES,
    cause,
    command_line,
    environment,
    on_ranks,
    process_count,
)
from stages._stage import stage


@pytest.mark.parametrize(("said", "count"), [(None, 1), ("", 1), ("1", 1), ("8", 8)])
def test_the_environment_says_how_many_processes(said, count):
    assert process_count({} if said is None else {PROCESSES: said}) == count


@pytest.mark.parametrize("said", ["0", "-1", "two", "1.5", "2 3", "²"])
def test_another_number_of_processes_is_one_line(said, monkeypatch):
    monkeypatch.setenv(PROCESSES, said)
    monkeypatch.delenv("RANK", raising=False)
    result = CliRunner().invoke(stage(on_ranks(example)), ["there"])
    assert result.exit_code == 1
    assert result.stderr == (
        f"example: FACEVEIL_PROCESSES: {said!r} is no number of processes; use 1, 2, 3, ...\n"
    )


def example(place: Path) -> None:
    """Do what the test says."""
    print(f"worked {place}")
    if os.environ.get("PROBLEM") == "lost":
        raise LostRankError("another rank ended")
    if os.environ.get("PROBLEM"):
        raise FaceveilError(os.environ["PROBLEM"])


def with_options(
    place: Path, out_folder: Annotated[Path, typer.Option()], *, times: Annotated[int, "a mark"]
) -> None:
    """Take a path by place and another by name."""


def test_a_stage_is_started_again_with_the_words_it_was_started_with():
    given = {"place": Path("here"), "out_folder": Path("there"), "times": 2}
    assert command_line(with_options, given) == ["here", "--out-folder", "there", "2"]


def rank_ends(monkeypatch, tmp_path, problem):
    """Run the example as one of two processes; return its end and what it says of its problem."""
    said = tmp_path / "error.json"
    for name, value in (("RANK", "1"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv(ERROR_FILE, str(said))
    monkeypatch.setenv("PROBLEM", problem)
    monkeypatch.setenv(PROCESSES, "2")  # one of them starts none
    result = CliRunner().invoke(stage(on_ranks(example)), ["there"])
    return result, json.loads(said.read_text())["message"] if said.is_file() else None


def test_one_process_runs_the_stage_itself(monkeypatch):
    for name in ("RANK", PROCESSES):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(stage(on_ranks(example)), ["there"])
    assert (result.exit_code, result.stdout) == (0, "worked there\n")


def test_a_rank_does_its_part(monkeypatch, tmp_path):
    result, said = rank_ends(monkeypatch, tmp_path, "")
    assert (result.exit_code, result.stdout, said) == (0, "worked there\n", None)


def test_a_rank_leaves_its_problem_to_the_launcher(monkeypatch, tmp_path):
    result, said = rank_ends(monkeypatch, tmp_path, "no such\nweights")
    assert (result.exit_code, result.stderr, said) == (1, "", "no such weights")


def test_a_rank_that_lost_another_says_nothing(monkeypatch, tmp_path):
    result, said = rank_ends(monkeypatch, tmp_path, "lost")
    assert (result.exit_code, result.stderr, said) == (LOST, "", None)


def test_a_stage_with_ranks_keeps_its_command_line():
    app = stage(on_ranks(example))
    assert isinstance(app, typer.Typer)
    result = CliRunner().invoke(app, ["--help"])
    assert "place" in result.stdout.lower()
    assert "Do what the test says" in result.stdout


def test_a_rank_knows_its_number_and_talks_on_this_machine(monkeypatch, tmp_path):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    said = environment(1, 4, tmp_path)
    assert (said["RANK"], said["LOCAL_RANK"], said["WORLD_SIZE"]) == ("1", "1", "4")
    assert said["OMP_NUM_THREADS"] == "2"
    assert said["GLOO_SOCKET_IFNAME"].startswith("lo")
    assert said["GLOO_SOCKET_IFNAME"] == said["NCCL_SOCKET_IFNAME"]
    assert said[LAUNCHER] == str(os.getpid())
    assert said[MEETING] == str(tmp_path / "meeting")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert environment(0, 4, tmp_path)["OMP_NUM_THREADS"] == "3"


@dataclass
class Failure:
    """As torch's launchers describe it."""

    exitcode: int
    error_file: str = "<N/A>"
    message: str = ""

    def signal_name(self) -> str:
        return signal.Signals(-self.exitcode).name


def test_what_a_process_said_comes_first(tmp_path):
    said = tmp_path / "error.json"
    said.touch()
    failures = {0: Failure(-signal.SIGKILL), 1: Failure(1, str(said), "the disk is full")}
    assert cause(failures, {}, 2) == "the disk is full"


def test_a_killed_process_is_named_before_those_that_lost_it():
    failures = {0: Failure(LOST), 1: Failure(-signal.SIGTERM), 2: Failure(-signal.SIGKILL)}
    line = cause(failures, {}, 3)
    assert line.startswith("process 3 of 3 was killed (SIGKILL; is the memory full?); run")
    assert "checkpoint" in line
    assert "(SIGSEGV)" in cause({0: Failure(-signal.SIGSEGV)}, {}, 2)


def test_a_process_that_broke_is_quoted(tmp_path):
    printed = tmp_path / "stderr.log"
    printed.write_text("Traceback\n  deep\nRuntimeError: CUDA error\n\n")
    failures = {0: Failure(LOST), 1: Failure(1)}
    line = cause(failures, {0: "", 1: str(printed)}, 2)
    assert line == "process 2 of 2 ended with status 1: RuntimeError: CUDA error"
    printed.write_text("")
    assert cause(failures, {1: str(printed)}, 2).endswith("it said nothing")
    assert cause({0: Failure(3)}, {0: ""}, 2).endswith("status 3, as it says above")


def test_processes_that_only_lost_each_other_are_told_to_go_on():
    failures = {0: Failure(LOST), 1: Failure(-signal.SIGTERM)}
    assert cause(failures, {}, 2).startswith("the 2 processes lost each other; run the same")
