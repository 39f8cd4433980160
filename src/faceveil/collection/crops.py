"""Which part of a photo is packed: all of it, or a square around the face.

facenet-pytorch's recognizers learned from MTCNN's boxes, with a margin of 44 in 182 pixels, and are
used with 32 in 160 (https://github.com/davidsandberg/facenet/wiki/Validate-on-LFW): 16 pixels on
each side of a box of 128, an eighth of it. There the box is squeezed into a square; here the
square has the box's longer side, so that faces keep their shape.
"""

import numpy as np
from numpy.typing import NDArray

from faceveil.collection.images import Scalar, resize

CROP = ("crop_left", "crop_top", "crop_right", "crop_bottom")
"""Columns of a packed store that say which part of each photo it holds, as shares of the photo's
width and height; beyond [0, 1] where the square reaches out. None of them: photos are whole."""

Corners = tuple[float, float, float, float] | None
"""One row of these columns; None is the whole photo."""

Shares = NDArray[np.float64]


def square_crops(boxes: Shares, sizes: NDArray[np.float64], margin: float) -> Shares:
    """Return a square around each box.

    Args:
        boxes: float64 ``[N, 4]``, left, top, right, bottom, as shares of width and height.
        sizes: width and height of the photos, in pixels, ``[N, 2]``.
        margin: added on each side, as share of the box's longer side.

    Returns:
        float64 ``[N, 4]``, again as shares of width and height; square in pixels.
    """
    corners = boxes.reshape(-1, 2, 2) * sizes[:, None]
    longer = (corners[:, 1] - corners[:, 0]).max(axis=1, keepdims=True)
    middle, half = corners.mean(axis=1), longer * (0.5 + margin)
    return np.hstack([(middle - half) / sizes, (middle + half) / sizes])


def cut(pixels: NDArray[Scalar], crop: Corners, size: int) -> NDArray[Scalar]:
    """Cut a part out of a photo, or of one channel of it, and bring it to a square.

    Beyond the photo its edge goes on: a mask that leaves the photo stays a mask, and neither the
    photo nor its transparency gets an outline that nothing in the scene has.

    Args:
        pixels: uint8 ``[H, W, 3]``, or uint8 or float32 ``[H, W]``.
        crop: the part; None is all of it.
        size: height and width of the result, in pixels.

    Returns:
        ``[size, size, 3]`` or ``[size, size]``, antialiased.
    """
    if crop is None:
        return resize(pixels, size, size)
    height, width = pixels.shape[:2]
    box = np.array(crop) * (width, height, width, height)
    beyond = np.ceil(np.maximum([-box[0], -box[1], box[2] - width, box[3] - height], 0)).astype(int)
    left, top, right, bottom = beyond
    around = ((top, bottom), (left, right), (0, 0))[: pixels.ndim]
    padded = np.pad(pixels, around, mode="edge") if beyond.any() else pixels
    moved = box + np.array([left, top, left, top])
    return resize(padded, size, size, (moved[0], moved[1], moved[2], moved[3]))


def seen_in(points: Shares, crops: Shares) -> Shares:
    """Bring places in photos to places in what was cut out of them.

    Args:
        points: float64 ``[N, P, 2]``, x and y as shares of the photo.
        crops: float64 ``[N, 4]``, the parts, as shares of the photo.

    Returns:
        float64 ``[N, P, 2]``, as shares of the part.
    """
    corners = crops.reshape(-1, 2, 2)
    return (points - corners[:, :1]) / (corners[:, 1:] - corners[:, :1])
