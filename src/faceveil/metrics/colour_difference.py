"""CIEDE2000: how different two colours look; about 1 is just noticed side by side.

Sharma, Wu and Dalal 2005, "The CIEDE2000 Color-Difference Formula: Implementation Notes,
Supplementary Test Data, and Mathematical Observations", with all weights 1.
"""

import numpy as np
from numpy.typing import NDArray

ColourValues = NDArray[np.float64]

TO_XYZ = np.array([
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
])  # fmt: skip
"""Linear sRGB to XYZ (IEC 61966-2-1, white D65)."""


def linear(srgb: ColourValues) -> ColourValues:
    """Return linear light of sRGB values in [0, 1], any shape."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((np.maximum(srgb, 0) + 0.055) / 1.055) ** 2.4)


def lab(srgb: ColourValues) -> ColourValues:
    """Return CIE L*a*b* (white D65) of sRGB values in [0, 1], float64 ``[..., 3]``."""
    xyz = linear(np.asarray(srgb, dtype=np.float64)) @ (TO_XYZ / TO_XYZ.sum(axis=1)[:, None]).T
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def delta_e_2000(first: ColourValues, second: ColourValues) -> ColourValues:
    """Return the difference of colours given as L*a*b*, ``[..., 3]`` each, as ``[...]``."""
    (l1, a1, b1), (l2, a2, b2) = (np.moveaxis(one, -1, 0) for one in (first, second))
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(_seventh(mean_chroma))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    turn, hue = _hues(np.arctan2(b1, a1), np.arctan2(b2, a2), c1 * c2 == 0)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    off = (lightness - 50) ** 2
    dl = (l2 - l1) / (1 + 0.015 * off / np.sqrt(20 + off))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / (1 + 0.015 * chroma * _hue_weight(hue))
    blue = np.radians(60) * np.exp(-(((np.degrees(hue) - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(_seventh(chroma)) * np.sin(blue)
    return np.asarray(np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0)))


def _seventh(chroma: ColourValues) -> ColourValues:
    return np.asarray(chroma**7 / (chroma**7 + 25.0**7))


def _hues(
    h1: ColourValues, h2: ColourValues, grey: ColourValues
) -> tuple[ColourValues, ColourValues]:
    """Return from one hue to the other by the shorter way, and the mean hue in [0, 2 pi)."""
    h1, h2 = h1 % (2 * np.pi), h2 % (2 * np.pi)
    turn = h2 - h1
    far = np.abs(turn) > np.pi
    turn = np.where(far, turn - 2 * np.pi * np.sign(turn), turn)
    mean = np.where(
        far, (h1 + h2) / 2 + np.where(h1 + h2 < 2 * np.pi, np.pi, -np.pi), (h1 + h2) / 2
    )
    return np.where(grey, 0.0, turn), np.where(grey, h1 + h2, mean)


def _hue_weight(hue: ColourValues) -> ColourValues:
    terms = ((-0.17, 1, -30), (0.24, 2, 0), (0.32, 3, 6), (-0.20, 4, -63))
    weight = sum(factor * np.cos(times * hue + np.radians(by)) for factor, times, by in terms)
    return np.asarray(1 + weight)
