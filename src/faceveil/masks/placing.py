"""A mask put on a photo: a template on the average head, seen as the photo sees its face."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from faceveil.collection.images import Pixels
from faceveil.masks.head import mask_loft, plain_loft, relief
from faceveil.masks.pose import Pose, find_pose
from faceveil.masks.templates import BOTTOM, LEFT, RIGHT, TOP, Template
from faceveil.rendering.noise import Array
from faceveil.rendering.surface import Hit, View, cast

FINE = 0.8
"""Distance of samples that shows all that a template has, in millimetres."""

MOST_SAMPLES = 8
"""Samples across a pixel, at most."""

DEPTHS = (0.0, 120.0)
"""What a mask may stand out from the head's axis, in millimetres."""


@dataclass(frozen=True)
class Face:
    """One face of a photo.

    Attributes:
        box: float64 ``[4]``, left, top, right, bottom in pixels.
        landmarks: float64 ``[5, 2]``, x and y in pixels, in MTCNN's order.
    """

    box: NDArray[np.float64]
    landmarks: NDArray[np.float64]


def put_on(photo: Pixels, face: Face, template: Template) -> Pixels:
    """Return the mask as a face of a photo wears it.

    Returns:
        A cut-out, uint8 ``[H, W, 4]``: the mask's colour and, as alpha, its exact transparency.
    """
    cutout = np.zeros((*photo.shape[:2], 4), dtype=np.uint8)
    pose = find_pose(face.box, face.landmarks)
    rows, columns = _seen(pose, photo.shape[:2])
    if rows.start < rows.stop and columns.start < columns.stop:
        cutout[rows, columns] = _as_pixels(_mask(pose, rows, columns, template))
    return cutout


def over(photo: Pixels, cutout: Pixels) -> Pixels:
    """Return ``photo * (1 - a) + colour * a``, rounded once, uint8 ``[H, W, 3]``."""
    opacity = cutout[..., 3:].astype(np.uint32)
    mixed = photo * (255 - opacity) + cutout[..., :3] * opacity
    return ((mixed + 127) // 255).astype(np.uint8)


def _seen(pose: Pose, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the rows and columns of a photo that the mask may be seen in."""
    corners = np.array([(x, y, z) for x in (LEFT, RIGHT) for y in (TOP, BOTTOM) for z in DEPTHS])
    reach = pose.project(corners)
    low = np.clip(np.floor(reach.min(axis=0)), 0, shape[::-1]).astype(int)
    high = np.clip(np.ceil(reach.max(axis=0)), 0, shape[::-1]).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _mask(pose: Pose, rows: slice, columns: slice, template: Template) -> Array:
    """Return the mask in a part of the photo, float32 ``[4, H, W]``, colour times opacity."""
    # Across a pixel: an even number.
    samples = int(np.clip(2 * np.ceil(0.5 / (FINE * pose.scale)), 2, MOST_SAMPLES))
    step = 1 / (pose.scale * samples)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    down = rows.start + (np.arange(height * samples) + 0.5)[:, None] / samples
    right = columns.start + (np.arange(width * samples) + 0.5)[None, :] / samples
    hit = meet(pose, *pose.camera(right, down), step)
    cover = np.clip(hit.inside / np.float32(step) + 0.5, 0, 1) * (hit.z > 0)
    fine = template.read(hit.x, hit.y, step) * cover
    blocks = fine.reshape(4, height, samples, width, samples)
    return np.asarray(blocks.mean(axis=(2, 4)), dtype=np.float32)


def meet(pose: Pose, x: Array, y: Array, step: float) -> Hit:
    """Return where on the average head the rays of a photo meet the mask's surface.

    Places are millimetres in the camera's plane, roll taken out, a grid of an even number of rows
    and columns; ``step`` is their distance.

    A nod shifts a place by its distance from the axis, which is taken from a cylinder: the true
    surface ends under the chin.
    """
    right, down = np.broadcast_arrays(x.astype(np.float32), y.astype(np.float32))
    view = View(right, down, down, pose.yaw, pose.pitch, step)
    plain = cast(plain_loft(), view)
    ahead = plain.z * np.cos(pose.yaw) - plain.x * np.sin(pose.yaw)
    level = pose.height(down, ahead).astype(np.float32)
    return cast(mask_loft(), replace(view, level=level), relief)


def _as_pixels(mask: Array) -> Pixels:
    """Return colour and opacity as uint8 ``[H, W, 4]``."""
    opacity = np.rint(255 * np.clip(mask[3], 0, 1)).astype(np.uint8)
    colour = np.clip(mask[:3] / np.maximum(mask[3], 1e-6), 0, 1)
    colour = np.where(opacity > 0, np.rint(255 * colour), 0).astype(np.uint8)
    return np.moveaxis(np.concatenate([colour, opacity[None]]), 0, 2)
