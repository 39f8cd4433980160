"""Mask coordinates of a photo whose face was found: exact for a mask put on here, else estimated.

What u and v are is told in :mod:`faceveil.rendering.mask_coordinates`. Both ways look at the same
average head in the same pose.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from faceveil.collection.images import Pixels
from faceveil.masks.placing import Face, meet
from faceveil.masks.pose import Pose, find_pose
from faceveil.masks.shading import seen_shading
from faceveil.masks.templates import Template
from faceveil.rendering.mask_coordinates import continued, on_mask
from faceveil.rendering.noise import Array
from faceveil.rendering.surface import Hit

LONGEST_SIDE = 512
"""Coordinates of a mask put on have this size at most, in pixels; they are smooth."""

SHADES = (0.4, 1.4)
"""Least and greatest estimated shading: beyond, it is a print, or a thing before the mask."""

SOFT = 0.008
"""Deviation of the blur of estimated shading, as part of the photo's shorter side."""


def worn_coordinates(shape: tuple[int, ...], face: Face, template: Template) -> Array:
    """Return the coordinates of a mask as :func:`faceveil.masks.placing.put_on` lays it on.

    Args:
        shape: height and width of the photo.
        face: the one that wears it.
        template: the mask.

    Returns:
        u, v and shading, float32 ``[3, H, W]``; smaller than the photo, in its shape, where that
        is longer than :data:`LONGEST_SIDE`.
    """
    scale = min(1.0, LONGEST_SIDE / max(shape[:2]))
    height, width = (max(1, round(scale * side)) for side in shape[:2])
    pose = find_pose(scale * face.box, scale * face.landmarks)
    hit = _seen(pose, height, width)
    shading = template.read_shading(hit.x, hit.y, 1 / pose.scale)
    return _everywhere(hit, shading)


def estimate_coordinates(
    photo: Pixels,
    transparency: NDArray[np.uint8],
    box: NDArray[np.float64],
    landmarks: NDArray[np.float64],
) -> Array:
    """Return the coordinates of any mask: the average head's, shaded as the photo shows it.

    A pattern that is printed on the mask cannot be told from light and is taken for shading.

    Args:
        photo: uint8 ``[H, W, 3]``, RGB, of the masked face.
        transparency: uint8 ``[H, W]``, 255 where the mask covers all.
        box: of the face, float64 ``[4]``, left, top, right, bottom in pixels, MTCNN's.
        landmarks: float64 ``[5, 2]``, x and y in pixels, in MTCNN's order; found on this photo or
            on the same one without mask.

    Returns:
        u, v and shading, float32 ``[3, H, W]``.
    """
    hit = _seen(find_pose(box, landmarks), *photo.shape[:2])
    shading = seen_shading(np.moveaxis(photo, 2, 0), transparency)
    soft = gaussian_filter(shading, SOFT * min(shading.shape), mode="nearest")
    return _everywhere(hit, np.clip(soft, *SHADES))


def _seen(pose: Pose, height: int, width: int) -> Hit:
    """Return where each pixel of a photo meets the mask's surface on the average head."""
    # Surfaces are met on grids of even size.
    columns = np.arange(width + width % 2, dtype=np.float64)[None, :] + 0.5
    rows = np.arange(height + height % 2, dtype=np.float64)[:, None] + 0.5
    hit = meet(pose, *pose.camera(columns, rows), 1 / pose.scale)
    return Hit(*(plane[:height, :width] for plane in vars(hit).values()))


def _everywhere(hit: Hit, shading: Array) -> Array:
    planes = np.concatenate([on_mask(hit.x, hit.y), shading[None]])
    return continued(planes, (hit.inside > 0) & (hit.z > 0))
