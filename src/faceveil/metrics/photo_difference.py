"""How different two photos of the same thing are, in a part of them: SSIM, PSNR and CIEDE2000."""

from importlib import import_module
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.metrics.colour_difference import delta_e_2000, lab

SSIM_WINDOW = 11
"""Pixels of the window of Z. Wang et al., "Image Quality Assessment: From Error Visibility to
Structural Similarity" (2004)."""

HIGHEST_PSNR = 100.0
"""Of photos that are the same, whose PSNR is infinite, in decibels."""

Uint8 = NDArray[np.uint8]
"""Photos ``[N, S, S, 3]``, RGB."""

Region = NDArray[np.bool_]
"""``[N, S, S]``."""

Values = NDArray[np.float64]
"""``[N]``; NaN where the region is empty."""


def ssim_map(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Return SSIM at each pixel of photos ``[B, 3, S, S]`` in [0, 1], of the same shape."""
    metrics: Any = import_module("kornia.metrics")  # not at the top: it takes a third of a second
    found: torch.Tensor = metrics.ssim(first, second, SSIM_WINDOW)
    return found


def ssim(made: Uint8, truth: Uint8, region: Region) -> Values:
    """Return the mean SSIM of a region's pixels and channels, in [-1, 1], photo by photo."""
    first, second = (
        torch.from_numpy(one.astype(np.float32) / 255).permute(0, 3, 1, 2) for one in (made, truth)
    )
    each = ssim_map(first, second).mean(1).numpy()
    return _mean(each, region)


def psnr(made: Uint8, truth: Uint8, region: Region) -> Values:
    """Return the peak signal-to-noise ratio in a region, in decibels, photo by photo."""
    squared = ((made.astype(np.float64) - truth) ** 2).mean(-1)
    error = _mean(squared, region)
    with np.errstate(divide="ignore"):
        return np.asarray(np.minimum(HIGHEST_PSNR, 10 * np.log10(255**2 / error)))


def colour_error(made: Uint8, truth: Uint8, region: Region) -> Values:
    """Return the mean CIEDE2000 of a region's pixels, photo by photo."""
    values = [
        delta_e_2000(lab(one[where] / 255.0), lab(other[where] / 255.0)).mean()
        if where.any()
        else np.nan
        for one, other, where in zip(made, truth, region, strict=True)
    ]
    return np.array(values, np.float64)


def _mean(each: NDArray[Any], region: Region) -> Values:
    pixels = region.sum((1, 2))
    total = np.where(region, each, 0).sum((1, 2), dtype=np.float64)
    return np.where(pixels > 0, total / np.maximum(pixels, 1), np.nan)
