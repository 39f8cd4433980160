"""The anchors of a mask that has been cut out: six points of its outline, found in its alpha.

Straps may reach out of it: what is thinner than a tenth of the mask is no part of its body.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from faceveil.masks.pose import Points
from faceveil.params.errors import FaceveilError

THIN = 0.1
"""Parts thinner than this share of the cut-out's longer side are straps."""

LEAST_BODY = 0.05
"""Share of the picture that a mask's body must fill."""


@dataclass(frozen=True)
class Outline:
    """Six points of a mask's outline and its extent.

    Attributes:
        anchors: float64 ``[6, 2]``, x and y in pixels: upper left, upper middle (nose), upper
            right, lower right, lower middle (chin), lower left.
        left: the body's first column.
        right: the column after its last one.
    """

    anchors: Points
    left: float
    right: float


def find_outline(alpha: NDArray[np.uint8], name: str) -> Outline:
    """Find the anchors of a mask.

    The middle points are the highest and the lowest of the body's middle third. The upper corners
    are where it reaches farthest along the diagonals of its extent; the lower edge of many a mask
    runs along a diagonal, so that the lower corners are where the diagonals leave it.
    """
    rows, columns = np.nonzero(_body(alpha, name))
    top, bottom, left, right = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    x = (columns + 0.5 - left) / (right - left)
    y = (rows + 0.5 - top) / (bottom - top)
    middle = np.abs(x - 0.5) < 1 / 6
    lower = np.abs(y - 0.5 - np.abs(x - 0.5)) < 0.02
    left_corner, right_corner = lower & (x < 0.5), lower & (x > 0.5)
    if not (middle.any() and left_corner.any() and right_corner.any()):
        raise FaceveilError(
            f"{name}: no mask seen from the front; its middle, its lower left or its lower right "
            "is empty"
        )
    found = [
        _farthest(x, y, -x - y),
        _farthest(x[middle], y[middle], -y[middle]),
        _farthest(x, y, x - y),
        _farthest(x[right_corner], y[right_corner], y[right_corner]),
        _farthest(x[middle], y[middle], y[middle]),
        _farthest(x[left_corner], y[left_corner], y[left_corner]),
    ]
    anchors = np.array(found) * (right - left, bottom - top) + (left, top)
    return Outline(anchors, float(left), float(right))


def _farthest(x: Points, y: Points, along: Points) -> Points:
    """Return the middle of the points that reach farthest, within a hundredth of the extent."""
    reached = along >= along.max() - 0.01
    return np.array([x[reached].mean(), y[reached].mean()])


def _body(alpha: NDArray[np.uint8], name: str) -> NDArray[np.bool_]:
    """Return the largest part of the mask, without straps, bool ``[H, W]``."""
    opaque = alpha >= 128
    if opaque.all() or not opaque.any():
        what = (
            "no transparent background" if opaque.all() else "nothing in it is at least half opaque"
        )
        raise FaceveilError(
            f"{name}: {what}; a template is a mask cut out as PNG, transparent all around it"
        )
    extent = np.ptp(np.nonzero(opaque), axis=1) + 1
    radius = max(1, round(THIN / 2 * extent.max()))
    padded = np.pad(opaque, radius)
    inner = ndimage.distance_transform_edt(padded) > radius
    opened = inner if not inner.any() else ndimage.distance_transform_edt(~inner) <= radius
    parts, _ = ndimage.label(opened[radius:-radius, radius:-radius] & opaque)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    if sizes.max() < LEAST_BODY * alpha.size:
        raise FaceveilError(
            f"{name}: its largest part fills {sizes.max() / alpha.size:.1%} of the picture; crop "
            f"the picture to the mask, at least {LEAST_BODY:.0%} must be mask"
        )
    return np.asarray(parts == sizes.argmax())
