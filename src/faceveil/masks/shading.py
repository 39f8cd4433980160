"""The shading of a mask as a picture shows it: how bright each place is, in units of the median."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from faceveil.rendering.mask_coordinates import LUMINANCE
from faceveil.rendering.noise import Array

OPAQUE = 250
"""Opacity, of 255, from which on a pixel shows the mask alone."""

LEAST_MEDIAN = 1.0
"""In units of 1/255: a mask that is black has the shading of one that is a little brighter."""


def seen_shading(colour: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> Array:
    """Return luminance in units of its median where the mask is opaque, float32 ``[H, W]``.

    What is printed on a cloth counts as shading, too: in a picture nothing tells it from light.
    Where the mask is not opaque, the nearest place counts where it is; 1 if it nowhere is.

    Args:
        colour: uint8 ``[3, H, W]``, RGB.
        opacity: uint8 ``[H, W]``.
    """
    opaque = opacity >= OPAQUE
    if not opaque.any():
        return np.ones(opaque.shape, np.float32)
    luminance = np.tensordot(LUMINANCE, colour.astype(np.float32), 1)
    _, nearest = distance_transform_edt(~opaque, return_indices=True)
    median = max(float(np.median(luminance[opaque])), LEAST_MEDIAN)
    return np.asarray(luminance[tuple(nearest)] / median, dtype=np.float32)
