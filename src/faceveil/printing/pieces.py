"""A piece of cloth that a mask is sewn of: which place of the worn mask each of its places becomes.

Flat places are in millimetres, to the right and down, of the cloth spread out with its printed side
up. A piece knows a grid of places by both names; between its nodes the map is linear.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.path import Path
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from faceveil.printing.worn_lengths import Floats

COARSE = 0.5
"""Distance in millimetres at which artwork looks up places; between them it is linear."""


@dataclass(frozen=True)
class Line:
    """A line to fold along, or to lay a fold on.

    Attributes:
        ends: float64 ``[2, 2]``, millimetres.
        kind: ``ridge``: fold so that the line stands out on the printed side; ``groove``: fold the
            other way; ``meets``: a ridge is laid on it.
    """

    ends: Floats
    kind: str


@dataclass(frozen=True)
class Piece:
    """One piece of cloth.

    Attributes:
        name: what the piece is called on its page.
        worn: float64 ``[R, C, 2]``, ``u`` and ``v`` of the grid's nodes.
        flat: float64 ``[R, C, 2]``, their flat places.
        outline: float64 ``[P, 2]``, the finished edge: where it is sewn or hemmed.
        allowance: cloth outside of the finished edge, in millimetres.
        lines: where it is folded.
        background: grey in [0, 1] where no place of the mask is; None: the nearest place's colour.
        Then ``worn`` reaches the whole outline, and what is beyond is cloth that is sewn in.
        ends: what the upper and the lower end are called, and where across each is named.
        note: what its page says besides.
    """

    name: str
    worn: Floats
    flat: Floats
    outline: Floats
    allowance: float
    ends: tuple[tuple[str, float], tuple[str, float]]
    lines: tuple[Line, ...] = ()
    note: str = ""
    background: float | None = None

    def worn_at(self, flat: Floats) -> Floats:
        """Return ``u`` and ``v`` of flat places ``[..., 2]``; NaN where the piece has no design."""
        places = flat.reshape(-1, 2)
        found = np.asarray(self._interpolator(places))
        found[~contains(border(self.flat), places)] = np.nan
        return found.reshape(flat.shape)

    def nearest_worn(self, flat: Floats) -> Floats:
        """Return ``u`` and ``v`` of the design's border next to flat places ``[..., 2]``."""
        edge, worn = densified(border(self.flat)), densified(border(self.worn), like=self.flat)
        _, nearest = cKDTree(edge).query(flat.reshape(-1, 2))
        return worn[nearest].reshape(flat.shape)

    @cached_property
    def _interpolator(self) -> Any:
        return LinearNDInterpolator(self.flat.reshape(-1, 2), self.worn.reshape(-1, 2))


def border(grid: Floats) -> Floats:
    """Return the nodes around a grid ``[R, C, 2]``, each once, clockwise as seen: ``[P, 2]``."""
    return np.concatenate([grid[0], grid[1:, -1], grid[-1, -2::-1], grid[-2:0:-1, 0]])


def contains(outline: Floats, places: Floats) -> Any:
    """Return which places ``[N, 2]`` lie within a closed outline ``[P, 2]``, bool ``[N]``."""
    return Path(outline).contains_points(places)


def densified(outline: Floats, step: float = 0.1, like: Floats | None = None) -> Floats:
    """Return a closed outline with a point at least every ``step`` millimetres.

    Args:
        outline: ``[P, 2]``.
        step: largest distance.
        like: a grid whose border's lengths decide instead, for an outline in other coordinates.
    """
    measured = outline if like is None else border(like)
    sides = np.linalg.norm(np.roll(measured, -1, axis=0) - measured, axis=1)
    counts = np.maximum(1, np.ceil(sides / step)).astype(int)
    side = np.repeat(np.arange(len(outline)), counts)
    share = np.concatenate([np.arange(count) / count for count in counts])[:, None]
    return np.asarray(outline[side] * (1 - share) + np.roll(outline, -1, axis=0)[side] * share)


