"""Physical conditions: in what state a mask is printed, worn and photographed, drawn per photo."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.params.conditions import ConditionStrengths
from faceveil.runtime.seeding import generator_for, stream_seed

NORMALS = (2, 1, 1, 3, 3, 1, 1, 3, 2, 1, 1)
"""How many normal numbers a photo draws: for the mask, ink, light and crop, in that order."""

UNIFORMS = 6
"""How many uniform numbers a photo draws."""

FARTHEST = 3.0
"""Deviations that a draw goes from its mean at most, so that none is beyond what is plausible."""


@dataclass(frozen=True)
class Conditions:
    """One physical condition per photo; row ``i`` belongs to photo ``i``.

    All are float32 on the CPU as drawn, except ``noise_seed``. What a row says when nothing is
    changed is in brackets.

    Attributes:
        mask_moved: ``[B, 2]``, right and down, in half-widths of the mask (0).
        mask_turned: ``[B]``, clockwise as seen, in radians (0).
        mask_scaled: ``[B]``, factor (1).
        ink_gain: ``[B, 3]``, factor on the printed colour (1).
        ink_offset: ``[B, 3]``, added to the printed colour (0).
        dot_gain: ``[B]``, how much darker a mid-tone is printed, in [0, 0.25) (0).
        gamut: ``[B, 2]``, darkest and lightest printable value (0 and 1).
        light_gain: ``[B]``, factor on the photo (1).
        light_offset: ``[B]``, added to the photo (0).
        white_balance: ``[B, 3]``, factor on the photo's channels (1).
        blur: ``[B]``, deviation of a Gaussian as share of the photo's side (0).
        resolution: ``[B]``, share of the photo's side that it was taken with (1).
        noise: ``[B]``, deviation of the sensor's noise (0).
        noise_seed: int64 ``[B]``, seed of the noise.
        jpeg_quality: ``[B]``, in [5, 100] (NaN: never compressed).
        crop_moved: ``[B, 2]``, how far right and down the face is in the recognizer's crop, as
            share of the crop's side (0).
        crop_turned: ``[B]``, how far the face is turned there, clockwise, in radians (0).
        crop_scaled: ``[B]``, how much larger it is there, factor (1).
    """

    mask_moved: Tensor
    mask_turned: Tensor
    mask_scaled: Tensor
    ink_gain: Tensor
    ink_offset: Tensor
    dot_gain: Tensor
    gamut: Tensor
    light_gain: Tensor
    light_offset: Tensor
    white_balance: Tensor
    blur: Tensor
    resolution: Tensor
    noise: Tensor
    noise_seed: Tensor
    jpeg_quality: Tensor
    crop_moved: Tensor
    crop_turned: Tensor
    crop_scaled: Tensor

    def __len__(self) -> int:
        return len(self.mask_turned)

    def __getitem__(self, rows: slice | Sequence[int] | NDArray[np.int64] | Tensor) -> "Conditions":
        return Conditions(*(getattr(self, field.name)[rows] for field in fields(self)))


def draw_conditions(
    settings: ConditionStrengths,
    image_ids: Sequence[str] | NDArray[np.str_],
    condition_number: int,
    seed: int,
) -> Conditions:
    """Draw the condition of each photo, from its id, the number and the seed alone.

    A photo draws the same numbers whatever the strengths are: a changed strength changes what it
    is about and nothing else.

    Args:
        settings: how strong.
        image_ids: of the B photos.
        condition_number: which of a photo's conditions; training draws a new one in each step.
        seed: of the stage.
    """
    names = [("conditions", str(image_id), condition_number) for image_id in image_ids]
    streams = [generator_for(seed, *name) for name in names]
    normals = _stacked([torch.randn(sum(NORMALS), generator=stream) for stream in streams])
    uniforms = _stacked([torch.rand(UNIFORMS, generator=stream) for stream in streams])
    seeds = [stream_seed(seed, *name, "noise") for name in names]
    return _scaled(
        settings,
        normals.reshape(-1, sum(NORMALS)).clamp(-FARTHEST, FARTHEST),
        uniforms.reshape(-1, UNIFORMS),
        torch.tensor(seeds, dtype=torch.int64),
    )


def _stacked(rows: list[Tensor]) -> Tensor:
    return torch.stack(rows) if rows else torch.empty(0)


def _scaled(
    settings: ConditionStrengths, normals: Tensor, uniforms: Tensor, noise_seed: Tensor
) -> Conditions:
    """Return conditions of ``[B, 19]`` normal and ``[B, 6]`` uniform numbers."""
    moved, turned, size, ink, offset, gain, shift, balance, crop, tilt, zoom = (
        numbers.squeeze(1) for numbers in torch.split(normals, list(NORMALS), dim=1)
    )
    dot, blur, is_small, small, is_jpeg, quality = uniforms.unbind(1)
    least, most = settings.min_jpeg_quality, settings.max_jpeg_quality
    return Conditions(
        mask_moved=settings.mask_moved * moved,
        mask_turned=settings.mask_turned_radians * turned,
        mask_scaled=1 + settings.mask_scaled * size,
        ink_gain=1 + settings.ink_gain * ink,
        ink_offset=settings.ink_offset * offset,
        dot_gain=settings.dot_gain * dot,
        gamut=torch.tensor([settings.darkest_ink, settings.lightest_ink]).expand(len(dot), 2),
        light_gain=1 + settings.light_gain * gain,
        light_offset=settings.light_offset * shift,
        white_balance=1 + settings.white_balance * balance,
        blur=settings.blur_share * blur,
        resolution=torch.where(
            is_small < settings.resolution_probability, 1 - (1 - settings.min_resolution) * small, 1
        ),
        noise=torch.full_like(dot, settings.noise),
        noise_seed=noise_seed,
        jpeg_quality=torch.where(
            is_jpeg < settings.jpeg_probability, least + (most - least) * quality, torch.nan
        ),
        crop_moved=settings.crop_moved_share * crop,
        crop_turned=settings.crop_turned_radians * tilt,
        crop_scaled=1 + settings.crop_scaled * zoom,
    )
