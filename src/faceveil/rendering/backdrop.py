"""What lies behind a person: out-of-focus rooms, walls, skies and gardens."""

import numpy as np
from scipy.ndimage import zoom

from faceveil.rendering.noise import Array, colour, planes, step
from faceveil.rendering.photo import Photo

# pairs of colours that photographs put together: far tone, near tone, accent
SCENES = np.stack([
    np.stack([colour(186, 188, 190), colour(120, 124, 128), colour(214, 212, 206)]),
    np.stack([colour(96, 112, 88), colour(52, 68, 46), colour(178, 186, 138)]),
    np.stack([colour(168, 188, 206), colour(128, 138, 140), colour(224, 228, 230)]),
    np.stack([colour(150, 128, 106), colour(84, 66, 54), colour(226, 200, 158)]),
    np.stack([colour(52, 56, 64), colour(26, 28, 34), colour(110, 108, 112)]),
    np.stack([colour(206, 198, 186), colour(168, 156, 142), colour(236, 232, 224)]),
    np.stack([colour(112, 128, 142), colour(66, 76, 90), colour(196, 180, 160)]),
    np.stack([colour(140, 104, 92), colour(92, 60, 54), colour(210, 176, 150)]),
    np.stack([colour(124, 142, 146), colour(170, 166, 150), colour(88, 98, 92)]),
])  # fmt: skip


def backdrop(photo: Photo, size: int) -> Array:
    """A blurred background [3, size, size], linear RGB."""
    rng = np.random.default_rng([photo.seed, 1])
    far, near, accent = SCENES[rng.integers(len(SCENES))]
    rough = rng.integers(3, 9)
    blend = 0.5 + 0.30 * _smooth(rng, int(rough), size)
    blend += np.linspace(-0.3, 0.3, size, dtype=np.float32)[:, None] * rng.uniform(-1, 1)
    blend += np.linspace(-0.3, 0.3, size, dtype=np.float32)[None, :] * rng.uniform(-1, 1)
    blend = np.clip(blend, 0, 1)
    value: Array = planes(far) + blend * planes(near - far)
    for cover in _things(rng, size):
        value = value + cover * np.float32(rng.uniform(0.2, 0.7)) * (planes(accent) - value)
    return value * np.float32(rng.uniform(0.55, 1.0))


def _smooth(rng: np.random.Generator, cells: int, size: int) -> Array:
    """Noise [size, size] of `cells` blobs across, smooth between."""
    value: Array = zoom(rng.standard_normal((cells, cells)).astype(np.float32), size / cells,
                        order=1, mode="nearest", grid_mode=True)  # fmt: skip
    return value


def _things(rng: np.random.Generator, size: int) -> list[Array]:
    """Covers [size, size] of a few blurred upright shapes and, sometimes, discs of light."""
    at = (np.arange(size, dtype=np.float32) + 0.5) / size
    covers: list[Array] = []
    for _ in range(int(rng.integers(0, 4))):
        left, wide = rng.uniform(-0.2, 1.0), rng.uniform(0.08, 0.4)
        top, tall = rng.uniform(-0.5, 0.7), rng.uniform(0.4, 1.5)
        soft = rng.uniform(0.02, 0.07)
        across = step(at - left, -soft, soft) * step(left + wide - at, -soft, soft)
        down = step(at - top, -soft, soft) * step(top + tall - at, -soft, soft)
        covers.append(down[:, None] * across[None, :])
    if rng.uniform() < 0.25:
        for _ in range(int(rng.integers(2, 7))):
            x, y, radius = rng.uniform(0, 1), rng.uniform(0, 0.8), rng.uniform(0.03, 0.09)
            distance = np.hypot(at[None, :] - np.float32(x), at[:, None] - np.float32(y))
            covers.append(0.6 * step(radius - distance, -0.012, 0.012))
    return covers