def grown(outline: Floats, by: float) -> Floats:
    """Return an outline ``[P, 2]`` moved outward by so many millimetres, its corners rounded."""
    low, high = outline.min(axis=0) - by - 2, outline.max(axis=0) + by + 2
    x, y = (np.arange(low[i], high[i] + COARSE, COARSE) for i in (0, 1))
    places = np.stack(np.meshgrid(x, y), axis=-1)
    tree, enough = cKDTree(densified(outline)), by + 2
    found = tree.query(places.reshape(-1, 2), distance_upper_bound=enough)[0]
    distance = np.minimum(found, enough)  # farther away it is infinite
    distance[contains(outline, places.reshape(-1, 2))] *= -1
    lines: Any = contour_generator(x, y, distance.reshape(places.shape[:2])).lines(by)
    return np.asarray(max(lines, key=len), dtype=np.float64)[:-1]


@dataclass(frozen=True)
class Artwork:
    """What is printed on a piece.

    Attributes:
        pixels: float32 ``[H, W, 3]`` in [0, 1]; more than ``cut`` and ``bleed`` on every side.
        extent: left, right, bottom, top of the pixels' edges in flat millimetres.
        cut: float64 ``[P, 2]``, the line to cut along.
        bleed: float64 ``[P, 2]``, how far the print goes on, so that no bare cloth shows.
    """

    pixels: Any
    extent: tuple[float, float, float, float]
    cut: Floats
    bleed: Floats


BLEED = 3.0
"""How far the print goes beyond the line to cut along, in millimetres."""


def artwork(texture: Any, piece: Piece, dpi: int = 300) -> Artwork:
    """Return what is printed on a piece so that the worn mask shows a texture.

    Args:
        texture: float32 ``[3, H, W]`` in [0, 1], as an array.
        piece: the piece of cloth.
        dpi: pixels per inch.
    """
    cut = grown(piece.outline, piece.allowance) if piece.allowance else piece.outline
    bleed = grown(piece.outline, piece.allowance + BLEED)
    low, high = bleed.min(axis=0), bleed.max(axis=0)
    pixel = 25.4 / dpi
    columns, rows = np.ceil((high - low) / pixel).astype(int)
    worn, bare = _coarse(piece, low, high)
    at = [(np.arange(count) + 0.5) * pixel / COARSE for count in (rows, columns)]
    grid = np.stack(np.meshgrid(*at, indexing="ij"))
    u, v, outside = (
        map_coordinates(layer, grid, order=1, mode="nearest", output=np.float32)
        for layer in (worn[..., 0], worn[..., 1], bare)
    )
    pixels = sampled(texture, u, v)
    if piece.background is not None:
        pixels[outside > 0.5] = piece.background
    right, bottom = low + np.array([columns, rows]) * pixel
    return Artwork(pixels, (float(low[0]), float(right), float(bottom), float(low[1])), cut, bleed)


def sampled(texture: Any, u: Any, v: Any) -> Any:
    """Return a texture's colours ``[..., 3]`` at places; beyond its edge its nearest texel."""
    _, height, width = texture.shape
    places = np.stack([v * height - 0.5, (u + 1) / 2 * width - 0.5])
    layers = [map_coordinates(layer, places, order=1, mode="nearest") for layer in texture]
    return np.stack(layers, axis=-1).astype(np.float32)


def _coarse(piece: Piece, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return ``u`` and ``v`` every :data:`COARSE` mm ``[Y, X, 2]``, and where is no design."""
    x, y = (np.arange(low[i], high[i] + 2 * COARSE, COARSE) for i in (0, 1))
    places = np.stack(np.meshgrid(x, y), axis=-1)
    worn = piece.worn_at(places)
    bare = np.isnan(worn[..., 0])
    if bare.any():
        worn[bare] = piece.nearest_worn(places[bare]) if piece.background is None else 0
    return worn, bare.astype(np.float64)
