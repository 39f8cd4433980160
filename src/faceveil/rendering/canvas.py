"""The face spread out flat: what the painters paint on, in head coordinates (millimetres).

Origin midway between the pupils, x to the image's right, y down. Every cell holds albedo (linear
RGB), gloss and relief (height above the plain head, millimetres).
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from faceveil.rendering.noise import Array, planes

LEFT, RIGHT, TOP, BOTTOM = -86.0, 86.0, -100.0, 130.0
CHANNELS = 5


@dataclass(frozen=True)
class Canvas:
    """A painting [5, H, W], or a window of one that shares its memory.

    Attributes:
        x: Columns' positions [1, W] in millimetres.
        y: Rows' positions [H, 1] in millimetres.
        layers: Albedo 0:3, gloss 3, relief 4.
    """

    x: Array
    y: Array
    layers: Array

    @property
    def albedo(self) -> Array:
        """Linear RGB [3, H, W]."""
        return self.layers[:3]

    @property
    def gloss(self) -> Array:
        """Strength of the highlight [H, W]."""
        value: Array = self.layers[3]
        return value

    @property
    def relief(self) -> Array:
        """Height above the plain head [H, W] in millimetres."""
        value: Array = self.layers[4]
        return value

    @property
    def cell(self) -> float:
        """Side of a cell in millimetres."""
        return float(self.x[0, 1] - self.x[0, 0])

    def window(self, left: float, right: float, top: float, bottom: float) -> "Canvas":
        """The part inside the bounds (millimetres), sharing memory with this one."""
        columns = slice(*np.searchsorted(self.x[0], (left, right)))
        rows = slice(*np.searchsorted(self.y[:, 0], (top, bottom)))
        return replace(
            self, x=self.x[:, columns], y=self.y[rows], layers=self.layers[:, rows, columns]
        )

    def paint(self, pigment: Array, coverage: Array) -> None:
        """Lay a linear RGB `pigment` [3] or [3, H, W] over the albedo, where `coverage` is 1."""
        pigment = planes(pigment) if pigment.ndim == 1 else pigment
        self.albedo[...] += coverage * (pigment - self.albedo)

    def tint(self, factor: Array, coverage: Array) -> None:
        """Multiply the albedo by `factor` [3] where `coverage` [H, W] is 1."""
        self.albedo[...] *= 1 + coverage * planes(factor - 1)


@cache
def _axes(cell: float) -> tuple[Array, Array]:
    x = np.arange(LEFT, RIGHT, cell, dtype=np.float32)[None, :]
    y = np.arange(TOP, BOTTOM, cell, dtype=np.float32)[:, None]
    return x, y


def blank(cell: float) -> Canvas:
    """An empty canvas with cells of `cell` millimetres."""
    x, y = _axes(cell)
    return Canvas(x, y, np.zeros((CHANNELS, y.size, x.size), np.float32))


def read(image: Array, canvas: Canvas, x: Array, y: Array) -> Array:
    """Bilinear values of `image` [H, W] or [C, H, W] (on the canvas's grid) at head positions.

    Positions outside the canvas take the value of its nearest edge.
    """
    height, width = image.shape[-2:]
    column = np.clip((x - np.float32(LEFT)) * np.float32(1 / canvas.cell), 0, width - 1.001)
    row = np.clip((y - np.float32(TOP)) * np.float32(1 / canvas.cell), 0, height - 1.001)
    j, i = column.astype(np.int32), row.astype(np.int32)
    right, down = column - np.floor(column), row - np.floor(row)
    at = i * np.int32(width) + j
    flat = image.reshape(-1, height * width)
    value = np.stack([_between(plane, at, width, (right, down)) for plane in flat])
    return value.reshape(*image.shape[:-2], *x.shape)


def _between(plane: Array, at: NDArray[np.int32], width: int, part: tuple[Array, Array]) -> Array:
    right, down = part
    near, far = plane.take(at), plane.take(at + 1)
    upper = near + right * (far - near)
    near, far = plane.take(at + width), plane.take(at + (width + 1))
    lower = near + right * (far - near)
    value: Array = upper + down * (lower - upper)
    return value
