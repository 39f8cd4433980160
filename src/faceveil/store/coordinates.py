"""Mask coordinates as they are stored: u, v and shading as 16-bit numbers over their ranges.

In a collection they are one picture per photo, with 16 bits of grey, in which the three are stacked
from top to bottom; packed, they are uint16 ``[N, 3, S, S]``.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RANGES = ((-1.5, 1.5), (-0.5, 1.5), (0.0, 2.0))
"""Least and greatest value of u, v and shading."""

MOST = 65535

_LEAST, _GREATEST = np.array(RANGES, np.float32).T.reshape(2, 3, 1, 1)


def clipped(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return coordinates ``[..., 3, H, W]`` inside their ranges."""
    return np.clip(planes, _LEAST, _GREATEST)


def as_stored(planes: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Turn coordinates ``[..., 3, H, W]`` into 16-bit numbers; beyond its range a value is its end.

    One step is 0.00005 of u, less than a hundredth of a millimetre on a face.
    """
    share = (clipped(planes) - _LEAST) / (_GREATEST - _LEAST)
    return np.rint(share.astype(np.float64) * MOST).astype(np.uint16)


def as_coordinates(stored: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Turn 16-bit numbers ``[..., 3, H, W]`` into coordinates, float32."""
    share = stored.astype(np.float32) / np.float32(MOST)
    return np.asarray(_LEAST + share * (_GREATEST - _LEAST))


def write_coordinates(path: Path, planes: NDArray[np.float32]) -> None:
    """Write a photo's coordinates ``[3, H, W]`` as PNG, 16 bits of grey, ``[3 * H, W]``."""
    stored = as_stored(planes)
    Image.fromarray(stored.reshape(-1, stored.shape[-1])).save(path)
