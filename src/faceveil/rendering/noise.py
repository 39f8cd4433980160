"""Tiles of smooth noise and the small functions that every painter uses.

The tiles are made once per process from fixed seeds, so what they add to a picture depends on where
they are read and on nothing else.
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.floating[Any]]

TILE = 512


@cache
def tile(across: float, along: float) -> Array:
    """One tile [512, 512] of zero mean and unit deviation that repeats without a seam.

    Args:
        across: Grain size along the columns' axis, in cells.
        along: Grain size along the rows' axis, in cells. Larger than `across` gives strands.
    """
    rng = np.random.default_rng([20260101, round(100 * across), round(100 * along)])
    noise = gaussian_filter(rng.standard_normal((TILE, TILE)), (along, across), mode="wrap")
    value: Array = ((noise - noise.mean()) / noise.std()).astype(np.float32)
    return value


def read_tile(noise: Array, column: Array, row: Array) -> Array:
    """Values of a tile at real positions (in cells, wrapped), nearest cell."""
    # whole tiles are added, since the conversion rounds toward zero on both sides of it
    j = (column + np.float32(16 * TILE)).astype(np.int32) & (TILE - 1)
    i = (row + np.float32(16 * TILE)).astype(np.int32) & (TILE - 1)
    flat: Array = noise.ravel()[i * TILE + j]
    return flat


def step(value: Array, low: float, high: float) -> Array:
    """Smooth step: 0 below `low`, 1 above `high` (also for `low` > `high`), cubic between."""
    t: Array = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (np.float32(3) - np.float32(2) * t)


def bell(value: Array, width: float) -> Array:
    """Gaussian bump of height one, `exp(-(value/width)**2 / 2)`."""
    t = value * np.float32(1 / width)
    return np.exp(t * t * np.float32(-0.5))


def colour(*rgb: float) -> Array:
    """An sRGB colour in 0..255 as linear light in 0..1."""
    return to_linear(np.array(rgb, np.float32) / 255)


def to_linear(srgb: Array) -> Array:
    """SRGB 0..1 to linear light (IEC 61966-2-1, as the plain power 2.2)."""
    return np.power(np.clip(srgb, 0, None), np.float32(2.2))


def to_srgb(linear: Array) -> Array:
    """Linear light to sRGB 0..1, the inverse of `to_linear`."""
    return np.power(np.clip(linear, 0, None), np.float32(1 / 2.2))


def planes(rgb: Array) -> Array:
    """A colour [3] shaped [3, 1, 1], to be spread over an image [3, H, W]."""
    return rgb.reshape(3, 1, 1)


def ramp(position: float, stops: Array) -> Array:
    """A colour at `position` 0..1 of evenly spaced `stops` [N, 3]."""
    at = np.linspace(0, 1, len(stops))
    return np.array([np.interp(position, at, stops[:, c]) for c in range(3)], np.float32)
