"""The accuracy table as a picture: a point and its interval per row and experiment."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from faceveil.runtime.atomic import atomic_path

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's palette, which colour-blind readers tell apart too; one per experiment."""

MARKERS = ("o", "s", "^", "D", "v", "P")

TITLES = {
    "same_photo": "Same photo: the enrolled photo itself, with something on it",
    "other_photo": "Other photo of the person",
}


def accuracy_figure(path: Path, table: pd.DataFrame) -> None:
    """Draw rank-1 accuracy with intervals, one panel per protocol, published numbers as crosses.

    Args:
        path: PNG to write, whole or not at all.
        table: columns ``label``, ``protocol``, ``experiment``, and in percent ``accuracy``,
            ``low``, ``high``, ``published``; one line per row, protocol and experiment.
    """
    protocols = list(dict.fromkeys(table["protocol"]))
    labels = list(dict.fromkeys(table["label"]))
    experiments = list(dict.fromkeys(table["experiment"]))
    size = (2.6 + 5.2 * len(protocols), 1.2 + 0.42 * len(labels))
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    panels = figure.subplots(1, len(protocols), sharey=True, squeeze=False)[0]
    for protocol, axis in zip(protocols, panels, strict=True):
        _panel(axis, table[table["protocol"] == protocol], labels, experiments)
        axis.set_title(TITLES.get(protocol, protocol), fontsize=10, loc="left")
    figure.legend(handles=_keys(experiments, table), loc="outside lower center", ncols=8)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, metadata={"Software": None})


def _panel(axis: Axes, table: pd.DataFrame, labels: list[str], experiments: list[str]) -> None:
    """Draw one protocol: rows from top to bottom, experiments side by side within a row."""
    place = {label: number for number, label in enumerate(labels)}
    step = 0.7 / max(len(experiments), 1)
    for number, experiment in enumerate(experiments):
        chosen = table[table["experiment"] == experiment]
        height = chosen["label"].map(place) + (number - (len(experiments) - 1) / 2) * step
        axis.hlines(height, chosen["low"], chosen["high"], **_line(number))
        axis.plot(chosen["accuracy"], height, **_point(number))
        axis.plot(chosen["published"], height, **_CROSS)
    for edge in range(1, len(labels)):
        axis.axhline(edge - 0.5, color="#e6e6e6", linewidth=0.8, zorder=0)
    axis.set(xlim=(-2, 102), ylim=(len(labels) - 0.5, -0.5), xlabel="rank-1 accuracy, %")
    axis.set_yticks(range(len(labels)), labels, fontsize=9)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="x", color="#e6e6e6", linewidth=0.8)
    axis.spines[["top", "right", "left"]].set_visible(False)


_CROSS: dict[str, Any] = {
    "marker": "x",
    "linestyle": "none",
    "color": "#333333",
    "markersize": 5,
    "zorder": 4,
}


def _line(number: int) -> dict[str, Any]:
    return {"color": COLOURS[number % len(COLOURS)], "linewidth": 1.6, "alpha": 0.6}


def _point(number: int) -> dict[str, Any]:
    return {
        "marker": MARKERS[number % len(MARKERS)],
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": "none",
        "markersize": 4.5,
        "zorder": 3,
    }


def _keys(experiments: list[str], table: pd.DataFrame) -> list[Line2D]:
    """Return the entries of the legend."""
    keys = [Line2D([], [], label=e, **_point(n)) for n, e in enumerate(experiments)]
    if table["published"].notna().any():
        keys.append(Line2D([], [], label="published", **_CROSS))
    return keys
