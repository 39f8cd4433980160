"""``train_gan`` killed at any moment: the same command goes on and ends with the same bytes."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.stages.gan_world import arguments, enter_world, settings, write_world

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for ranks in /proc"),
]
LIMIT = 240
"""Seconds after which a run is taken for hung."""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    write_world(root)
    return root


def place(world, folder):
    folder.mkdir()
    enter_world(world, folder)
    settings(folder, epochs=12, trainings=2)
    return folder


def start(folder, processes=1):
    own = {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "FACEVEIL_DEVICE": "cpu",
        "FACEVEIL_PROCESSES": str(processes),
        "OMP_NUM_THREADS": "1",
        "DVC_ROOT": str(folder),
        "TMPDIR": str(folder),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "stages.train_gan", *arguments("exp3")],
        cwd=folder,
        env={name: v for name, v in os.environ.items() if name != "RANK"} | own,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Wait for a run, and return its status and what it said."""
    _, said = process.communicate(timeout=LIMIT)
    return process.returncode, said


def outputs(folder):
    """Return the bytes of everything that was written, without what tracking wrote."""
    kept = (folder / part for part in ("models/gan", "metrics", "figures"))
    files = [path for part in kept for path in part.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def until(condition):
    """Wait for something and return it."""
    end = time.monotonic() + LIMIT
    while not (found := condition()):
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)
    return found


def checkpoints(folder):
    return list((folder / ".scratch").rglob("checkpoint.safetensors"))


def ranks(launcher):
    """Return the process ids of the ranks that a process started, in order."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            said = dict(
                entry.partition("=")[::2]
                for entry in (folder / "environ").read_text(errors="replace").split("\0")
            )
        except OSError:
            continue
        if said.get("FACEVEIL_LAUNCHER") == str(launcher.pid):
            found[int(said["RANK"])] = int(folder.name)
    return [found[rank] for rank in sorted(found)]


@pytest.fixture(scope="module")
def undisturbed(world, tmp_path_factory):
    """What a run leaves that nobody kills, by the number of its processes."""

    def run(processes):
        folder = place(world, tmp_path_factory.mktemp("undisturbed") / "run")
        assert finish(start(folder, processes)) == (0, "")
        assert checkpoints(folder) == []
        return outputs(folder)

    return {processes: run(processes) for processes in (1, 2)}


def test_the_outcome_is_all_there(undisturbed):
    for found in undisturbed.values():
        names = ("generator.safetensors", "head.safetensors", "card.json")
        weights = {f"models/gan/exp3/{number}/{name}" for number in (0, 1) for name in names}
        pictures = {"metrics/training/exp3.csv", "figures/evolution/exp3.png"}
        assert set(found) == weights | pictures


def test_a_killed_stage_ends_with_the_same_bytes(world, undisturbed, tmp_path):
    folder, moments = place(world, tmp_path / "run"), random.Random(2021)
    ends = []
    for after_checkpoint in (False, True, True):
        process = start(folder)
        if after_checkpoint:
            until(lambda p=process: p.poll() is not None or checkpoints(folder))
        time.sleep(moments.uniform(0, 4))
        process.kill()
        ends.append(finish(process)[0])
    assert -signal.SIGKILL in ends
    assert finish(start(folder)) == (0, "")
    assert outputs(folder) == undisturbed[1]
    assert checkpoints(folder) == []


def test_a_killed_rank_ends_the_run_with_one_line_and_the_rerun_goes_on(
    world, undisturbed, tmp_path
):
    folder = place(world, tmp_path / "run")
    for number in (1, 0):
        process = start(folder, processes=2)
        until(lambda: checkpoints(folder))
        os.kill(until(lambda p=process: len(ranks(p)) == 2 and ranks(p))[number], signal.SIGKILL)
        status, said = finish(process)
        assert status == 1
        assert said.startswith(f"train_gan: process {number + 1} of 2 was killed (SIGKILL")
        assert said.count("\n") == 1
        assert outputs(folder) == {}
        assert ranks(process) == []
        assert checkpoints(folder)
    assert finish(start(folder, processes=2)) == (0, "")
    assert outputs(folder) == undisturbed[2]


def test_ranks_end_when_what_started_them_is_killed(world, tmp_path):
    folder = place(world, tmp_path / "run")
    process = start(folder, processes=2)
    until(lambda: checkpoints(folder))
    process.kill()
    process.wait(LIMIT)
    until(lambda: not ranks(process))
    assert outputs(folder) == {}


def test_a_problem_of_all_ranks_is_one_line(world, tmp_path):
    folder = place(world, tmp_path / "run")
    (folder / "models/recognizers").unlink()
    status, said = finish(start(folder, processes=2))
    assert status == 1
    assert said.startswith("train_gan: models/recognizers/facenet")
    assert said.count("\n") == 1
