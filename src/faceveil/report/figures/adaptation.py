"""What is left of the lift when the recognizer has seen photos of people wearing the designs."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from faceveil.report.figures.accuracy import COLOURS, MARKERS
from faceveil.report.figures.intervals import WIDTH, Mark, span
from faceveil.report.figures.svg import INK, MUTED, RULE, SERIES


def adaptation_chart(lifts: Mapping[int, Sequence[Mark]], series: Sequence[str]) -> Figure:
    """Draw lift with its interval over the number of photos the recognizer learned from.

    The numbers of photos are evenly spaced: 0 has no place on a logarithm.

    Args:
        lifts: by number of photos, a mark per experiment in percentage points.
        series: all experiments in the order of their colours.
    """
    figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
    axis = figure.subplots()
    places = {count: place for place, count in enumerate(sorted(lifts))}
    for order, name in enumerate(series):
        style: dict[str, Any] = {"color": COLOURS[order % len(COLOURS)], "gid": SERIES + name}
        marks = {count: m for count in places for m in lifts[count] if m.series == name}
        # Side by side, so that equal lifts do not hide one another.
        across = [places[count] + 0.07 * (order - (len(series) - 1) / 2) for count in marks]
        for x, mark in zip(across, marks.values(), strict=True):
            axis.plot([x, x], [mark.low, mark.high], linewidth=2, **style)
        values = [mark.value for mark in marks.values()]
        marker = MARKERS[order % len(MARKERS)]
        axis.plot(across, values, marker=marker, markersize=5.5, linewidth=1, **style)
    axis.axhline(0, color=MUTED, linewidth=1)
    axis.set_ylim(*span([mark for marks in lifts.values() for mark in marks]))
    axis.set_xticks(list(places.values()), [f"{count:,}" for count in places])
    axis.set_xlabel("worn photos the recognizer learned from, k", fontsize=10, color=INK)
    axis.set_ylabel("lift, percentage points", fontsize=10, color=INK)
    axis.grid(axis="y", color=RULE, linewidth=0.7)
    axis.tick_params(colors=MUTED, labelsize=9, length=0)
    axis.spines[:].set_visible(False)
    return figure
