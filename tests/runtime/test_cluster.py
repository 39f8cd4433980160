"""Work on Ray: in order, with this checkout's code, and whole after a worker is killed."""

import importlib.util
import os
import signal
import socket
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import torch

import faceveil
from faceveil.params.errors import FaceveilError
from faceveil.runtime import cluster
from faceveil.runtime.cluster import map_on_cluster
from faceveil.runtime.parallel import map_in_order
from faceveil.runtime.shards import ALONE, Load, make_parts

psutil = pytest.importorskip("psutil")
if importlib.util.find_spec("ray") is None:  # imported by the code under test, after its settings
    pytest.skip("Ray is not installed", allow_module_level=True)


def negative(number: int) -> tuple[int, int]:
    return -number, os.getpid()


def surroundings(number: int) -> tuple[str, str, str, int]:
    threads = os.environ["OMP_NUM_THREADS"]
    return faceveil.__file__, str(Path.cwd()), threads, torch.get_num_threads()


def refuse(number: int) -> int:
    raise FaceveilError(f"{number}: refused")


def kill_once(folder: Path, number: int, path: Path) -> None:
    """Write a part; the first worker that works on number 2 is killed half-way."""
    path.write_text("half")
    marker = folder / "killed"
    if number == 2 and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    path.write_text(f"part of {number}")


def die(number: int) -> int:
    os._exit(1)


def test_a_cluster_that_does_not_answer_is_one_line(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    start = time.monotonic()
    with pytest.raises(FaceveilError, match=r"RAY_ADDRESS: no Ray cluster at '127.0.0.1:1' "):
        cluster._address()
    assert time.monotonic() - start < 30


def test_the_address_of_a_cluster_that_ended_is_no_cluster(monkeypatch, tmp_path):
    """Ray keeps it, and would wait for the cluster for ever."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    assert cluster._address() == ""
    noted = tmp_path / "ray" / "ray_current_cluster"
    noted.parent.mkdir()
    noted.write_text("127.0.0.1:1")
    assert cluster._address() == ""
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    with pytest.raises(FaceveilError, match=r"RAY_ADDRESS: no Ray cluster at 'auto' "):
        cluster._address()
    with socket.create_server(("127.0.0.1", 0)) as server:
        noted.write_text(address := f"127.0.0.1:{server.getsockname()[1]}")
        assert cluster._address() == address
        monkeypatch.setenv("RAY_ADDRESS", "local")
        assert cluster._address() == ""


def test_a_ray_that_was_imported_too_early_does_not_listen_beyond_this_machine(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "local")
    monkeypatch.delenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", raising=False)
    monkeypatch.setitem(sys.modules, "ray", sys)
    with pytest.raises(FaceveilError, match="RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER=0 and run again"):
        cluster._connected(2)


@pytest.fixture(scope="module")
def on_ray(tmp_path_factory):
    """A Ray of this machine, started by the first test that asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_ENGINE", "ray")
        patch.setenv("FACEVEIL_WORKERS", "2")
        patch.setenv("RAY_ADDRESS", "local")
        cluster._connected(2)
        yield
        importlib.import_module("ray").shutdown()


@pytest.mark.slow
def test_results_come_in_order_from_other_processes(on_ray):
    results = list(map_in_order(negative, range(9), "numbers"))
    assert [value for value, _ in results] == [-number for number in range(9)]
    assert os.getpid() not in {process for _, process in results}


@pytest.mark.slow
def test_workers_run_this_code_here_with_one_thread(on_ray):
    expected = (faceveil.__file__, str(Path.cwd()), "1", 1)
    assert set(map_on_cluster(surroundings, range(3), "x", False, 2)) == {expected}


@pytest.mark.slow
def test_nothing_listens_beyond_this_machine(on_ray):
    list(map_on_cluster(negative, range(2), "x", False, 2))
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    assert len(processes) > 3
    open_ports = [c for p in processes for c in p.net_connections("tcp") if c.status == "LISTEN"]
    assert open_ports
    assert {c.laddr.ip.removeprefix("::ffff:") for c in open_ports} <= {"127.0.0.1", "::1"}


@pytest.mark.slow
def test_a_killed_worker_costs_no_part(on_ray, tmp_path):
    parts = make_parts(partial(kill_once, tmp_path), range(5), tmp_path / "p", Load("x"), ALONE)
    assert (tmp_path / "killed").exists()
    assert [part.read_text() for part in parts] == [f"part of {number}" for number in range(5)]


@pytest.mark.slow
def test_a_problem_comes_back_as_it_is(on_ray):
    with pytest.raises(FaceveilError, match=r"^3: refused$"):
        list(map_on_cluster(refuse, [3], "x", False, 2))


@pytest.mark.slow
def test_work_that_kills_every_worker_ends_in_one_line(on_ray, monkeypatch):
    monkeypatch.setattr(cluster, "RETRIES", 1)
    with pytest.raises(FaceveilError, match=r"^numbers: Ray lost a task 2 times \("):
        list(map_on_cluster(die, [3], "numbers", False, 2))
