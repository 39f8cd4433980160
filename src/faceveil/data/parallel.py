"""Work spread over processes: the same results, in the same order, for any number of them."""

import multiprocessing
import os
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

_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def worker_count() -> int:
    """Return how many processes may work at once.

    Raises:
        FaceveilError: if ``FACEVEIL_WORKERS`` is no whole number from 1 on.
    """
    wanted = os.environ.get(WORKERS) or str(os.cpu_count() or 1)
    if not wanted.isdecimal() or int(wanted) < 1:
        raise FaceveilError(f"{WORKERS}: found {wanted!r}; expected a whole number from 1 on")
    return int(wanted)


def map_in_order(
    work: Callable[[Item], Result], items: Sequence[Item], title: str, least: int = 2
) -> Iterator[Result]:
    """Yield ``work(item)`` for every item, in the order of the items, with a progress bar.

    Args:
        work: a function that a fresh process can import, or a ``functools.partial`` of one.
        items: what to work on.
        title: the progress bar's.
        least: fewer items are not worth starting processes, and are worked on here.

    Raises:
        FaceveilError: if a process dies, which is what running out of memory looks like.
    """
    workers = min(worker_count(), len(items), 64)
    if workers <= 1 or len(items) < least:
        yield from tqdm(map(work, items), title, len(items), disable=None)
        return
    # Fresh processes with one thread each: a fork would copy locked threads, and threads that fight
    # for the cores are slower and add up in another order.
    context = multiprocessing.get_context("spawn")
    with _one_thread_each(), ProcessPoolExecutor(workers, mp_context=context) as pool:
        try:
            yield from tqdm(pool.map(work, items), title, len(items), disable=None)
        except BrokenProcessPool:
            raise FaceveilError(
                f"{title}: a process died, probably out of memory; set {WORKERS} below {workers}"
            ) from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes that start within the block use one thread."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
