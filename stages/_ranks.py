"""One stage in several processes: how many says the environment, so that DVC's commands stay.

With ``FACEVEIL_PROCESSES=2`` a stage starts itself twice, by what torchrun itself starts processes
with, and waits. torchrun's own meeting place listens on every network interface; here the
processes meet in a file and talk over the loopback interface alone. Started by torchrun, as over
several machines, a stage is one of the processes already.
"""

import functools
import inspect
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.models import OptionInfo

from faceveil.params.errors import FaceveilError
from stages._stage import _line

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing import ProcessFailure

PROCESSES = "FACEVEIL_PROCESSES"
ERROR_FILE = "TORCHELASTIC_ERROR_FILE"
"""Where torch's launchers, torchrun too, expect a process to say why it failed."""

LOST = 75
"""Status of a process that failed because another did: it has nothing to add."""


def on_ranks(function: Callable[..., None]) -> Callable[..., None]:
    """Let a stage run in as many processes as ``FACEVEIL_PROCESSES`` says, by default in this one.

    The outcome is that of one process; a problem of any of them is one line of the whole.
    """

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        from faceveil.runtime.ranks import is_rank

        if is_rank():
            _play_part(function, *args, **kwargs)
        elif (count := process_count(os.environ)) > 1:
            given = inspect.signature(function).bind(*args, **kwargs).arguments
            _start(function.__name__, command_line(function, given), count)
        else:
            function(*args, **kwargs)

    return run


def command_line(function: Callable[..., None], given: Mapping[str, Any]) -> list[str]:
    """Return the words that start a stage with these values: options by name, others by place."""
    words = []
    for name, value in given.items():
        marks = getattr(function.__annotations__[name], "__metadata__", ())
        if any(isinstance(mark, OptionInfo) for mark in marks):
            words.append(f"--{name.replace('_', '-')}")
        words.append(str(value))
    return words


def process_count(environment: Mapping[str, str]) -> int:
    """Return how many processes a stage runs in; 1 if nothing is said."""
    said = environment.get(PROCESSES) or "1"
    if not (said.isascii() and said.isdecimal() and int(said) >= 1):
        raise FaceveilError(f"{PROCESSES}: {said!r} is no number of processes; use 1, 2, 3, ...")
    return int(said)


def _play_part(function: Callable[..., None], *args: Any, **kwargs: Any) -> None:
    """Run a stage as one of several processes, and leave its problem to who started them."""
    from faceveil.runtime.ranks import LostRankError

    try:
        function(*args, **kwargs)
    except LostRankError:
        raise typer.Exit(LOST) from None
    except (FaceveilError, OSError, KeyboardInterrupt, MemoryError) as problem:
        place = os.environ.get(ERROR_FILE)
        if not place:
            raise
        said = {"message": _line(problem), "timestamp": int(time.time())}
        Path(place).write_text(json.dumps(said))
        raise typer.Exit(1) from None


def _start(stage: str, arguments: list[str], count: int) -> None:
    """Run a stage in so many processes and wait for all, or end all with the first that fails."""
    import logging
    from tempfile import TemporaryDirectory

    from torch.distributed.elastic.multiprocessing import (
        DefaultLogsSpecs,
        SignalException,
        Std,
        start_processes,
    )

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    with TemporaryDirectory(prefix="faceveil-") as folder:
        context = start_processes(
            stage,
            sys.executable,
            dict.fromkeys(range(count), ("-m", f"stages.{stage}", *arguments)),
            {rank: environment(rank, count, Path(folder)) for rank in range(count)},
            # The first one speaks; what the others print is at hand if one of them fails.
            DefaultLogsSpecs(folder, redirects=dict.fromkeys(range(1, count), Std.ALL)),
        )
        try:
            result = context.wait(period=0.1)
        except SignalException as stopped:
            context.close(stopped.sigval)
            if stopped.sigval == signal.SIGINT:
                raise KeyboardInterrupt from None
            raise typer.Exit(128 + stopped.sigval) from None
        if result and result.is_failed():
            raise FaceveilError(cause(result.failures, result.stderrs, count))


def environment(rank: int, count: int, folder: Path) -> dict[str, str]:
    """Return what tells a process which of them it is, and keeps their talk on this machine.

    Args:
        rank: number of the process, from 0.
        count: how many there are.
        folder: a fresh folder, where they meet.
    """
    import socket

    from faceveil.runtime.ranks import LAUNCHER, MEETING

    loopback = next((n for _, n in socket.if_nameindex() if n.startswith("lo")), None)
    interface = {"GLOO_SOCKET_IFNAME": loopback, "NCCL_SOCKET_IFNAME": loopback} if loopback else {}
    threads = str(max(1, (os.cpu_count() or 1) // count))
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(count),
        MEETING: str(folder / "meeting"),
        LAUNCHER: str(os.getpid()),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads),
        **interface,
    }


def cause(failures: Mapping[int, "ProcessFailure"], stderrs: Mapping[int, str], count: int) -> str:
    """Return in one line why several processes failed.

    What a process said comes first, then the first that was killed, then any other that failed.
    The rest ended because of it: by the signal that ends all, or for lack of the lost one.

    Args:
        failures: by number of the process.
        stderrs: files that hold what a process printed; empty for the terminal.
        count: how many processes there were.
    """
    for failure in failures.values():
        if Path(failure.error_file).is_file():
            return str(failure.message)
    again = "run the same command again, it goes on from its last checkpoint"
    for rank, failure in failures.items():
        if failure.exitcode < 0 and failure.exitcode != -signal.SIGTERM:
            name = failure.signal_name()
            hint = "; is the memory full?" if failure.exitcode == -signal.SIGKILL else ""
            return f"process {rank + 1} of {count} was killed ({name}{hint}); {again}"
    for rank, failure in failures.items():
        if failure.exitcode not in (LOST, -signal.SIGTERM):
            said = f": {_last_line(stderrs[rank])}" if stderrs.get(rank) else ", as it says above"
            return f"process {rank + 1} of {count} ended with status {failure.exitcode}{said}"
    return f"the {count} processes lost each other; {again}"


def _last_line(file: str) -> str:
    lines = Path(file).read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
