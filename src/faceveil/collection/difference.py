"""Where a mask that was pasted on a photo lies: what the pair of photos differs in.

A masked photo of MaskedFace-Net is its FFHQ photo with a mask pasted on, so that
``masked = unmasked * (1 - a) + mask * a``. Both are compressed separately, hence they differ a
little everywhere; the region is what differs more than compression makes plain, closed and filled.
Inside, ``a = 1``; on its rim, ``a`` is solved for from the equation, with the colour of the mask
nearby.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from faceveil.collection.images import Pixels

LEAST_DIFFERENCE = 0.07
"""Share of the value range that compression alone rarely changes, averaged over 3 x 3 pixels."""

NOISE_FACTOR = 4.0
"""How far the difference must stand out of the photo's own median difference."""

LEAST_PART = 0.1
"""A separate part of the region counts from this share of its largest part on."""

_SQUARE = np.ones((3, 3), dtype=np.bool_)

Valid = NDArray[np.bool_]


def difference_transparency(unmasked: Pixels, masked: Pixels) -> NDArray[np.float32]:
    """Return where a pasted mask covers a photo.

    Args:
        unmasked: uint8 ``[H, W, 3]``.
        masked: the same photo with a mask pasted on, uint8 ``[H, W, 3]``.

    Returns:
        The transparency ``a``, float32 ``[H, W]`` in [0, 1]; all zero where nothing was pasted on.
    """
    if unmasked.shape != masked.shape:
        raise ValueError(f"photos of a pair differ in shape: {unmasked.shape}, {masked.shape}")
    face = unmasked.astype(np.float32) / np.float32(255)
    worn = masked.astype(np.float32) / np.float32(255)
    region = _region(face, worn)
    core = ndimage.binary_erosion(region, _SQUARE, iterations=3)
    if not core.any():
        return region.astype(np.float32)
    return _solve_rim(face, worn, region, core)


def _region(face: NDArray[np.float32], worn: NDArray[np.float32]) -> Valid:
    """Return what differs: closed, without holes and parts that are far smaller than the rest."""
    difference = ndimage.uniform_filter(np.abs(worn - face).max(axis=2), size=3)
    # A mask covers less than half of a photo, so that the median is a difference without mask.
    threshold = max(LEAST_DIFFERENCE, NOISE_FACTOR * float(np.median(difference)))
    radius = max(1, round(max(difference.shape) / 64))
    padded = np.pad(ndimage.binary_opening(difference > threshold), radius)
    closed = ndimage.binary_closing(padded, iterations=radius)[radius:-radius, radius:-radius]
    filled = np.pad(ndimage.binary_fill_holes(closed), radius, mode="edge")
    # Straps go with the specks: no design can be drawn on them.
    body = ndimage.binary_opening(filled, iterations=radius)[radius:-radius, radius:-radius]
    parts, _ = ndimage.label(body)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return np.asarray((sizes >= LEAST_PART * max(int(sizes.max()), 1))[parts])


def _solve_rim(
    face: NDArray[np.float32], worn: NDArray[np.float32], region: Valid, core: Valid
) -> NDArray[np.float32]:
    """Solve ``worn = face (1 - a) + mask a`` on the rim, by least squares over the channels."""
    transparency = region.astype(np.float32)
    rim = ndimage.binary_dilation(region, _SQUARE, iterations=2) & ~core
    nearest = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    rows, columns = nearest[0][rim], nearest[1][rim]
    towards = worn[rows, columns] - face[rim]
    squared = (towards**2).sum(axis=1)
    share = ((worn[rim] - face[rim]) * towards).sum(axis=1) / np.maximum(squared, 1e-6)
    # Where mask and face have about the same colour the equation says nothing.
    solvable = squared > (2 * LEAST_DIFFERENCE) ** 2
    transparency[rim] = np.where(solvable, np.clip(share, 0, 1), transparency[rim])
    return transparency
