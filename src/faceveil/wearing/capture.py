"""Capture: what light, lens, sensor and file make of a photo.

Photos are float ``[B, 3, S, S]``; all is differentiable with respect to them, and photo ``i``
depends on row ``i`` alone.
"""

from functools import lru_cache, reduce
from importlib import import_module
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from faceveil.wearing.conditions import Conditions

SHARP = 0.05
"""Deviation in pixels below which a Gaussian in float32 is a single pixel."""


def captured(photos: Tensor, conditions: Conditions) -> Tensor:
    """Return the photos as a camera stores them, in [0, 1].

    In the order of a camera: light and white balance, blur, resolution, noise, then JPEG.
    """
    gains = conditions.light_gain[:, None] * conditions.white_balance
    lit = light(photos, gains, conditions.light_offset)
    size = lit.shape[-1]
    seen = separable(lit, blurring(conditions.blur, size), resampling(conditions.resolution, size))
    noisy = add_noise(seen, conditions.noise, conditions.noise_seed)
    return compress(noisy.clamp(0, 1), conditions.jpeg_quality)


def light(photos: Tensor, gains: Tensor, offset: Tensor) -> Tensor:
    """Return ``photo * gain + offset``, not clipped, of gains ``[B, 3]`` and offsets ``[B]``."""
    return photos * gains.to(photos)[:, :, None, None] + offset.to(photos)[:, None, None, None]


def blurring(blur: Tensor, size: int) -> Tensor:
    """Return Gaussian blurs as matrices, float32 ``[B, size, size]``, rows sum to 1.

    ``blur`` is the deviation as share of the side, ``[B]``. At the photo's edge the weights of the
    pixels that are there are raised to sum to 1.
    """
    deviation = (blur.cpu() * size).clamp(min=SHARP)[:, None, None]
    place = torch.arange(size, dtype=torch.float32)
    weights = torch.exp(-0.5 * ((place[:, None] - place) / deviation) ** 2)
    return weights / weights.sum(dim=2, keepdim=True)


def resampling(resolution: Tensor, size: int) -> Tensor:
    """Return what fewer pixels leave, as matrices, float32 ``[B, size, size]``, rows sum to 1.

    A photo of ``resolution`` times the size, ``[B]``, is enlarged again; at 1 nothing changes.
    """
    small = (resolution * size).round().clamp(min=1).tolist()
    return torch.stack([_shrunk_and_enlarged(size, int(pixels)) for pixels in small])


def separable(photos: Tensor, *steps: Tensor) -> Tensor:
    """Apply matrices ``[B, S, S]``, one step after the other, to each photo's columns and rows.

    One photo at a time: the order of sums in a batched product may depend on the batch's size.
    """
    seen = []
    for photo, *matrices in zip(photos, *(step.to(photos) for step in steps), strict=True):
        whole = reduce(lambda earlier, later: later @ earlier, matrices)
        seen.append(whole @ photo @ whole.T)
    return torch.stack(seen)


def add_noise(photos: Tensor, deviation: Tensor, seeds: Tensor) -> Tensor:
    """Add normal noise, of a deviation and a seed per photo, ``[B]``, independent in each value.

    It is drawn on the CPU, so that every device sees the same; its gradient is the identity.
    """
    if not deviation.any():
        return photos
    drawn = [
        torch.randn(photos.shape[1:], generator=torch.Generator().manual_seed(seed))
        for seed in seeds.tolist()
    ]
    return photos + deviation.to(photos)[:, None, None, None] * torch.stack(drawn).to(photos)


def compress(photos: Tensor, quality: Tensor) -> Tensor:
    """Store photos in [0, 1] as JPEG and open them again; NaN leaves a photo as it is.

    kornia's JPEG, whose rounding has a smooth gradient: C. Reich et al., "Differentiable JPEG: The
    devil is in the details" (2024). ``quality`` is ``[B]``.
    """
    rows = torch.nonzero(~torch.isnan(quality))[:, 0].tolist()
    if not rows:
        return photos
    enhance: Any = import_module("kornia.enhance")  # not at the top: it takes a second
    stored = list(torch.split(photos, 1))
    for row in rows:  # not all at once: the order of its sums depends on the batch's size
        stored[row] = enhance.jpeg_codec_differentiable(stored[row], quality[row : row + 1])
    return torch.cat(stored).clamp(0, 1)


@lru_cache(maxsize=256)
def _shrunk_and_enlarged(size: int, pixels: int) -> Tensor:
    """Return PyTorch's own bilinear resizing to ``pixels`` and back, as a matrix."""
    unit = torch.eye(size)[None, None]
    small = functional.interpolate(unit, (pixels, size), mode="bilinear", antialias=True)
    return functional.interpolate(small, (size, size), mode="bilinear")[0, 0]
