"""Mask coordinates: where on a mask, and so on the face under it, each pixel of a photo lies.

``u`` runs from -1 to 1 across the face, from the photo's left to its right, ``v`` from 0 to 1 down.
They are places of the face and not of the cloth: how a mask is cut and where it ends differs from
photo to photo and is told by the transparency alone. Every head is brought to the average one: its
pupils to a distance of 63 mm and the heights of nose, mouth and chin to the average ones, linear
between them. There u is the distance from the middle in units of :data:`HALF_WIDTH`, and v the part
of the way from the standard :func:`upper_edge` to the standard :func:`lower_edge`. A texel of one
(u, v) is thus on one place of a person's face in all photos, and on like places of all people.

``shading`` is the factor on the cloth's displayed colour: pleats, seams, light, exposure.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter

from faceveil.rendering.noise import Array
from faceveil.store.coordinates import clipped

EYE_DISTANCE = 63.0
"""Between the pupils of the average head; this and all that follow in millimetres."""

NOSE = 37.0
"""Height of the nose's tip, below the line between the pupils."""

MOUTH = 67.5
"""Height of the mouth."""

CHIN = 111.0
"""Height of the chin; where MTCNN's box of an average frontal face ends."""

HALF_WIDTH = 59.0
"""Half the distance between the side edges of a mask as seen from the front."""

LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Weights of red, green and blue in what is displayed (ITU-R BT.709)."""

FAR = 150.0
"""So far above the eyes and below the chin heights go on as there."""

LEAST_KNOWN = 16
"""Fewer pixels that show the head tell nothing about the others."""

SOFT = 0.03
"""Deviation of the blur beyond what is known, as part of the photo's shorter side."""


def upper_edge(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height at which a mask begins, ``x`` millimetres beside the nose."""
    return np.asarray(15 + 13 * (np.abs(x) / HALF_WIDTH) ** 1.4)


def lower_edge(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height at which it ends: under the chin, along the jaw."""
    return np.asarray(CHIN + 5 - 38 * (np.abs(x) / HALF_WIDTH) ** 2)


def average_height(y: Array, nose: float, mouth: float, chin: float) -> NDArray[np.float64]:
    """Return heights on the average head, in millimetres.

    Args:
        y: heights on a head whose pupils are as far apart as the average one's.
        nose: height of its nose's tip.
        mouth: height of its mouth.
        chin: height of its chin.
    """
    own = (-FAR * nose / NOSE, 0.0, nose, mouth, chin, chin + FAR)
    return np.asarray(np.interp(y, own, (-FAR, 0.0, NOSE, MOUTH, CHIN, CHIN + FAR)))


def on_mask(x: Array, y: Array) -> Array:
    """Return u and v, float32 ``[2, ...]``, of places of the average head in millimetres."""
    # Beyond its ends the standard edges would meet: there the mask is as high as at its ends.
    beside = np.minimum(np.abs(x), HALF_WIDTH)
    top, bottom = upper_edge(beside), lower_edge(beside)
    return np.stack([x / HALF_WIDTH, (y - top) / (bottom - top)]).astype(np.float32)


def on_average(u: Array, v: Array) -> tuple[Array, Array]:
    """Return places of the average head in millimetres: what :func:`on_mask` was given."""
    x = HALF_WIDTH * u
    beside = np.minimum(np.abs(x), HALF_WIDTH)
    top, bottom = upper_edge(beside), lower_edge(beside)
    return x, top + v * (bottom - top)


def continued(planes: Array, known: NDArray[np.bool_]) -> Array:
    """Return coordinates at every pixel: those known, and smoothly on from them elsewhere.

    Elsewhere u and v go on as the plane that fits them best, shifted to what is nearest and known;
    shading is what is nearest and known.

    Args:
        planes: u, v and shading, float32 ``[3, H, W]``; of no meaning where they are not known.
        known: bool ``[H, W]``.

    Returns:
        float32 ``[3, H, W]``, clipped to their ranges. Where next to nothing is known, the middle
        of an evenly lit mask.
    """
    if known.sum() < LEAST_KNOWN:
        return np.zeros_like(planes) + np.array((0, 0.5, 1), np.float32).reshape(3, 1, 1)
    trend = np.zeros_like(planes)
    trend[:2] = _best_plane(planes[:2], known)
    rest = np.where(known, planes - trend, 0)
    far, nearest = distance_transform_edt(~known, return_indices=True)
    filled = rest[:, *nearest]
    sigma = SOFT * min(known.shape)
    soft = gaussian_filter(filled, (0, sigma, sigma), mode="nearest")
    filled += np.clip(far / (2 * sigma), 0, 1).astype(np.float32) * (soft - filled)
    return clipped(np.where(known, planes, trend + filled))


def _best_plane(values: Array, known: NDArray[np.bool_]) -> Array:
    """Return the planes ``[2, H, W]`` that are closest to known values, by least squares."""
    rows, columns = np.indices(known.shape) / max(known.shape)
    places = np.stack([np.ones_like(rows), rows, columns], axis=-1)
    found, *_ = np.linalg.lstsq(places[known], values[:, known].T, rcond=None)
    return np.asarray(np.moveaxis(places @ found, -1, 0), dtype=np.float32)
