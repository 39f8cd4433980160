"""Where a mask would be on a photo of a bare face: the standard mask on the average head."""

import numpy as np
from numpy.typing import NDArray

from faceveil.masks.placing import meet
from faceveil.masks.pose import find_pose
from faceveil.rendering.mask_coordinates import on_mask
from faceveil.rendering.noise import Array

SAMPLES = 2
"""Samples across a pixel; surfaces are met on grids of even size."""


def mask_region(size: int, box: NDArray[np.floating], landmarks: NDArray[np.floating]) -> Array:
    """Return how much of each pixel a mask would cover, float32 ``[S, S]`` in [0, 1].

    It ends at the standard edges of :mod:`faceveil.rendering.mask_coordinates`: u from -1 to 1 and
    v from 0 to 1, where the average head is seen.

    Args:
        size: side of the photo, in pixels.
        box: of the face, ``[4]``, left, top, right, bottom in pixels, MTCNN's.
        landmarks: ``[5, 2]``, x and y in pixels, in MTCNN's order.
    """
    pose = find_pose(np.asarray(box, np.float64), np.asarray(landmarks, np.float64))
    places = (np.arange(SAMPLES * size) + 0.5) / SAMPLES
    right, down = pose.camera(places[None, :], places[:, None])
    hit = meet(pose, right, down, 1 / (SAMPLES * pose.scale))
    u, v = on_mask(hit.x, hit.y)
    inside = (hit.inside > 0) & (hit.z > 0) & (np.abs(u) <= 1) & (v >= 0) & (v <= 1)
    blocks = inside.reshape(size, SAMPLES, size, SAMPLES)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)
