"""Work on Ray: on the cluster that ``ray start`` made, or on this machine's cores by itself.

A worker that is killed costs time and no results: Ray starts its task again, on any machine.
"""

import importlib
import os
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import faceveil
from faceveil.params.errors import FaceveilError, reason_of

Item = TypeVar("Item")
Result = TypeVar("Result")

RETRIES = 5
"""How often a task is started again after its worker died; one that kills every worker must end."""

ANSWER_SECONDS = 5.0
"""A cluster that does not take a connection within this time is not there."""

SEVERAL_MACHINES = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Ray's own variable; on Linux too it says whether Ray is for more than one machine."""

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def map_on_cluster(
    work: Callable[[Item], Result], items: Sequence[Item], title: str, gpu: bool, workers: int
) -> Generator[Result]:
    """Yield ``work(item)`` for every item, in the order of the items.

    The work is a function that another process can import, or a ``functools.partial`` of one; with
    ``gpu`` each item has a GPU to itself. A cluster has its own number of workers.
    """
    ray = _connected(workers)
    task = ray.remote(num_cpus=1, num_gpus=int(gpu), max_retries=RETRIES)(_run)
    place, shared = Path.cwd(), ray.put(work)
    waiting: deque[Any] = deque()
    try:
        # Few at a time: results that nobody has asked for yet fill the memory.
        most = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
        for item in items:
            waiting.append(task.remote(place, shared, item))
            if len(waiting) >= most:
                yield ray.get(waiting.popleft())
        while waiting:
            yield ray.get(waiting.popleft())
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise FaceveilError(
            f"{title}: Ray lost a task {RETRIES + 1} times ({reason_of(error)}); look at the "
            "memory of its machines, then run the same command again"
        ) from None


def _run(place: Path, work: Callable[[Item], Result], item: Item) -> Result:
    os.chdir(place)  # where the command was started, so that relative paths hold
    return work(item)


def _connected(workers: int) -> Any:
    """Join the cluster of ``RAY_ADDRESS`` or of this machine, or start one here; return Ray."""
    address = _address()
    # Ray reads these once, when it is imported. Below `uv run` it would start each worker by
    # another `uv run`; a Ray of one machine would listen on all of its addresses.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
    if not address:
        # It listens on 127.0.0.1, as it does by itself on macOS and Windows.
        if "ray" in sys.modules and os.environ.get(SEVERAL_MACHINES) != "0":
            raise FaceveilError(
                "Ray was imported before it was told to listen on this machine only; set "
                f"{SEVERAL_MACHINES}=0 and run again"
            )
        os.environ[SEVERAL_MACHINES] = "0"
    ray: Any = importlib.import_module("ray")  # a second, and part of the extra `cluster`
    if ray.is_initialized():
        return ray
    # An editable install may be another checkout's: workers import what this process does.
    source = str(Path(faceveil.__file__).resolve().parents[1])
    variables = {"PYTHONPATH": source} | dict.fromkeys(THREADS, "1")
    common: dict[str, Any] = {
        "runtime_env": {"env_vars": variables},
        "log_to_driver": False,
        "logging_level": "error",
    }
    if not address:
        ray.init(address="local", num_cpus=workers, include_dashboard=False, **common)
        return ray
    try:
        ray.init(address=address, **common)
    except (OSError, ray.exceptions.RayError) as error:
        raise FaceveilError(
            f"Ray does not let this process in ({reason_of(error)}); its token has to be here, and "
            "RAY_AUTH_MODE=token if RAY_ADDRESS is set"
        ) from None
    return ray


def _address() -> str:
    """Return the address of the cluster at ``RAY_ADDRESS``, or of the one that this machine is in.

    An empty text if there is none.
    """
    said = os.environ.get("RAY_ADDRESS", "")
    address = _noted_address() if said in ("", "auto") else said.removeprefix("local")
    if not address and said in ("", "local"):
        return ""
    try:
        # A cluster that was killed leaves its address behind, and Ray would wait for it for ever.
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
    except (OSError, ValueError) as error:
        if not said:
            return ""
        raise FaceveilError(
            f"RAY_ADDRESS: no Ray cluster at {said!r} ({error}); start one by `ray start "
            "--head`, or unset it"
        ) from None
    return address


def _noted_address() -> str:
    """Return the address that ``ray start`` wrote down on this machine; empty if there is none."""
    # Ray has no public call that finds its address without joining it, hence its own file.
    linux = os.environ.get("TMPDIR", "/tmp") if sys.platform == "linux" else tempfile.gettempdir()
    file = Path(os.environ.get("RAY_TMPDIR", linux)) / "ray" / "ray_current_cluster"
    return file.read_text().strip() if file.is_file() else ""
