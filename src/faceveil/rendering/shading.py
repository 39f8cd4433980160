"""Light: a key with soft shadows, a fill, the sky, and what skin, hair and cloth make of them."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from faceveil.rendering.layers import Scene
from faceveil.rendering.noise import Array, planes, step
from faceveil.rendering.photo import Photo
from faceveil.rendering.surface import doubled

# red light wanders farthest under the skin, so shadows on it have a warm border
WRAP = np.array([0.34, 0.20, 0.14], np.float32)


@dataclass(frozen=True)
class Light:
    """Lamps of one photo: unit direction to the key, linear RGB of key, fill and sky."""

    direction: Array
    key: Array
    fill: Array
    sky: Array


def light_of(photo: Photo) -> Light:
    """The lamps that a photo's parameters describe."""
    up, around = photo.light_elevation, photo.light_azimuth
    direction = np.array([np.sin(around) * np.cos(up), -np.sin(up), np.cos(around) * np.cos(up)])
    warm = np.array([1 + photo.light_warmth, 1, 1 - photo.light_warmth])
    key = 0.95 * photo.light_strength * warm
    fill = 0.38 * photo.fill / warm
    sky = 0.62 * photo.fill * np.array([0.98, 1.0, 1.04])
    return Light(*(v.astype(np.float32) for v in (direction, key, fill, sky)))


@cache
def _blurring(size: int, sigma: float) -> Array:
    """Matrix [size, size] of a Gaussian blur with `sigma` cells."""
    at = np.arange(size)
    matrix = np.exp(-0.5 * ((at[:, None] - at[None, :]) / sigma) ** 2)
    value: Array = (matrix / matrix.sum(1, keepdims=True)).astype(np.float32)
    return value


def blurred(image: Array, sigma: float) -> Array:
    """Gaussian blur [H, W] with `sigma` cells, edges repeated in weight."""
    tenths = round(sigma, 1)  # few different matrices to keep, though every photo has its own scale
    value: Array = _blurring(image.shape[0], tenths) @ image @ _blurring(image.shape[1], tenths).T
    return value


def openness(depth: Array, pixel: float) -> Array:
    """How much sky a place sees [S, S], 0..1: low where it lies below its surroundings.

    Height against its own Gaussian mean at two scales, at half resolution; a cheap stand-in for
    ambient occlusion.
    """
    small = depth[::2, ::2]
    wide = np.clip(blurred(small, 14 / (2 * pixel)) - small, 0, 40)
    near = np.clip(blurred(small, 4 / (2 * pixel)) - small, 0, 12)
    return doubled(np.exp(-0.045 * wide - 0.16 * near))


def sunlit(depth: Array, light: Light, pixel: float) -> Array:
    """Share of the key light that reaches a place [S, S], 0..1, by marching over the depth."""
    small = depth[::2, ::2]
    x, y, z = (float(v) for v in light.direction)
    blocked = np.zeros_like(small)
    for distance in (5.0, 9.0, 14.0, 20.0, 28.0, 40.0, 56.0, 76.0):
        ahead = _moved(small, distance * y / (2 * pixel), distance * x / (2 * pixel))
        over = ahead - small - np.float32(distance * z)
        # what reaches far above the ray is a part of the outline, not a nose: softer there
        blocked = np.maximum(blocked, step(over, 0.5, 3.0 + 0.28 * distance))
    return np.clip(doubled(1 - blurred(blocked, 2.2 / (2 * pixel))), 0, 1)


def _moved(image: Array, rows: float, columns: float) -> Array:
    """`image` sampled `rows` down and `columns` to the right, edges repeated."""
    height, width = image.shape
    i = np.clip(np.arange(height) + round(rows), 0, height - 1)
    j = np.clip(np.arange(width) + round(columns), 0, width - 1)
    moved: Array = image[i[:, None], j[None, :]]
    return moved


def shade(scene: Scene, light: Light) -> Array:
    """Linear RGB [3, S, S] of a scene under its lamps."""
    nx, ny, nz = scene.normal
    toward, pixel = light.direction, scene.view.pixel
    facing = nx * toward[0] + ny * toward[1] + nz * toward[2]
    shadow, sky = sunlit(scene.depth, light, pixel), openness(scene.depth, pixel)
    soft = np.clip((facing + planes(WRAP)) / planes(1 + WRAP), 0, 1)
    soft *= np.float32(0.68) + np.float32(0.32) * soft
    # half-lit skin is redder than either side of it
    warm = planes(np.array([0.14, 0.0, -0.07], np.float32))
    key = planes(light.key) * soft * (shadow * (1 + warm * (1 - shadow)))
    around = fill_and_sky(scene.normal, light) * (sky * (1 + 1.3 * warm * (1 - sky)))
    radiance = scene.albedo * (key + around)
    value: Array = radiance + _highlights(scene, light, shadow, facing) * planes(light.key + 0.1)
    return value


def fill_and_sky(normal: Array, light: Light) -> Array:
    """Light [3, H, W] that falls on unshadowed normals [3, H, W] from all but the key."""
    nx, ny, nz = normal
    other = np.clip(0.55 * nz - 0.45 * np.sign(light.direction[0]) * nx + 0.1, 0, 1)
    value: Array = planes(light.fill) * other + planes(light.sky) * (0.80 - 0.20 * ny)
    return value


def _highlights(scene: Scene, light: Light, shadow: Array, facing: Array) -> Array:
    """Mirror-like part of the light [S, S]: broad on skin, a band across the strands of hair."""
    nx, ny, nz = scene.normal
    half = light.direction + np.array([0, 0, 1], np.float32)
    half = half / np.sqrt((half**2).sum())
    glance = np.clip(nx * half[0] + ny * half[1] + nz * half[2], 0, 1)
    squared = glance * glance
    fourth = squared * squared
    broad = fourth * fourth * fourth
    skin = scene.gloss * (0.055 * broad + 0.09 * broad * broad * fourth)
    # strands hang down along the surface: their tangent is the surface's steepest direction
    along = (half[1] * nz - half[2] * ny) / np.sqrt(ny * ny + nz * nz + 1e-4)
    band = np.clip(1 - along * along, 0, 1) ** 8
    strands = scene.silk * (0.012 + 0.35 * scene.albedo[0]) * band * np.clip(facing + 0.3, 0, 1)
    rim = 0.035 * scene.gloss * (1 - np.clip(nz, 0, 1)) ** 3
    value: Array = (skin + strands + rim) * (0.25 + 0.75 * shadow)
    return value
