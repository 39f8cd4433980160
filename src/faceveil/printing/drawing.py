"""Drawing on a page in millimetres: text, marks, a scale bar, a QR code, outlines and artwork.

A page is a figure of the paper's true size with one axes over all of it, x to the right and y down.
"""

from typing import Any

import numpy as np
import segno
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.patheffects import withStroke

from faceveil.printing.chart import RINGS
from faceveil.printing.pieces import Artwork
from faceveil.printing.worn_lengths import Floats

INCH = 25.4

BODY, TITLE, SMALL = 10.5, 16.0, 8.5
"""Sizes of text in points."""

LINE = 4.9
"""Distance of lines of body text in millimetres."""

SCALE_BAR = 50.0

QUIET = 4
"""Blank modules around a QR code, as ISO/IEC 18004 asks."""


def new_page(width: float, height: float) -> Any:
    """Return the axes of an empty page."""
    figure = Figure(figsize=(width / INCH, height / INCH))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    axes.set_axis_off()
    return axes


def text(axes: Any, x: float, y: float, words: str, **style: Any) -> None:
    """Write text whose first line has its base at ``y``; lines are where ``words`` breaks."""
    style = {"fontsize": BODY, "va": "baseline", **style}
    for number, line in enumerate(words.split("\n")):
        axes.text(x, y + number * LINE * style["fontsize"] / BODY, line, **style)


def mark(axes: Any, centre: Floats | tuple[float, float]) -> None:
    """Draw a registration mark."""
    x, y = centre
    for radius, colour in zip(RINGS, ("black", "white", "black"), strict=True):
        axes.add_patch(Circle((x, y), radius, facecolor=colour, edgecolor="none", zorder=3))


def scale_bar(axes: Any, x: float, y: float) -> None:
    """Draw 50 mm with a tick every 10 mm, from ``x`` on."""
    axes.plot([x, x + SCALE_BAR], [y, y], color="black", linewidth=0.8, solid_capstyle="butt")
    for at in np.arange(0, SCALE_BAR + 1, 10):
        size = 3.0 if at in (0, SCALE_BAR) else 1.8
        axes.plot([x + at] * 2, [y - size, y], color="black", linewidth=0.8)
    text(axes, x, y + 5, "50 mm: measure it before you cut", fontsize=SMALL)


def qr_code(axes: Any, words: str, x: float, y: float, side: float) -> None:
    """Draw a QR code whose dark part has its upper left corner at a place."""
    dark = np.array([list(row) for row in segno.make(words, error="m", micro=False).matrix])
    module = side / len(dark)
    for row, column in np.argwhere(dark == 1):
        place = (x + column * module, y + row * module)
        # A hair wider than a module, so that no viewer shows gaps between them.
        square = Rectangle(place, module * 1.02, module * 1.02, facecolor="black", edgecolor="none")
        axes.add_patch(square)


def picture(axes: Any, pixels: Any, extent: tuple[float, float, float, float]) -> Any:
    """Place pixels ``[H, W, 3]`` in [0, 1] between left, right, bottom and top, unresampled."""
    whole = np.round(255 * np.clip(pixels, 0, 1)).astype(np.uint8)
    limits = axes.get_xlim(), axes.get_ylim()
    image = axes.imshow(whole, extent=extent, interpolation="none", aspect="auto", zorder=1)
    axes.set(xlim=limits[0], ylim=limits[1])
    return image


def printed_piece(axes: Any, art: Artwork, outline: Floats, by: Floats) -> None:
    """Draw a piece's artwork out to its bleed, the line to cut and the finished edge.

    Args:
        axes: the page.
        art: the artwork.
        outline: the finished edge, in the piece's millimetres.
        by: where the piece's zero lies on the page.
    """
    left, right, bottom, top = art.extent
    extent = (left + by[0], right + by[0], bottom + by[1], top + by[1])
    bleed = Polygon(art.bleed + by, facecolor="none", edgecolor="none")
    axes.add_patch(bleed)
    picture(axes, art.pixels, extent).set_clip_path(bleed)
    halo = [withStroke(linewidth=2.2, foreground="white")]
    cut: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.8, "path_effects": halo}
    axes.add_patch(Polygon(art.cut + by, facecolor="none", zorder=4, **cut))
    if not np.array_equal(art.cut, outline):
        sewn: dict[str, Any] = {"edgecolor": "black", "linewidth": 0.5, "linestyle": (0, (4, 3))}
        axes.add_patch(Polygon(outline + by, facecolor="none", zorder=4, **sewn))
