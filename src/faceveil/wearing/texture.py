"""Wearing a texture: a design in mask coordinates, seen on a photo as cloth would show it.

With the published ``placement: image``, a design is fixed to the photo's frame: that is
:func:`faceveil.wearing.composition.wear`, without coordinates, shading or conditions. Here a
texture is looked up at the coordinates of the mask first, so that a texel lies on the same place of
the cloth in every photo, and the result is then worn by the same function.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from faceveil.params.errors import FaceveilError
from faceveil.store.coordinates import as_coordinates
from faceveil.store.faces import PackedFaces
from faceveil.wearing.capture import captured
from faceveil.wearing.composition import wear
from faceveil.wearing.conditions import Conditions
from faceveil.wearing.ink import Colours, printed

HEIGHT = 1.75
"""Height of a mask in half-widths: with it, texels of the default 126 x 144 are square."""

COORDINATES = 3
"""Channels of mask coordinates: u across in [-1.5, 1.5], v down in [-0.5, 1.5], and shading."""


def mask_coordinates(faces: PackedFaces, rows: Sequence[int] | NDArray[np.int64] | slice) -> Tensor:
    """Return u, v and shading of masked photos, float32 ``[B, 3, S, S]``.

    Raises:
        FaceveilError: if nobody knows them.
    """
    if faces.coordinates is None:
        raise FaceveilError(
            "these photos have no mask coordinates; only masked ones have, which curation packed "
            "or the stage project estimated: run `dvc repro curate project`"
        )
    return torch.from_numpy(as_coordinates(faces.coordinates[rows]))


def wear_texture(
    photos: Tensor,
    transparency: Tensor,
    coordinates: Tensor | None,
    textures: Tensor,
    conditions: Conditions | None = None,
    colours: Colours | None = None,
) -> Tensor:
    """Return the photos with textures on the masks, float ``[B, 3, S, S]`` in [0, 1].

    ``photo * (1 - a) + texture(u, v) * shading * a``; under a condition the mask is moved before,
    colours are printed, and the photo is taken by a camera. The recognizer's crop is not part of
    it: see ``wearing/crop_jitter.py``. Differentiable with respect to the textures; photo ``i``
    depends on row ``i`` alone, and nothing is broadcast over photos.

    Args:
        photos: of people who wear a mask, ``[B, 3, S, S]`` in [0, 1].
        transparency: ``a``, 1 where the mask covers all, ``[B, 1, S, S]`` in [0, 1].
        coordinates: u, v and shading of each pixel, ``[B, 3, S, S]``; see ``COORDINATES``.
        textures: one per photo, ``[B, 3, H, W]`` in [0, 1].
        conditions: one per photo; without, or where all are neutral, the texture is worn flat.
        colours: what a printer was measured to print, in place of dot gain and gamut; used under
            conditions only.

    Raises:
        FaceveilError: if the photos have no mask coordinates.
        ValueError: if shapes do not fit.
    """
    known = _checked(photos, transparency, coordinates, textures)
    if conditions is not None and len(conditions) != len(photos):
        raise ValueError(f"{len(photos)} photos need as many conditions, not {len(conditions)}")
    if conditions is not None:
        known = move_mask(known, conditions)
    box = _box(transparency)
    worn = sample_texture(textures, known[box], transparency[box])
    if conditions is not None:
        worn = printed(worn, conditions, colours)
    blended = photos.clone()
    blended[box] = wear(photos[box], transparency[box], worn * known[box][:, 2:])
    return blended.clamp(0, 1) if conditions is None else captured(blended, conditions)


def sample_texture(textures: Tensor, coordinates: Tensor, transparency: Tensor) -> Tensor:
    """Look textures up at mask coordinates, ``[B, 3, S, S]`` in [0, 1].

    Texel ``(i, j)`` lies at ``v = (i + 0.5) / H``, ``u = -1 + 2 (j + 0.5) / W``; between texels it
    is bilinear, beyond the edge the nearest one. Where a pixel covers several texels, it sees their
    mean, from a pyramid of ever smaller textures: L. Williams, "Pyramidal parametrics" (1983).
    Black where ``transparency``, ``[B, 1, S, S]``, is 0.
    """
    level, shown = _level(textures, coordinates), transparency > 0
    grid = torch.stack([coordinates[:, 0], 2 * coordinates[:, 1] - 1], dim=-1)
    found = torch.zeros_like(coordinates)
    for number in range(int(level[shown].max().ceil()) + 1 if shown.any() else 0):
        share = (1 - (level - number).abs()).clamp(min=0) * shown
        if share.any():
            size = [max(1, -(-side // 2**number)) for side in textures.shape[2:]]
            found = found + share * functional.grid_sample(
                functional.interpolate(textures, size, mode="area") if number else textures,
                grid,
                padding_mode="border",
                align_corners=False,
            )
    return found.clamp(0, 1)  # weights of a mean may sum to a little more than 1


def move_mask(coordinates: Tensor, conditions: Conditions) -> Tensor:
    """Return the coordinates after the mask was moved, turned and scaled around its middle.

    Where the mask is does not change, only what of it is seen there; nor does shading.
    """
    across, down = (part.to(coordinates)[:, None, None] for part in conditions.mask_moved.unbind(1))
    cosine, sine = (
        (part / conditions.mask_scaled).to(coordinates)[:, None, None]
        for part in (conditions.mask_turned.cos(), conditions.mask_turned.sin())
    )
    u, v, shading = coordinates.unbind(1)
    height = (v - 0.5) * HEIGHT
    x, y = u - across, height - down
    # As changes, so that a mask that stays keeps its coordinates to the last bit.
    moved_u = u + (cosine * x + sine * y - u)
    moved_v = v + (cosine * y - sine * x - height) / HEIGHT
    return torch.stack([moved_u, moved_v, shading], dim=1)


@torch.no_grad()
def _level(textures: Tensor, coordinates: Tensor) -> Tensor:
    """Return which level of the pyramid each pixel sees, ``[B, 1, S, S]``: log2 of its texels.

    They are counted as the root mean square of a step across and a step down, each the smaller one
    of the two to the neighbours: at the edge of a pleat the other one leads to another fold.
    """
    height, width = textures.shape[2:]
    squares = torch.zeros_like(coordinates[:, :1])
    for texels in (coordinates[:, :1] * (width / 2), coordinates[:, 1:2] * height):
        for axis in (2, 3):
            steps = texels.diff(dim=axis) ** 2
            first, last = steps.narrow(axis, 0, 1), steps.narrow(axis, steps.shape[axis] - 1, 1)
            before, after = torch.cat([first, steps], axis), torch.cat([steps, last], axis)
            squares += torch.minimum(before, after)
    return (0.5 * torch.log2(squares / 2)).clamp(0, min(height, width).bit_length() - 1)


def _box(transparency: Tensor) -> tuple[slice, ...]:
    """Return the part of the photos that has all masks, and one pixel more on each side.

    What is outside costs nothing; with the pixel more, steps between pixels are those of the photo.
    """
    shown = (transparency > 0).any(dim=1).any(dim=0)
    sides = []
    for axis in (1, 0):
        places = torch.nonzero(shown.any(dim=axis))[:, 0].tolist() or [0]
        sides.append(slice(max(0, places[0] - 1), places[-1] + 2))
    return (slice(None), slice(None), *sides)


def _checked(
    photos: Tensor, transparency: Tensor, coordinates: Tensor | None, textures: Tensor
) -> Tensor:
    """Return the coordinates, or say what is missing or does not fit."""
    if coordinates is None:
        raise FaceveilError(
            "the photos have no mask coordinates, which a texture is worn at; "
            "run the stage that writes them again, or use placement image"
        )
    count, _, height, width = photos.shape
    for what, tensor, channels in (
        ("photos", photos, 3),
        ("transparency", transparency, 1),
        ("coordinates", coordinates, COORDINATES),
    ):
        if tensor.shape != (count, channels, height, width):
            wanted = (count, channels, height, width)
            raise ValueError(f"{what} must be {wanted}, not {tuple(tensor.shape)}")
    if textures.dim() != 4 or textures.shape[:2] != (count, 3) or not textures.numel():
        raise ValueError(f"textures must be ({count}, 3, H, W), not {tuple(textures.shape)}")
    return coordinates
