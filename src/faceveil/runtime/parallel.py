"""Work spread over processes or machines: the same results, in the same order, for any of them.

Which engine runs it is the environment's business: processes of this machine (``loop``), or Ray.
"""

import importlib.util
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

from faceveil.params.errors import FaceveilError

Item = TypeVar("Item")
Result = TypeVar("Result")

WORKERS = "FACEVEIL_WORKERS"
"""Environment variable: how many processes; all cores if it is not set."""

ENGINE = "FACEVEIL_ENGINE"
"""Environment variable: what runs them."""

ENGINES = ("loop", "ray")

THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
"""Environment variables that say how many threads a process uses."""

_RANKS_HERE = ("LOCAL_WORLD_SIZE", "WORLD_SIZE")


def worker_count() -> int:
    """Return how many processes may work at once; ranks of one machine share them.

    Raises:
        FaceveilError: if ``FACEVEIL_WORKERS`` is no whole number from 1 on.
    """
    wanted = os.environ.get(WORKERS) or str(os.cpu_count() or 1)
    if not wanted.isdecimal() or int(wanted) < 1:
        raise FaceveilError(f"{WORKERS}: found {wanted!r}; expected a whole number from 1 on")
    ranks = next((os.environ[name] for name in _RANKS_HERE if name in os.environ), "1")
    return max(1, int(wanted) // int(ranks))


def engine() -> str:
    """Return what runs the work, one of :data:`ENGINES`.

    Raises:
        FaceveilError: if ``FACEVEIL_ENGINE`` names another one, or one that is not installed.
    """
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
    """Yield ``work(item)`` for every item, in the order of the items, with a progress bar.

    Args:
        work: a function that a fresh process can import, or a ``functools.partial`` of one.
        items: what to work on.
        title: the progress bar's.
        least: fewer items are not worth starting processes, and are worked on here; Ray, which is
            only used if asked for, gets any number.
        gpu: whether each item needs a GPU; this machine's works on one item at a time.

    Raises:
        FaceveilError: if a process dies, which is what running out of memory looks like.
    """
    if items and engine() == "ray":
        # Imports nothing heavy unless it is asked for.
        from faceveil.runtime.cluster import map_on_cluster  # noqa: PLC0415

        results = map_on_cluster(work, items, title, gpu)
    elif gpu or len(items) < least or min(worker_count(), len(items)) <= 1:
        results = map(work, items)
    else:
        results = _map_in_processes(work, items, title)
    yield from tqdm(results, title, len(items), disable=None)


def _map_in_processes(
    work: Callable[[Item], Result], items: Sequence[Item], title: str
) -> Iterator[Result]:
    workers = min(worker_count(), len(items), 64)
    # Fresh processes with one thread each: a fork would copy locked threads, and threads that fight
    # for the cores are slower and add up in another order.
    context = multiprocessing.get_context("spawn")
    with (
        _one_thread_each(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool,
    ):
        try:
            yield from pool.map(work, items)
        except BrokenProcessPool:
            raise FaceveilError(
                f"{title}: a process died, probably out of memory; set {WORKERS} below {workers}"
            ) from None
        except BaseException:
            # Those at work are waited for: they may write where things are tidied up next.
            pool.shutdown(cancel_futures=True)
            raise


def _end_with_parent() -> None:
    """Let this process end when the one that started it was killed: it would wait for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
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


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start within the block use one thread."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
