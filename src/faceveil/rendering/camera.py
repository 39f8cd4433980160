"""The camera: from linear light to the pixels of a picture."""

from functools import cache

import numpy as np

from faceveil.rendering.noise import Array, to_srgb
from faceveil.rendering.photo import Photo


@cache
def _shrinking(size: int, factor: int, blur: float) -> Array:
    """Matrix [size, size * factor]: area mean, then a Gaussian of `blur` output pixels."""
    at = (np.arange(size * factor) + 0.5) / factor - 0.5
    sigma = np.hypot(0.40, blur)
    weight = np.exp(-0.5 * ((np.arange(size)[:, None] - at[None, :]) / sigma) ** 2)
    value: Array = (weight / weight.sum(1, keepdims=True)).astype(np.float32)
    return value


def shrink(image: Array, size: int, blur: float = 0.0) -> Array:
    """An image [..., S, S] brought to `size` pixels, antialiased, in linear light."""
    matrix = _shrinking(size, image.shape[-1] // size, round(blur, 1))
    value: Array = matrix @ image @ matrix.T
    return value


def develop(linear: Array, photo: Photo, exposure: float) -> Array:
    """Tone curve and white balance: linear light [3, H, W] to sRGB [H, W, 3], without noise."""
    balance = np.array([1 + photo.warmth, 1, 1 - photo.warmth], np.float32)
    light = np.moveaxis(linear, 0, 2) * balance * np.float32(exposure)
    # a soft shoulder keeps lit cheeks from burning out
    return to_srgb(light * (1 + 0.16 * light) / (1 + 0.42 * light))


def grain(photo: Photo, size: int) -> Array:
    """Sensor noise [size, size, 3] of one exposure, in sRGB units."""
    rng = np.random.default_rng([photo.seed, 2])
    noise = rng.standard_normal((size, size, 4), dtype=np.float32)
    return np.float32(photo.noise) * (0.8 * noise[..., 3:] + 0.45 * noise[..., :3])
