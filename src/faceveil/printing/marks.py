"""Finding the marks of a chart in a photo: a black disc in a black ring, white between them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from faceveil.printing.chart import RINGS
from faceveil.printing.worn_lengths import Floats

NEIGHBOURHOOD = 1 / 18
"""Side of the square whose mean decides what is dark, as share of the photo's longer side."""

DARK = 0.78
"""What is darker than this share of that mean is dark."""

RATIO = (RINGS[0] ** 2 - RINGS[1] ** 2) / RINGS[2] ** 2
"""Area of the ring over that of the disc: 5. Of a QR code's corner it is 2.7."""

RATIOS = (3.4, 9.0)
"""What is taken for one: ink spreads, and a blur eats the disc."""

LEAST_PIXELS = 9
"""Area of the smallest disc."""

MOST_SHARE = 0.003
"""Largest part of a photo that a ring fills."""

MOST_OFF = 0.12
"""How far apart the centres of ring and disc may be, as share of the ring's extent."""

LEAST_FILLED, MOST_LONG = 0.6, 2.2
"""Part of its box that a disc fills, at least, and how much longer than wide it is, at most."""


def find_marks(grey: NDArray[np.float32]) -> Floats:
    """Return the centres of all that looks like a mark.

    Args:
        grey: a photo's brightness, ``[H, W]`` in [0, 1].

    Returns:
        float64 ``[N, 2]``, x and y in pixels, 0 at the first pixel's centre; N may be 0.
    """
    side = max(3, round(NEIGHBOURHOOD * max(grey.shape)))
    dark = grey < DARK * ndimage.uniform_filter(grey, side)
    parts, _ = ndimage.label(dark, structure=np.ones((3, 3)))
    boxes = ndimage.find_objects(parts)
    areas = np.bincount(parts.ravel())[1:]
    most = MOST_SHARE * grey.size
    centres = [
        _refined(grey, box)
        for number, box in enumerate(boxes)
        if LEAST_PIXELS * RATIO < areas[number] < most and _is_mark(parts[box], number + 1)
    ]
    return np.array(centres, dtype=np.float64).reshape(-1, 2)


def _is_mark(box: NDArray[Any], ring: int) -> bool:
    """Return whether a part's box holds a ring and one disc in its middle."""
    height, width = box.shape
    if max(height, width) > MOST_LONG * min(height, width):
        return False
    middle = int(box[height // 2, width // 2])
    if middle in (0, ring):
        return False
    disc = box == middle
    areas = float(disc.sum()), float((box == ring).sum())
    rows, columns = np.nonzero(disc)
    filled = areas[0] / ((np.ptp(rows) + 1) * (np.ptp(columns) + 1))
    off = np.hypot(rows.mean() - (height - 1) / 2, columns.mean() - (width - 1) / 2)
    return bool(
        areas[0] >= LEAST_PIXELS
        and RATIOS[0] < areas[1] / areas[0] < RATIOS[1]
        and filled > LEAST_FILLED
        and off < MOST_OFF * max(height, width)
    )


def _refined(grey: NDArray[np.float32], box: tuple[slice, ...]) -> tuple[float, float]:
    """Return the centre of darkness in a box and two pixels around it, x and y."""
    rows, columns = (slice(max(0, one.start - 2), one.stop + 2) for one in box[:2])
    part = grey[rows, columns].astype(np.float64)
    # The lightest tenth is paper; what is as light weighs nothing.
    darkness = np.clip(np.percentile(part, 90) - part, 0, None)
    y, x = ndimage.center_of_mass(darkness)
    return float(columns.start + x), float(rows.start + y)
