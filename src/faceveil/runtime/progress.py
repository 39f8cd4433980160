"""How far long work has come: a bar on a terminal, and elsewhere a line a minute."""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tqdm import tqdm

OnEpoch = Callable[[int, Mapping[str, float]], None]
"""What is told the number of each epoch, from 1, and its values by name."""


def progress(
    title: str,
    steps: Iterable[Any] | None = None,
    *,
    total: int | None = None,
    unit: str = "it",
    **options: Any,
) -> "tqdm[Any]":
    """Return a progress bar, over ``steps`` or with a ``total`` to be updated, on standard error.

    Off a terminal, work that ends within a minute says nothing.
    """
    pace: dict[str, Any] = {} if sys.stderr.isatty() else {"mininterval": 60, "delay": 60}
    return tqdm(steps, title, total, unit=unit, **pace, **options)


def named(report: OnEpoch, training: int) -> OnEpoch:
    """Return what reports the values of a training under names of its own."""
    ending = f"/{training}" if training else ""
    return lambda epoch, values: report(epoch, {f"{name}{ending}": v for name, v in values.items()})
