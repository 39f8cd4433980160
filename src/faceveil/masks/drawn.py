"""The project's own templates: masks drawn as they are seen from the front, cut out.

Places on a mask are ``u``, from -1 at its left to 1 at its right edge, and ``v``, from 0 at its
highest to 1 at its lowest point.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceveil.rendering.noise import Array, bell, read_tile, step, tile

WIDTH, HEIGHT, MARGIN = 640, 520, 12
"""Size of a drawing and the transparent margin in it, in pixels."""

Shading = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class DrawnCut:
    """How a mask is cut, in units of ``v``, and what it is made of.

    Attributes:
        colour: sRGB, 0 to 255.
        shading: factors on the colour, from ``u`` and ``v``.
        top: how far the upper edge falls from the nose to its ends.
        top_bend: power with which it does; below 1.5 it comes to a point over the nose.
        bottom: how far the lower edge rises from the chin to its ends.
        bottom_bend: power with which it does; about 1 makes it pointed.
        round_side: how far the side edges bulge, in units of ``u``.
    """

    colour: tuple[int, int, int]
    shading: Shading
    top: float
    top_bend: float
    bottom: float
    bottom_bend: float
    round_side: float = 0.0


def draw_template(name: str) -> NDArray[np.uint8]:
    """Draw a template; its edges are antialiased, colour goes on beneath them.

    Returns:
        A cut-out, uint8 ``[H, W, 4]``, transparent all around the mask.
    """
    cut = CUTS[name]
    u, v = _places()
    colour = np.clip(np.array(cut.colour) * draw_shading(name)[..., None], 0, 255)
    opacity = 255 * np.clip(_inside(cut, u, v) + 0.5, 0, 1)
    picture = np.concatenate([colour, opacity[..., None]], axis=2)
    return np.asarray(np.rint(picture), dtype=np.uint8)


def draw_shading(name: str) -> Array:
    """Return the factor on a template's colour, ``[H, W]``, at every pixel of its drawing."""
    u, v = _places()
    light = 1.02 - 0.20 * np.abs(u) ** 2.6 - 0.16 * step(v, 0.45, 1.05)
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    fine, coarse = read_tile(tile(1.2, 1.2), column, row), read_tile(tile(24, 24), column, row)
    cloth = 1 + 0.008 * fine + 0.012 * coarse
    return np.asarray(CUTS[name].shading(u, v) * light * cloth)


def _places() -> tuple[Array, Array]:
    """Return u and v of a drawing's pixels, ``[H, W]``."""
    u = (np.arange(WIDTH) + 0.5 - WIDTH / 2)[None, :] / (WIDTH / 2 - MARGIN)
    v = (np.arange(HEIGHT) + 0.5 - MARGIN)[:, None] / (HEIGHT - 2 * MARGIN)
    across, down = np.broadcast_arrays(u, v)
    return across, down


def _inside(cut: DrawnCut, u: Array, v: Array) -> Array:
    """Return about the distance from the nearest edge in pixels, positive inside."""
    across = np.abs(u)
    top = cut.top * across**cut.top_bend
    bottom = 1 - cut.bottom * across**cut.bottom_bend
    side = 1 - across - cut.round_side * (2 * (v - top) / np.maximum(bottom - top, 0.05) - 1) ** 2
    height, width = HEIGHT - 2 * MARGIN, WIDTH / 2 - MARGIN
    return np.asarray(np.minimum(np.minimum(v - top, bottom - v) * height, side * width))


def _pleats(u: Array, v: Array) -> Array:
    """Surgical: three pleats that bend downward, a band over the nose, seams along all edges."""
    shade = np.ones_like(v)
    for fold in (0.36, 0.54, 0.71):
        off = v - (fold + 0.05 * (1 - u * u) - 0.02)
        shade -= 0.20 * bell(off - 0.006, 0.008) + 0.13 * step(off, 0.0, 0.01) * step(off, 0.12, 0)
        shade += 0.05 * bell(off + 0.02, 0.012)
    rim = v - 0.16 * np.abs(u) ** 1.5
    shade += 0.06 * step(rim, 0.105, 0.095)
    for seam in (0.022, 0.095):
        shade -= 0.10 * bell(rim - seam, 0.005)
    return shade - 0.10 * bell(np.abs(u) - 0.93, 0.008)


def _seam(u: Array, v: Array) -> Array:
    """Cloth: two halves sewn together in the middle, a hem above."""
    shade = 1 + 0.25 * bell(u - 0.05, 0.10) - 0.35 * bell(u, 0.010)
    return np.asarray(shade - 0.25 * bell(v - 0.17 * np.abs(u) ** 1.2 - 0.07, 0.006))


def _fold(u: Array, v: Array) -> Array:
    """FFP2: folded flat along the middle, so that one half is darker; welded edges."""
    shade = 1 - 0.07 * step(u, -0.01, 0.01) - 0.25 * bell(u, 0.006) * step(v, 0.45, 0.5)
    rim = v - 0.10 * np.abs(u) ** 1.8
    for seam in (0.03, 0.05):
        shade -= 0.10 * bell(rim - seam, 0.004)
    sides = step(np.abs(u), 0.1, 0.2) * step(np.abs(u), 0.75, 0.7)
    return np.asarray(shade - 0.12 * bell(v - 0.38 - 0.28 * (1 - np.abs(u)), 0.006) * sides)


def _dome(u: Array, v: Array) -> Array:
    """Cone: a stiff shell with a ridge across and a metal clip over the nose."""
    middle = ((u / 1.0) ** 2 + ((v - 0.45) / 0.62) ** 2) ** 0.5
    shade = 1.03 - 0.22 * step(middle, 0.45, 1.0) - 0.07 * bell(v - 0.50, 0.008)
    clip = bell(v - 0.10 - 0.10 * u * u, 0.016) * step(np.abs(u), 0.42, 0.38)
    return np.asarray(shade - 0.30 * clip)


def _surgical(*colour: int) -> DrawnCut:
    return DrawnCut(
        (colour[0], colour[1], colour[2]), _pleats, top=0.16, top_bend=1.5, bottom=0.42,
        bottom_bend=2.4,
    )  # fmt: skip


CUTS = {
    "surgical_blue": _surgical(140, 186, 216),
    "surgical_green": _surgical(146, 196, 182),
    "surgical_white": _surgical(226, 229, 232),
    "cloth_black": DrawnCut((44, 44, 48), _seam, 0.17, 1.2, 0.48, 2.0, 0.06),
    "ffp2_white": DrawnCut((236, 236, 234), _fold, 0.10, 1.8, 0.56, 1.15, 0.05),
    "cone_white": DrawnCut((230, 229, 224), _dome, 0.26, 1.8, 0.40, 2.4, 0.14),
}
"""The templates by name."""
