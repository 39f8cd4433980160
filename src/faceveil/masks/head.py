"""The average head that a mask is laid on, in millimetres.

Head coordinates are those of the renderer: x to the image's right, y down from the line between the
pupils, z toward the camera from the head's axis. The landmarks are the means of what MTCNN finds in
frontal photos, at a distance of 67.5 mm from the eyes to the mouth; the shape of the head follows
Farkas 1994, "Anthropometry of the Head and Face".
"""

from functools import cache

import numpy as np

from faceveil.rendering.noise import Array
from faceveil.rendering.surface import Loft, loft

LANDMARKS = np.array([
    (-31.5, 0.0, 78.0), (31.5, 0.0, 78.0), (0.0, 37.0, 112.0),
    (-27.5, 67.5, 80.0), (27.5, 67.5, 80.0),
])  # fmt: skip
"""Eyes, nose and the mouth's corners, in MTCNN's order: float64 ``[5, 3]``."""

CHIN_DEPTH = 85.0
"""How far the chin is before the axis."""


@cache
def mask_loft() -> Loft:
    """Return the head as a mask sees it: without features, a little wider, and on below the chin.

    Where a mask ends below is up to the mask.
    """
    width = [
        (-110.0, 0.0), (-80.0, 62.0), (-30.0, 73.0), (0.0, 72.0), (25.0, 71.0), (46.0, 69.0),
        (70.0, 65.0), (90.0, 56.0), (110.0, 43.0), (150.0, 32.0),
    ]  # fmt: skip
    depth = [
        (-110.0, 0.0), (-80.0, 72.0), (-30.0, 91.0), (20.0, 89.0), (70.0, 87.0), (100.0, 84.0),
        (150.0, 60.0),
    ]  # fmt: skip
    return loft(width, depth)


@cache
def plain_loft() -> Loft:
    """Return an upright cylinder of the head's size."""
    return loft([(-300.0, 70.0), (300.0, 70.0)], [(-300.0, 88.0), (300.0, 88.0)])


def relief(x: Array, y: Array) -> Array:
    """Return how far cloth stands before the plain head, in millimetres: a tent over the nose."""
    ridge = np.interp(y, (0, 16, 38, 68, 100, 120), (8, 15, 29, 20, 11, 5))
    spread = np.interp(y, (0, 16, 38, 68, 100), (11, 13, 20, 28, 32))
    return np.asarray(ridge * np.exp(-0.5 * (x / spread) ** 2), dtype=np.float32)
