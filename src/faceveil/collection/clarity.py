"""How sharp a face is, whatever its size in the photo.

The upper part of the face box, which no mask hides, is brought to one size; there the energy of
fine detail is set against the energy of all detail. Blur takes the fine detail first; light and
contrast change both alike.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from faceveil.collection.images import resize

UPPER_SHARE = 0.6
"""Share of the face box, from its top, that is looked at: forehead to the middle of the nose."""

WIDTH = 48
"""Width that the face box is brought to, in pixels."""

FINE, COARSE = 1.0, 4.0
"""Deviations of the two blurs, in pixels at that width, that fine and all detail exceed."""


def measure_sharpness(photo: NDArray[np.uint8], box: NDArray[np.float64]) -> float:
    """Return the share of fine detail in all detail of a face.

    Args:
        photo: uint8 ``[H, W, 3]``.
        box: the face, float64 ``[4]``, left, top, right, bottom, in pixels.

    Returns:
        A ratio of standard deviations in [0, 1], or about; 0 where the box misses the photo.
    """
    height, width = photo.shape[:2]
    left, top, right, bottom = box
    bottom = top + UPPER_SHARE * (bottom - top)
    first, last = np.clip([round(top), round(bottom)], 0, height)
    start, stop = np.clip([round(left), round(right)], 0, width)
    part = photo[first:last, start:stop]
    if min(part.shape[:2]) < 4:
        return 0.0
    scale = WIDTH / (right - left)
    size = (max(8, round(part.shape[0] * scale)), max(8, round(part.shape[1] * scale)))
    grey = resize(part, *size).astype(np.float64).mean(axis=2)
    fine = grey - ndimage.gaussian_filter(grey, FINE)
    everything = grey - ndimage.gaussian_filter(grey, COARSE)
    return float(fine.std() / max(everything.std(), 1e-3))
