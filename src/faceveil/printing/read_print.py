"""A photo or a scan of a printed chart read back: where it lies, and what became of its colours."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import map_coordinates

from faceveil.collection.images import UnreadableImageError, read_image
from faceveil.params.errors import FaceveilError
from faceveil.printing import chart
from faceveil.printing.colour_table import (
    ColourTable,
    fit_table,
    held_back_errors,
    powers,
    table_from,
)
from faceveil.printing.marks import find_marks
from faceveil.printing.registration import Registration, register
from faceveil.printing.worn_lengths import Floats
from faceveil.runtime.atomic import write_json

SEARCHED = 2200
"""Longest side, in pixels, at which marks are looked for; larger photos are shrunk for it."""

INNER = 0.6
"""Part of a patch, in each direction, that is read: its edges are blurred into the paper."""

PROBES = 7
"""Places across a patch, and as many down, whose median is its colour."""

SAMPLE_SIZE = (126, 144)
"""Rows and columns of the texture that is read back."""


@dataclass(frozen=True)
class PrintReading:
    """What a photo of a chart says.

    Attributes:
        registration: where the chart lies.
        table: printed to seen colours, fitted to all patches.
        seen: float64 ``[72, 3]``, sRGB in [0, 1], the patches as seen, in the chart's order.
        held_back: float64 ``[72]``, CIEDE2000 of each patch, predicted by the other half.
        texture: float32 ``[3, 126, 144]``, the design's sample as seen.
    """

    registration: Registration
    table: ColourTable
    seen: Floats
    held_back: Floats
    texture: NDArray[np.float32]

    def content(self) -> dict[str, Any]:
        """Return what the JSON file holds."""
        return {
            "coefficients": self.table.coefficients.double().numpy().round(7).tolist(),
            "powers_of_rgb": [list(one) for one in powers()],
            "marks_found": self.registration.found,
            "marks": len(chart.marks()),
            "registration_error_mm": round(self.registration.error_mm, 4),
            "patches": len(self.seen),
            "patches_per_half": len(self.seen) // 2,
            "held_back_delta_e_2000_median": round(float(np.median(self.held_back)), 3),
            "held_back_delta_e_2000_p90": round(float(np.percentile(self.held_back, 90)), 3),
        }


def read_print(photo: NDArray[np.float32], name: str = "the photo") -> PrintReading:
    """Read a photo of the chart page, in any of its four directions.

    Args:
        photo: float32 ``[H, W, 3]``, sRGB in [0, 1].
        name: what it is called in messages.

    Raises:
        FaceveilError: too few marks are found, or which way up it lies is not seen.
    """
    if photo.ndim != 3 or photo.shape[2] != 3:
        raise ValueError(f"a photo is [H, W, 3], found {list(photo.shape)}")
    grey = photo.mean(axis=2)
    scale = min(1.0, SEARCHED / max(grey.shape))
    small = _shrunk(grey, scale)
    # Pixels have their centres at whole numbers; a shrunk photo has them elsewhere.
    factors = np.array(grey.shape[::-1]) / np.array(small.shape[::-1])
    registration = register((find_marks(small) + 0.5) * factors - 0.5, name)
    light = _light(photo, registration)
    seen = np.median(_evened(photo, registration.pixels(_patch_places()), light), axis=1)
    printed = chart.colours()
    places = registration.pixels(chart.sample_places(*SAMPLE_SIZE))
    texture = _evened(photo, places, light)
    return PrintReading(
        registration,
        fit_table(printed, seen),
        seen,
        held_back_errors(printed, seen),
        np.moveaxis(texture, 2, 0).astype(np.float32),
    )


def read_photo(path: Path) -> NDArray[np.float32]:
    """Read a PNG or JPEG, upright as its EXIF says, float32 ``[H, W, 3]`` in [0, 1]."""
    try:
        return np.asarray(read_image(path) / 255, dtype=np.float32)
    except UnreadableImageError as reason:
        raise FaceveilError(
            f"{path}: no photo that can be read ({reason}); name a PNG or a JPEG of the chart page"
        ) from None


def write_reading(path: Path, reading: PrintReading) -> None:
    """Write a colour table with its counts and errors as JSON, whole or not at all."""
    write_json(path, reading.content())


def read_table(path: Path) -> ColourTable:
    """Read the colour table of a JSON file of :func:`write_reading`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, ValueError):
        raise FaceveilError(
            f"{path}: no colour table; write it with `python -m stages.read_print`"
        ) from None
    return table_from(content, path)


def colours_at(photo: NDArray[np.floating[Any]], at: Floats) -> Floats:
    """Return a photo's colours ``[..., 3]`` at pixels ``[..., 2]``, x and y, bilinear."""
    places = np.moveaxis(at, -1, 0)[::-1]
    layers = [map_coordinates(photo[..., i], places, order=1, mode="nearest") for i in range(3)]
    return np.stack(layers, axis=-1).astype(np.float64)


def _shrunk(grey: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Return a photo's brightness at a smaller size, antialiased."""
    if scale == 1:
        return grey
    height, width = (round(side * scale) for side in grey.shape)
    image = Image.fromarray(grey).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _patch_places() -> Floats:
    """Return the places that are read of each patch, in its inner part: ``[72, 49, 2]``."""
    offsets = (np.arange(PROBES) / (PROBES - 1) - 0.5) * INNER
    grid = np.stack(np.meshgrid(offsets, offsets), axis=-1).reshape(-1, 2) * chart.PATCH
    return np.asarray(chart.patches()[:, None] + grid)


def _light(photo: NDArray[np.float32], registration: Registration) -> Floats:
    """Return the factors of a quadratic: the logarithm of how bright paper is, around its mean.

    It is fitted at the chart's bare places: light falls off over a page, and is not to be taken for
    ink.
    """
    at = registration.pixels(chart.bare())
    light = np.log(np.maximum(colours_at(photo, at).mean(axis=1), 1e-3))
    terms = _quadratic(at, photo.shape)
    return np.asarray(np.linalg.lstsq(terms, light - light.mean(), rcond=None)[0])


def _evened(photo: NDArray[np.float32], at: Floats, light: Floats) -> Floats:
    """Return colours ``[..., 3]`` in [0, 1] as they would be in even light."""
    factor = np.exp(_quadratic(at, photo.shape) @ light)[..., None]
    return np.clip(colours_at(photo, at) / factor, 0, 1)


def _quadratic(at: Floats, shape: tuple[int, ...]) -> Floats:
    x, y = at[..., 0] / shape[1], at[..., 1] / shape[0]
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
