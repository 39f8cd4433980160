"""Lift as a map: designs in rows, recognizers in columns, every cell with its number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from faceveil.report.figures.intervals import WIDTH
from faceveil.report.figures.svg import INK, MUTED, RULE, SERIES

COLOUR_MAP = "RdBu"
"""Diverging around no lift: red lets the wearer be recognized, blue protects."""

FRAME = "#555555"
"""Frame of a cell that shows no effect: cells are as pale on a dark page as on a light one."""


@dataclass(frozen=True)
class Cell:
    """A lift in percentage points, and its interval."""

    value: float
    low: float
    high: float


def heat_map(
    cells: Mapping[tuple[str, str], Cell], rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """Draw a square per pair of design and recognizer; a pair that was not measured stays empty.

    A cell whose interval holds 0 is drawn with a dashed frame: it shows no effect.

    Args:
        cells: by row and column.
        rows: experiments that the designs come from, top to bottom.
        columns: recognizers, left to right.
    """
    figure = Figure(figsize=(WIDTH, 0.95 + 0.62 * len(rows)), layout="constrained")
    axis = figure.subplots()
    for y, row in enumerate(rows):
        for x, column in enumerate(columns):
            _cell(axis, (x, y), cells.get((row, column)), SERIES + row)
    axis.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xticks(range(len(columns)), [_broken(name) for name in columns], fontsize=9)
    axis.set_yticks(range(len(rows)), list(rows), fontsize=10)
    axis.set_xlabel("recognizer", fontsize=10, color=INK)
    axis.set_ylabel("designs of", fontsize=10, color=INK)
    axis.tick_params(length=0, labelcolor=INK)
    axis.spines[:].set_visible(False)
    return figure


def _cell(axis: Axes, place: tuple[int, int], cell: Cell | None, gid: str) -> None:
    """Draw one cell: colour by lift, the number and its interval."""
    x, y = place
    corner, side = (x - 0.48, y - 0.46), (0.96, 0.92)
    if cell is None:
        axis.add_patch(Rectangle(corner, *side, facecolor="none", edgecolor=RULE, gid=gid))
        axis.text(x, y, "not\nmeasured", fontsize=8, color=MUTED, ha="center", va="center", gid=gid)
        return
    colour = matplotlib.colormaps[COLOUR_MAP](0.5 + 0.4 * max(-1.0, min(1.0, cell.value / 100)))
    unsure = cell.low <= 0 <= cell.high
    # A short gap between dashes keeps the frame readable on a small screen.
    style: dict[str, Any] = (
        {"edgecolor": FRAME, "linestyle": (0, (3, 2))} if unsure else {"edgecolor": "none"}
    )
    axis.add_patch(Rectangle(corner, *side, facecolor=colour, gid=gid, **style))
    # Where black and white stand out alike, by WCAG: sqrt(1.05 * 0.05) - 0.05.
    ink = "#ffffff" if _luminance(colour) < 0.179 else "#000000"
    centre: dict[str, Any] = {"ha": "center", "color": ink, "gid": gid}
    axis.text(x, y - 0.05, _signed(cell.value), fontsize=11, va="bottom", **centre)
    interval = f"{_signed(cell.low)} to {_signed(cell.high)}"
    axis.text(x, y + 0.08, interval, fontsize=7.5, va="top", **centre)


def _signed(value: float) -> str:
    return f"{round(value) + 0:+d}".replace("-", "\N{MINUS SIGN}")


def _luminance(colour: tuple[float, float, float, float]) -> float:
    """Return the relative luminance that WCAG 2 defines, in [0, 1]."""
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _broken(name: str) -> str:
    """Break a long name at its joints, so that columns stay narrow."""
    return name.replace("_", "_\n", 1) if len(name) > 10 else name
