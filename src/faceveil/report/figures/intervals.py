"""Points with their intervals: a labelled line per thing, a mark per experiment."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from faceveil.report.figures.accuracy import COLOURS, MARKERS
from faceveil.report.figures.svg import INK, MUTED, PAPER, RULE, SERIES
from faceveil.runtime.atomic import atomic_path

WIDTH = 4.5
"""Width of a panel in inches; text of 10 pt is still readable on a phone's width."""


@dataclass(frozen=True)
class Mark:
    """One estimate of a chart, in the chart's unit.

    Attributes:
        label: the line it stands on.
        series: the experiment.
        value: the estimate.
        low: lower end of its interval.
        high: upper end.
        beside: another number to show as a cross, such as the published one.
    """

    label: str
    series: str
    value: float
    low: float
    high: float
    beside: float | None = None


def interval_chart(
    marks: Sequence[Mark], series: Sequence[str], axis_title: str, limits: tuple[float, float]
) -> Figure:
    """Draw a line per label from top to bottom, the experiments of a label below each other.

    The label stands above its marks and not beside them, which leaves a narrow chart its width.

    Args:
        marks: at least one.
        series: all experiments in the order of their colours, whether they have a mark or not.
        axis_title: quantity and unit.
        limits: ends of the axis.
    """
    labels = list(dict.fromkeys(mark.label for mark in marks))
    height = 0.62 + len(labels) * _inches(len(series))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axis = figure.subplots()
    draw_intervals(axis, marks, series, limits)
    axis.set_xlabel(axis_title, fontsize=10, color=INK)
    return figure


def draw_intervals(
    axis: Axes, marks: Sequence[Mark], series: Sequence[str], limits: tuple[float, float]
) -> None:
    """Draw the marks into axes; see :func:`interval_chart`."""
    labels = list(dict.fromkeys(mark.label for mark in marks))
    step = _STEP / _inches(len(series))
    for number, label in enumerate(labels):
        place = (0.0, number - 0.5 + 0.13 / _inches(len(series)))
        axis.text(
            *place,
            label,
            transform=axis.get_yaxis_transform(),
            fontsize=10,
            color=INK,
            va="center",
            # Without it grid lines would run through the words.
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 0.6},
        )
        for mark in (one for one in marks if one.label == label):
            order = list(series).index(mark.series)
            at = number - 0.5 + 0.33 / _inches(len(series)) + order * step
            _draw(axis, mark, order, at)
    axis.set(xlim=limits, ylim=(len(labels) - 0.5, -0.5), yticks=[])
    if limits[0] < 0 < limits[1]:
        axis.axvline(0, color=MUTED, linewidth=1, zorder=1)
    axis.grid(axis="x", color=RULE, linewidth=0.7)
    axis.set_axisbelow(True)
    axis.tick_params(colors=MUTED, labelsize=9, length=0)
    axis.spines[:].set_visible(False)


def write_intervals(
    path: Path, panels: dict[str, Sequence[Mark]], series: Sequence[str], axis_title: str
) -> None:
    """Write a picture with a titled panel per entry, side by side, and a key.

    Args:
        path: PNG to write, whole or not at all.
        panels: marks by title of their panel.
        series: see :func:`interval_chart`.
        axis_title: quantity and unit.
    """
    lines = max(len({mark.label for mark in marks}) for marks in panels.values())
    size = (WIDTH * len(panels), 1.3 + lines * _inches(len(series)))
    figure = Figure(figsize=size, dpi=150, layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    limits = span([mark for marks in panels.values() for mark in marks])
    for (title, marks), axis in zip(panels.items(), axes, strict=True):
        draw_intervals(axis, marks, series, limits)
        axis.set_title(title, fontsize=11, loc="left", color=INK)
        axis.set_xlabel(axis_title, fontsize=10, color=INK)
    keys = [
        Line2D([], [], color=COLOURS[n % 6], marker=MARKERS[n % 6], linestyle="none", label=name)
        for n, name in enumerate(series)
    ]
    figure.legend(handles=keys, loc="outside lower center", ncols=6, frameon=False)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, metadata={"Software": None})


def span(marks: Sequence[Mark]) -> tuple[float, float]:
    """Return ends of an axis in percentage points that holds all marks and 0, with some air."""
    low = min([0.0, *(mark.low for mark in marks)])
    high = max([0.0, *(mark.high for mark in marks)])
    air = 0.04 * max(high - low, 1)
    return low - air, high + air


_STEP = 0.13
"""Inches between the marks of two experiments."""


def _inches(series: int) -> float:
    """Return the height of a line: its label, and a mark per experiment."""
    return 0.33 + _STEP * series


def _draw(axis: Axes, mark: Mark, order: int, at: float) -> None:
    """Draw one mark; its gid lets a page hide the experiment."""
    colour, gid = COLOURS[order % len(COLOURS)], SERIES + mark.series
    marker = MARKERS[order % len(MARKERS)]
    ends = [mark.low, mark.high]
    axis.plot(ends, [at, at], color=colour, linewidth=2, solid_capstyle="butt", gid=gid)
    axis.plot(mark.value, at, color=colour, marker=marker, markersize=5.5, gid=gid, zorder=3)
    if mark.beside is not None:
        axis.plot(mark.beside, at, color=INK, marker="x", markersize=5.5, gid=gid, zorder=4)
