"""Crop jitter: a detector never puts a face exactly where the recognizer expects it.

It acts on what a recognizer sees, not on the photo: for crop ``aligned`` on the five points, for
crop ``frame`` on the photo that the recognizer gets. In both, the face appears in the crop as
``crop_moved``, ``crop_turned`` and ``crop_scaled`` say.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from faceveil.collection.places import Places
from faceveil.wearing.conditions import Conditions

EYE_DISTANCE = 0.3146
"""Distance of the eyes in an aligned crop, as share of its side: 35.2 of 112 pixels."""


def misplaced(
    photos: Tensor, places: Places, conditions: Conditions | None, needs_places: bool
) -> tuple[Tensor, Places]:
    """Return what a recognizer is given under a condition: its crop is misplaced, none other.

    Args:
        photos: ``[B, 3, S, S]``.
        places: of their faces.
        conditions: of the photos; without, all stays.
        needs_places: whether the recognizer sees crops around places, else the whole photo.
    """
    if conditions is None:
        return photos, places
    if needs_places:
        return photos, jitter_places(places, conditions)
    return jitter_frame(photos, conditions), places


def jitter_places(places: Places, conditions: Conditions) -> Places:
    """Return the places of B faces in square photos, misplaced around the middle of their points.

    ``crop_moved`` is measured in crops whose eyes are ``EYE_DISTANCE`` apart. A place that is not
    known stays unknown.
    """
    if len(places) != len(conditions):
        raise ValueError(f"{len(places)} places need as many conditions, not {len(conditions)}")
    eyes = places.points[:, 1] - places.points[:, 0]
    side = np.linalg.norm(eyes, axis=1, keepdims=True) / EYE_DISTANCE
    middle = places.points.mean(axis=1, keepdims=True)
    moved = side[:, None] * conditions.crop_moved.cpu().numpy()[:, None]
    back = _back(conditions).cpu().numpy()
    points = middle + (places.points - middle - moved) @ back.transpose(0, 2, 1)
    return Places(_boxes(places.boxes, middle, moved, back), points.astype(np.float32))


def jitter_frame(photos: Tensor, conditions: Conditions) -> Tensor:
    """Return the photos ``[B, 3, S, S]`` as crop ``frame`` shows them, misplaced around the middle.

    Beyond the photo's edge its nearest pixel is seen. Differentiable with respect to the photos; a
    photo whose crop is in place stays as it is.
    """
    if len(photos) != len(conditions):
        raise ValueError(f"{len(photos)} photos need as many conditions, not {len(conditions)}")
    back = _back(conditions)
    moved = 2 * conditions.crop_moved[:, :, None]  # the grid is two units wide
    maps = torch.cat([back, -back @ moved], dim=2)
    rows = torch.nonzero((maps != torch.eye(2, 3)).any(dim=2).any(dim=1))[:, 0].to(photos.device)
    if not len(rows):
        return photos
    size = [len(rows), *photos.shape[1:]]
    grid = functional.affine_grid(maps.to(photos)[rows], size, align_corners=False)
    seen = functional.grid_sample(photos[rows], grid, padding_mode="border", align_corners=False)
    return photos.index_copy(0, rows, seen)


def _back(conditions: Conditions) -> Tensor:
    """Return the turn and size ``[B, 2, 2]`` that lead from the crop back to the face."""
    cosine = conditions.crop_turned.cos() / conditions.crop_scaled
    sine = conditions.crop_turned.sin() / conditions.crop_scaled
    rows = [torch.stack([cosine, sine], dim=1), torch.stack([-sine, cosine], dim=1)]
    return torch.stack(rows, dim=1)


def _boxes(
    boxes: NDArray[np.float32],
    middle: NDArray[np.float32],
    moved: NDArray[np.float32],
    back: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return boxes whose centre is where the points went, and whose sides stay upright."""
    corners = boxes.reshape(-1, 2, 2)
    centre = corners.mean(axis=1, keepdims=True)
    scale = np.sqrt(np.linalg.det(back))[:, None, None]
    aim = middle + (centre - middle - moved) @ back.transpose(0, 2, 1)
    return np.asarray(aim + (corners - centre) * scale, dtype=np.float32).reshape(-1, 4)
