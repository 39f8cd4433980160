"""How sharp a face is, what a mask covers, and how much it looks like one: numbers of one photo.

**Sharpness**: the upper part of the face box, which no mask hides, is brought to one size; there
the energy of fine detail is set against the energy of all detail. Blur takes the fine detail first;
light and contrast change both alike.

**Realism** is the geometric mean of two shares of pixels in [0, 1]: of the outline at which the
colour steps by more than compression makes, and of the region that has the hue of its median, since
skin, hair and background together are no one material. A mask with a printed pattern would score
low.

**Placement**: the nose, the mouth and the chin are ellipses in the frame of the face. Its unit
``d`` is the distance between the middle of the eyes and the middle of the mouth, its vertical axis
runs through both, so that size and roll of the head do not matter. The chin is not among the five
landmarks: it is looked for below the mouth.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from faceveil.collection.images import Pixels, resize

UPPER_SHARE = 0.6
"""Share of the face box, from its top, that is looked at: forehead to the middle of the nose."""

WIDTH = 48
"""Width that the face box is brought to, in pixels."""

FINE, COARSE = 1.0, 4.0
"""Deviations of the two blurs, in pixels at that width, that fine and all detail exceed."""


def measure_sharpness(photo: Pixels, box: NDArray[np.float64]) -> float:
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


LEAST_STEP = 0.04
"""Step of colour across the outline that counts as an edge, as share of the value range."""

MOST_SPREAD = 0.10
"""Distance of a pixel's chroma from the median that is still the same material."""


def measure_realism(photo: Pixels, region: NDArray[np.bool_]) -> float:
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
    chroma = colour[inside][:, :2] - colour[inside][:, 1:]  # red minus green, green minus blue
    distance = np.linalg.norm(chroma - np.median(chroma, axis=0), axis=1)
    one_material = float((distance < MOST_SPREAD).mean())
    return float(np.sqrt(_edge(colour, region, inside, reach) * one_material))


def _edge(
    colour: NDArray[np.float64],
    region: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    reach: int,
) -> float:
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


LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = range(5)

CHIN_BELOW_MOUTH = 0.36
"""From the middle of the mouth to the middle of the chin's zone, in ``d``."""

RADII = {"nose": (0.14, 0.10), "mouth": (0.30, 0.12), "chin": (0.22, 0.08)}
"""Half width and half height of each zone, in ``d``."""


def measure_placement(
    region: NDArray[np.bool_], landmarks: NDArray[np.float64]
) -> dict[str, float]:
    """Return the shares in [0, 1] of nose, mouth and chin that lie under a mask.

    A zone outside the photo is bare.

    Args:
        region: where the mask is, bool ``[H, W]``.
        landmarks: float64 ``[5, 2]``, x and y in pixels, in MTCNN's order.
    """
    return {name: _covered(region, points) for name, points in face_zones(landmarks).items()}


def face_zones(landmarks: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Return points spread evenly over each zone, float64 ``[N, 2]``, x and y in pixels."""
    eyes = landmarks[[LEFT_EYE, RIGHT_EYE]].mean(axis=0)
    mouth = landmarks[[LEFT_MOUTH, RIGHT_MOUTH]].mean(axis=0)
    down = mouth - eyes
    across = np.array([down[1], -down[0]])
    centres = {"nose": landmarks[NOSE], "mouth": mouth, "chin": mouth + CHIN_BELOW_MOUTH * down}
    return {
        name: centre + np.outer(_DISC[:, 0] * RADII[name][0], across)
        + np.outer(_DISC[:, 1] * RADII[name][1], down)
        for name, centre in centres.items()
    }  # fmt: skip


LEAST_CHANGE, MOST_CHANGE = 0.15, 0.03
"""Distances of median chroma. Mouth and chin of a photo that looks masked are each at least the
first away from the upper face, and at most the second from each other: cloth has one colour, lips
and chin have two. None of 768 real bare faces looks masked so (527 of them LFW's), and 370 of 464
in pasted masks do (234 of them MaskedFace-Net's, as worn correctly by their names)."""

ABOVE_EYES = 0.35
"""From the middle of the eyes up to the forehead's zone, in ``d``."""


def looks_masked(photo: Pixels, landmarks: NDArray[np.float64]) -> bool:
    """Return whether a face seems to wear a mask, by the colours of its zones.

    One in the colour of skin, or in many colours, is not noticed.

    Args:
        photo: uint8 ``[H, W, 3]``.
        landmarks: float64 ``[5, 2]``, x and y in pixels, in MTCNN's order.
    """
    zones = face_zones(landmarks)
    eyes = landmarks[[LEFT_EYE, RIGHT_EYE]].mean(axis=0)
    mouth = landmarks[[LEFT_MOUTH, RIGHT_MOUTH]].mean(axis=0)
    forehead = zones["mouth"] - mouth + eyes - ABOVE_EYES * (mouth - eyes)
    upper = np.concatenate([forehead, zones["nose"] - landmarks[NOSE] + eyes])
    found = [_chroma(photo, points) for points in (zones["mouth"], zones["chin"], upper)]
    if any(np.isnan(one).any() for one in found):
        return False
    at_mouth, at_chin, above = found
    away = min(np.linalg.norm(at_mouth - above), np.linalg.norm(at_chin - above))
    return bool(away >= LEAST_CHANGE and np.linalg.norm(at_mouth - at_chin) <= MOST_CHANGE)


def _chroma(photo: Pixels, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of red minus green and green minus blue at points, NaN outside."""
    rows, columns, inside = _pixels(photo.shape, points)
    if not inside.any():
        return np.full(2, np.nan)
    colour = photo[rows[inside], columns[inside]] / 255
    return np.asarray(np.median(colour[:, :2] - colour[:, 1:], axis=0))


def _pixels(
    shape: tuple[int, ...], points: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the row and the column of each point, and whether it is inside the photo."""
    columns, rows = np.floor(points).astype(np.int64).T
    return rows, columns, (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])


def _covered(region: NDArray[np.bool_], points: NDArray[np.float64]) -> float:
    rows, columns, inside = _pixels(region.shape, points)
    covered = region[rows[inside], columns[inside]]
    return float(np.count_nonzero(covered) / len(points))


_GRID = np.stack(np.meshgrid(np.linspace(-1, 1, 15), np.linspace(-1, 1, 15)), axis=-1)
_DISC = _GRID[(_GRID**2).sum(axis=-1) <= 1]
