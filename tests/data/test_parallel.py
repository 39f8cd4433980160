"""Work spread over processes comes back in order, whatever their number."""

import os

import pytest

from faceveil.data.parallel import map_in_order, worker_count
from faceveil.params.errors import FaceveilError


def negative_process(number: int) -> tuple[int, int]:
    return -number, os.getpid()


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


def test_all_cores_unless_told(monkeypatch):
    monkeypatch.delenv("FACEVEIL_WORKERS", raising=False)
    assert worker_count() == os.cpu_count()


@pytest.mark.parametrize("wanted", ["0", "-1", "two", "1.5"])
def test_other_counts_are_refused(monkeypatch, wanted):
    monkeypatch.setenv("FACEVEIL_WORKERS", wanted)
    with pytest.raises(FaceveilError, match="FACEVEIL_WORKERS: found"):
        worker_count()
