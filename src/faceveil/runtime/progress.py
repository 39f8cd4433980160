"""How far long work has come: a bar on a terminal, and elsewhere a line every half minute."""

import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing import current_process
from typing import Any, TextIO

from tqdm import tqdm

OnEpoch = Callable[[int, Mapping[str, float]], None]
"""What is told the number of each epoch, from 1, and its values by name."""

PACE = 30.0
"""Seconds between two lines where there is no terminal."""

LINE = "{desc}: {percentage:.0f} %, {n_fmt} of {total_fmt} {unit}, {elapsed} gone, {remaining} left"


def progress(
    title: str,
    steps: Iterable[Any] | None = None,
    *,
    total: int | None = None,
    unit: str = "it",
    **options: Any,
) -> "tqdm[Any]":
    """Return a progress bar, over ``steps`` or with a ``total`` to be updated, on standard error.

    Off a terminal there are lines: what, how far, and how long it will take; none of work that ends
    within half a minute, and one for each half minute of a long step.
    """
    if current_process().name.startswith("Loky"):
        options["disable"] = True  # one of several workers: who started them tells of all
    if sys.stderr.isatty():
        return tqdm(steps, title, total, unit=unit, **options)
    return _Lines(steps, title, total, unit=unit, **options)


class _Stream:
    """Writes each state as a line, where tqdm goes back to the beginning of its own."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> None:
        if line := text.strip():
            self._file.write(f"{line}\n")

    def flush(self) -> None:
        self._file.flush()


class _Lines(tqdm):  # type: ignore[type-arg]
    """Progress where there is no terminal."""

    def __init__(self, *args: Any, file: TextIO | None = None, **options: Any) -> None:
        self._ended = threading.Event()
        pace: dict[str, Any] = {
            "mininterval": PACE,
            "delay": PACE,
            "miniters": 1,
            "bar_format": LINE + "{postfix}",
        }
        pace["file"] = _Stream(file or sys.stderr)
        super().__init__(*args, **pace | options)
        if not self.disable:
            reminder = (weakref.ref(self), self._ended)
            threading.Thread(target=_remind, args=reminder, daemon=True).start()

    def __iter__(self) -> Iterator[Any]:
        # tqdm's own loop does not say to others how far it has come.
        try:
            for step in self.iterable:
                yield step
                self.update()
        finally:
            self.close()

    def moveto(self, n: int) -> None:
        """Stay: lines are not written over."""

    def close(self) -> None:
        self._ended.set()
        super().close()


def _remind(of: "weakref.ref[_Lines]", ended: threading.Event) -> None:
    """Write a line for each half minute in which no step came to its end."""
    while not ended.wait(PACE):
        if (bar := of()) is not None and time.time() >= bar.last_print_t + PACE:
            bar.refresh()
            bar.last_print_t = time.time()
        del bar  # nobody else may hold it any more


def named(report: OnEpoch, training: int) -> OnEpoch:
    """Return what reports the values of a training under names of its own."""
    ending = f"/{training}" if training else ""
    return lambda epoch, values: report(epoch, {f"{name}{ending}": v for name, v in values.items()})
