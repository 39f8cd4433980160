"""Work spread over processes or machines: the same results, in the same order, for any of them.

Which engine runs it is the environment's business: processes of this machine (``loop``), or Ray.
"""

import importlib.util
import os
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from faceveil.params.errors import FaceveilError
from faceveil.runtime.progress import progress

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = "FACEVEIL_WORKERS"
"""Environment variable: how many processes; all cores if it is not set."""

ENGINE = "FACEVEIL_ENGINE"
"""Environment variable: what runs them."""

ENGINES = ("loop", "ray")

MOST_WORKERS = 64

_RANKS_HERE = ("LOCAL_WORLD_SIZE", "WORLD_SIZE")


def worker_count() -> int:
    """Return how many processes may work at once; ranks of one machine share them."""
    wanted = os.environ.get(WORKERS) or str(os.cpu_count() or 1)
    if not wanted.isdecimal() or int(wanted) < 1:
        raise FaceveilError(f"{WORKERS}: found {wanted!r}; expected a whole number from 1 on")
    ranks = next((os.environ[name] for name in _RANKS_HERE if name in os.environ), "1")
    return max(1, int(wanted) // int(ranks))


def engine() -> str:
    """Return what runs the work, one of :data:`ENGINES`."""
    wanted = os.environ.get(ENGINE) or ENGINES[0]
    if wanted not in ENGINES:
        raise FaceveilError(f"{ENGINE}: no engine {wanted!r}; use {' or '.join(ENGINES)}")
    if wanted == "ray" and importlib.util.find_spec("ray") is None:
        raise FaceveilError(f"{ENGINE}: Ray is not installed; run `pip install .[cluster]`")
    return wanted


def map_in_order(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    title: str,
    least: int = 2,
    gpu: bool = False,
) -> Iterator[Result]:
    """Yield ``work(item)`` for every item, in the order of the items, with a progress bar."""
    if items and engine() == "ray":
        # Imports nothing heavy unless it is asked for.
        from faceveil.runtime.cluster import map_on_cluster  # noqa: PLC0415

        results: Generator[Result] = map_on_cluster(work, items, title, gpu, worker_count())
    elif gpu or len(items) < least or min(worker_count(), len(items)) <= 1:
        results = (work(item) for item in items)
    else:
        results = _map_in_processes(work, items, title)
    with closing(results):
        yield from progress(title, results, total=len(items))


def _map_in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], title: str
) -> Generator[Result]:
    workers = min(worker_count(), len(items), MOST_WORKERS)
    # Fresh processes with one thread each: a fork would copy locked threads, and threads that fight
    # for the cores are slower and add up in another order.
    parent = {"initializer": _end_with, "initargs": (os.getpid(),)}
    with parallel_config("loky", inner_max_num_threads=1, **parent):
        pool = Parallel(workers, return_as="generator", max_nbytes=None)
        results = pool(delayed(work)(item) for item in items)
    try:
        for result in results:  # noqa: UP028  (a plain loop, so that the pool is closed below)
            yield result
    except TerminatedWorkerError:
        raise FaceveilError(
            f"{title}: a process died, probably out of memory; set {WORKERS} below {workers}"
        ) from None
    finally:
        # Nobody works on after a stop: what is written is tidied up next.
        with warnings.catch_warnings(action="ignore"):
            results.close()
        get_reusable_executor().shutdown()


def _end_with(parent: int) -> None:
    """Let this process end when the one that started it was killed: it would wait for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread within the block: sums depend on the number of threads."""
    import torch  # noqa: PLC0415  (a second and more, and not all work needs it)

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
