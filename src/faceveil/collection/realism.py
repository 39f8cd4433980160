"""How much a masked region looks like a mask: a clear edge, and one material inside.

Both parts are shares of pixels in [0, 1], and realism is their geometric mean:

- **edge**: the share of the region's outline at which the colour steps, from just inside to just
  outside, by more than compression makes. A region that is no object has no outline of its own.
- **colour**: the share of the region whose hue is that of its median, while light and folds may
  change its brightness. Skin, hair and background together are no one material.

Plain masks are assumed: a mask with a printed pattern of many colours would score low.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

LEAST_STEP = 0.04
"""Step of colour across the outline that counts as an edge, as share of the value range."""

MOST_SPREAD = 0.10
"""Distance of a pixel's chroma from the median that is still the same material."""


def measure_realism(photo: NDArray[np.uint8], region: NDArray[np.bool_]) -> float:
    """Return how much a region of a photo looks like a mask.

    Args:
        photo: uint8 ``[H, W, 3]``.
        region: where the mask is, bool ``[H, W]``.

    Returns:
        Realism in [0, 1]; 0 for a region too small to have an inside.
    """
    reach = max(1, round(max(region.shape) / 64))
    inside = ndimage.binary_erosion(region, iterations=reach)
    if not inside.any():
        return 0.0
    colour = photo.astype(np.float64) / 255
    return float(np.sqrt(_edge(colour, region, inside, reach) * _one_material(colour, inside)))


def _edge(
    colour: NDArray[np.float64],
    region: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    reach: int,
) -> float:
    """Return the share of the outline with a step of colour."""
    outside = ~ndimage.binary_dilation(region, iterations=reach)
    outline = region & ~ndimage.binary_erosion(region)
    if not outside.any() or not outline.any():
        return 0.0
    step = np.abs(_nearest(colour, inside, outline) - _nearest(colour, outside, outline))
    return float((step.max(axis=1) > LEAST_STEP).mean())


def _nearest(
    colour: NDArray[np.float64], source: NDArray[np.bool_], target: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return, for each target pixel, the colour of the nearest source pixel, ``[N, 3]``."""
    where = ndimage.distance_transform_edt(~source, return_distances=False, return_indices=True)
    return np.asarray(colour[where[0][target], where[1][target]])


def _one_material(colour: NDArray[np.float64], inside: NDArray[np.bool_]) -> float:
    """Return the share of the inside whose chroma is near the median's."""
    pixels = colour[inside]
    chroma = pixels[:, :2] - pixels[:, 1:]  # red minus green, green minus blue
    distance = np.linalg.norm(chroma - np.median(chroma, axis=0), axis=1)
    return float((distance < MOST_SPREAD).mean())
