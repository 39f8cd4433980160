"""What a recognizer sees of a photo: all of it, or the face with five points put in place.

Both are differentiable with respect to the photo.
"""

import numpy as np
import torch
from torch.nn import functional

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.params.recognizers import Crop

TEMPLATE = (
    (38.2946, 51.6963),
    (73.5318, 51.5014),
    (56.0252, 71.7366),
    (41.5493, 92.3655),
    (70.7299, 92.2041),
)
"""Where eyes, nose and the mouth's corners lie in an aligned crop of 112 pixels, x and y.

The numbers of J. Deng et al., "ArcFace: Additive angular margin loss for deep face recognition"
(2019), as its authors publish them; most embedders of today are trained on such crops.
"""

TEMPLATE_SIZE = 112

CHIP_SCALE, CHIP_SHIFT, CHIP_SIZE = 1.4913, (-9.4, -29.85), 150
"""From x and y in an aligned crop of 112 pixels to those in a chip of 150, as dlib cuts faces.

dlib's own chips are cut by other landmarks; where these five lie on them was measured.
"""

MOST_SAMPLES = 4
"""Samples per pixel and direction at most, where a large photo becomes a small crop."""


def crop_faces(
    images: torch.Tensor, places: Places | None, crop: Crop, input_size: int
) -> torch.Tensor:
    """Cut out what a recognizer sees; beyond the photo's edge is black.

    Args:
        images: float32 ``[B, 3, H, W]`` in [0, 1].
        places: of the B faces; not needed for ``frame``.
        crop: ``frame``, ``aligned`` or ``chip``.
        input_size: height and width of the result, in pixels.

    Returns:
        float32 ``[B, 3, input_size, input_size]`` in [0, 1].

    Raises:
        FaceveilError: if the place of a face is needed and not known.
    """
    if crop == "frame":
        size = (input_size, input_size)
        if images.shape[2:] == size:
            return images
        return functional.interpolate(images, size, mode="bilinear", antialias=True)
    maps = _maps(images, _known(places, len(images), crop), crop_template(crop, input_size))
    return _sample(images, maps, input_size)


def crop_template(crop: Crop, input_size: int) -> torch.Tensor:
    """Return where the five points lie in an ``aligned`` crop or a ``chip``, in pixels.

    Returns:
        float64 ``[5, 2]``, x and y; a whole number is the middle of a pixel.
    """
    points = torch.tensor(TEMPLATE, dtype=torch.float64)
    if crop == "aligned":
        return points * (input_size / TEMPLATE_SIZE)
    shift = torch.tensor(CHIP_SHIFT, dtype=torch.float64)
    return (points * CHIP_SCALE + shift) * (input_size / CHIP_SIZE)


def similarity_map(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the turn, size and shift that bring points closest to others, in least squares.

    In the plane, and without mirroring, the solution of S. Umeyama, "Least-squares estimation of
    transformation parameters between two point patterns" (1991), is a regression of complex
    numbers: one factor turns and scales, one summand shifts.

    Args:
        source: float ``[B, P, 2]``, x and y.
        target: float ``[B, P, 2]`` or ``[P, 2]``.

    Returns:
        ``[B, 2, 3]``: multiplied with ``(x, y, 1)`` of the source, it gives x and y of the target.
    """
    target = target.expand_as(source)
    centre, aim = source.mean(dim=1), target.mean(dim=1)
    away, wanted = source - centre[:, None], target - aim[:, None]
    spread = (away**2).sum(dim=(1, 2))
    cosine = (away * wanted).sum(dim=(1, 2)) / spread
    sine = (away[..., 0] * wanted[..., 1] - away[..., 1] * wanted[..., 0]).sum(dim=1) / spread
    rows = [torch.stack([cosine, -sine], dim=1), torch.stack([sine, cosine], dim=1)]
    turn = torch.stack(rows, dim=1)
    shift = aim - (turn @ centre[:, :, None])[:, :, 0]
    return torch.cat([turn, shift[:, :, None]], dim=2)


def _known(places: Places | None, count: int, crop: Crop) -> Places:
    """Refuse faces whose place is not known."""
    known = 0 if places is None else int(places.found.sum())
    if places is None or known < count or len(places) != count:
        raise FaceveilError(
            f"crop {crop!r} needs the place of every face, and knows {known} of {count}; "
            "leave photos without a face out, or use crop 'frame'"
        )
    return places


def _maps(images: torch.Tensor, places: Places, template: torch.Tensor) -> torch.Tensor:
    """Return maps ``[B, 2, 3]`` from places in the crop to places in the photo.

    Both are counted in pixels, and a whole number is the middle of a pixel.
    """
    height, width = images.shape[2:]
    points = places.points.astype(np.float64) * (width, height)
    return _inverse(similarity_map(torch.from_numpy(points), template))


def _inverse(maps: torch.Tensor) -> torch.Tensor:
    """Return the maps ``[B, 2, 3]`` that lead back."""
    turn = torch.linalg.inv(maps[:, :, :2])
    return torch.cat([turn, -turn @ maps[:, :, 2:]], dim=2)


def _sample(images: torch.Tensor, maps: torch.Tensor, size: int) -> torch.Tensor:
    """Read the photo at the places of each pixel; the mean of several where photos are large."""
    samples = min(MOST_SAMPLES, max(1, min(images.shape[2:]) // size))
    steps = (torch.arange(size * samples, dtype=torch.float64) + 0.5) / samples - 0.5
    rows, columns = torch.meshgrid(steps, steps, indexing="ij")
    places = torch.stack([columns, rows, torch.ones_like(rows)], dim=-1)
    found = torch.einsum("hwk,bjk->bhwj", places, maps)
    extent = torch.tensor([images.shape[3], images.shape[2]], dtype=torch.float64)
    grid = ((2 * found + 1) / extent - 1).to(images)
    sampled = functional.grid_sample(images, grid, padding_mode="zeros", align_corners=False)
    return functional.avg_pool2d(sampled, samples)
