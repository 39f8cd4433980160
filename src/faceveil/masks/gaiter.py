"""Where a gaiter would be on a photo: a tube of cloth, from the lower lids down to the neck."""

import numpy as np

from faceveil.masks.head import mask_loft
from faceveil.rendering.mask_coordinates import on_average
from faceveil.rendering.noise import Array

LID = 10.0
"""Height of its upper edge, below the line between the pupils; this and what follows in mm."""

NECK = 140.0
"""Height of its lower edge: coordinates are known down to here."""


def gaiter_region(coordinates: Array) -> Array:
    """Return how much of each pixel a gaiter would cover, float32 ``[B, 1, S, S]`` in [0, 1].

    It goes from :data:`LID` to :data:`NECK`, as wide as the average head is there; hair before the
    cheeks is under it. The lower lids are those of the average head: up to some millimetres off.

    Args:
        coordinates: of :mod:`faceveil.rendering.mask_coordinates`, float32 ``[B, 3, S, S]``.
    """
    x, y = on_average(coordinates[:, 0], coordinates[:, 1])
    width, _ = mask_loft().at(y)
    inside = np.minimum(np.minimum(y - LID, NECK - y), width - np.abs(x))
    pixel = np.abs(np.diff(x, axis=-1)).mean(axis=(-2, -1), keepdims=True)
    cover = np.clip(inside / np.maximum(pixel, 1e-3) + 0.5, 0, 1)
    return np.asarray(cover[:, None], dtype=np.float32)
