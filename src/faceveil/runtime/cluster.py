"""Work on Ray: on the cluster that ``ray start`` made, or on this machine's cores by itself.

A worker that is killed costs time and no results: Ray starts its task again, on any machine.
"""

import importlib
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import faceveil
from faceveil.params.errors import FaceveilError
from faceveil.runtime.parallel import THREADS, worker_count

Item = TypeVar("Item")
Result = TypeVar("Result")

RETRIES = 5
"""How often a task is started again after its worker died; one that kills every worker must end."""

ANSWER_SECONDS = 5.0
"""A cluster that does not take a connection within this time is not there."""


def map_on_cluster(
    work: Callable[[Item], Result], items: Sequence[Item], title: str, gpu: bool = False
) -> Iterator[Result]:
    """Yield ``work(item)`` for every item, in the order of the items.

    Args:
        work: a function that another process can import, or a ``functools.partial`` of one.
        items: what to work on.
        title: what the work is called in an error.
        gpu: whether each item needs a GPU to itself.

    Raises:
        FaceveilError: if Ray cannot be reached, or a worker dies each time it works on an item.
    """
    ray = _connected()
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
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(
            f"{title}: Ray lost a task {RETRIES + 1} times ({reason}); look at the memory of its "
            "machines, then run the same command again"
        ) from None


def _run(place: Path, work: Callable[[Item], Result], item: Item) -> Result:
    """Do one piece of work where the command was started, so that its relative paths hold."""
    os.chdir(place)
    return work(item)


def _connected() -> Any:
    """Join the cluster of ``RAY_ADDRESS`` or of this machine, or start one here; return Ray."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray: Any = importlib.import_module("ray")  # a second, and part of the extra `cluster`
    if ray.is_initialized():
        return ray
    # An editable install may be another checkout's: workers shall import what this process does.
    source = str(Path(faceveil.__file__).resolve().parents[1])
    _start_workers_as_this_process_was()
    variables = {"PYTHONPATH": source} | dict.fromkeys(THREADS, "1")
    common: dict[str, Any] = {
        "runtime_env": {"env_vars": variables},
        "log_to_driver": False,
        "logging_level": "error",
    }
    if not _answers():
        _listen_here_only()
        ray.init(address="local", num_cpus=worker_count(), include_dashboard=False, **common)
        return ray
    try:
        ray.init(address="auto", **common)
    except (OSError, ray.exceptions.RayError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FaceveilError(
            f"Ray does not let this process in ({reason}); its token has to be here, and "
            "RAY_AUTH_MODE=token if RAY_ADDRESS is set"
        ) from None
    return ray


def _answers() -> bool:
    """Return whether there is a cluster at ``RAY_ADDRESS``, or one that this machine is part of.

    Raises:
        FaceveilError: if nothing answers at ``RAY_ADDRESS``.
    """
    services: Any = importlib.import_module("ray._private.services")
    try:
        # A cluster that was killed leaves its address behind, and Ray would wait for it for ever.
        address: str | None = services.canonicalize_bootstrap_address(None)
        if address:
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
        return bool(address)
    except (OSError, ValueError) as error:
        if said := os.environ.get("RAY_ADDRESS"):
            raise FaceveilError(
                f"RAY_ADDRESS: no Ray cluster at {said!r} ({error}); start one by `ray start "
                "--head`, or unset it"
            ) from None
        return False


def _start_workers_as_this_process_was() -> None:
    """Let workers run this Python: below ``uv run``, Ray would start each by another ``uv run``."""
    # RAY_ENABLE_UV_RUN_RUNTIME_ENV says the same, but is read when Ray is imported, by anyone.
    constants: Any = importlib.import_module("ray._private.ray_constants")
    constants.RAY_ENABLE_UV_RUN_RUNTIME_ENV = False


def _listen_here_only() -> None:
    """Let a Ray of one machine listen on 127.0.0.1, as it does by itself on macOS and Windows."""
    # There is no setting for it: ray.init takes 127.0.0.1 for the name of a public address.
    constants: Any = importlib.import_module("ray._private.ray_constants")
    constants.ENABLE_RAY_CLUSTER = False
