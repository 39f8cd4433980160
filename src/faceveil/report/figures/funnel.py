"""How many are left after each step of curation, and why the others are not."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from faceveil.report.figures.accuracy import COLOURS
from faceveil.report.figures.intervals import WIDTH
from faceveil.report.figures.svg import INK, MUTED


def funnel_chart(steps: Mapping[str, int], unit: str, colour: int = 0) -> Figure:
    """Draw a bar per step, its name and its number above it.

    Args:
        steps: counts by name, from top to bottom.
        unit: what is counted.
        colour: number of the bars' colour in the palette.
    """
    figure = Figure(figsize=(WIDTH, 0.2 + 0.46 * len(steps)), layout="constrained")
    axis = figure.subplots()
    most = max(1, *steps.values())
    for place, (name, count) in enumerate(steps.items()):
        axis.barh(place + 0.22, count, height=0.26, color=COLOURS[colour % len(COLOURS)])
        at: dict[str, Any] = {
            "transform": axis.get_yaxis_transform(),
            "fontsize": 10,
            "va": "center",
        }
        axis.text(0, place - 0.16, name, color=INK, **at)
        axis.text(1, place - 0.16, f"{count:,} {unit}", color=MUTED, ha="right", **at)
    axis.set(xlim=(0, most), ylim=(len(steps) - 0.5, -0.5), xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    return figure
