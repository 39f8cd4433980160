"""Work spread over processes comes back in order, whatever their number."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from faceveil.params.errors import FaceveilError
from faceveil.runtime.parallel import engine, map_in_order, worker_count
from tests.conftest import ROOT


def negative_process(number: int) -> tuple[int, int]:
    return -number, os.getpid()


def dawdle(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)


def write_slowly(folder: str) -> None:
    time.sleep(0.4)
    (Path(folder) / str(time.monotonic_ns())).touch()


def die(number: int) -> int:
    os._exit(1)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_results_come_in_order(monkeypatch, workers):
    monkeypatch.setenv("FACEVEIL_WORKERS", workers)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    results = list(map_in_order(negative_process, range(9), "numbers"))
    assert [value for value, _ in results] == [-number for number in range(9)]
    assert (os.getpid() in {process for _, process in results}) == (workers == "1")
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_little_work_stays_here(monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    results = map_in_order(negative_process, range(3), "numbers", least=4)
    assert {process for _, process in results} == {os.getpid()}


def test_a_dead_process_is_one_line(monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    with pytest.raises(FaceveilError, match="FACEVEIL_WORKERS below 2"):
        list(map_in_order(die, range(4), "numbers"))


def test_nothing_is_written_any_more_after_a_stop(monkeypatch, tmp_path):
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    results = map_in_order(write_slowly, [str(tmp_path)] * 40, "files")
    next(results)
    results.close()
    written = len(list(tmp_path.iterdir()))
    time.sleep(1)
    assert written == len(list(tmp_path.iterdir())) < 20


def test_all_cores_unless_told(monkeypatch):
    monkeypatch.delenv("FACEVEIL_WORKERS", raising=False)
    assert worker_count() == os.cpu_count()


@pytest.mark.parametrize("wanted", ["0", "-1", "two", "1.5"])
def test_other_counts_are_refused(monkeypatch, wanted):
    monkeypatch.setenv("FACEVEIL_WORKERS", wanted)
    with pytest.raises(FaceveilError, match="FACEVEIL_WORKERS: found"):
        worker_count()


def test_ranks_of_one_machine_share_its_cores(monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "5")
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert worker_count() == 1
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert worker_count() == 2


def test_work_for_a_gpu_stays_here(monkeypatch):
    monkeypatch.setenv("FACEVEIL_WORKERS", "2")
    results = map_in_order(negative_process, range(3), "numbers", gpu=True)
    assert {process for _, process in results} == {os.getpid()}


def test_an_unknown_engine_is_refused(monkeypatch):
    monkeypatch.setenv("FACEVEIL_ENGINE", "Ray")
    with pytest.raises(FaceveilError, match="FACEVEIL_ENGINE: no engine 'Ray'; use loop or ray"):
        list(map_in_order(negative_process, range(2), "numbers"))


def test_without_ray_its_extra_is_named(monkeypatch):
    monkeypatch.setenv("FACEVEIL_ENGINE", "ray")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        FaceveilError, match=r"Ray is not installed; run `pip install \.\[cluster\]`"
    ):
        engine()


def test_processes_end_with_the_one_that_started_them(tmp_path):
    """Killed, it cannot tell them, and they would wait for ever."""
    script = (
        "from faceveil.runtime.parallel import map_in_order\n"
        "from tests.runtime.test_parallel import dawdle\n"
        f"if __name__ == '__main__': list(map_in_order(dawdle, [{str(tmp_path)!r}] * 2, 'x'))\n"
    )
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "FACEVEIL_WORKERS": "2"}
    parent = subprocess.Popen([sys.executable, "-c", script], env=environment)
    deadline = time.monotonic() + 60
    while len(children := list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert len(children) == 2
    while (left := [c for c in children if alive(int(c.name))]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
