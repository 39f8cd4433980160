"""Templates: masks spread out over the head, where photos look them up, and which one a photo gets.

Any cut-out becomes one: its six anchors are laid on the edges of a mask on the average head, and
what lies between follows smoothly, by a thin-plate spline.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.interpolate import RBFInterpolator
from scipy.ndimage import map_coordinates

from faceveil.collection.images import UnreadableImageError, read_cutout
from faceveil.masks.drawn import CUTS, draw_shading, draw_template
from faceveil.masks.outline import Outline, find_outline
from faceveil.masks.shading import seen_shading
from faceveil.params.errors import FaceveilError
from faceveil.rendering.mask_coordinates import HALF_WIDTH, lower_edge, upper_edge
from faceveil.rendering.noise import Array

LEFT, RIGHT, TOP, BOTTOM = -76.0, 76.0, -8.0, 132.0
"""The part of the head that a mask may cover, in millimetres."""

CELL = 0.25
"""Side of a cell of the finest level, in millimetres."""

LEVELS = 5
"""Each level's cells are twice as wide as those of the level before, which come out even."""

MOST_PIXELS = 1024
"""A cut-out is made smaller until its longer side is this: finer than the finest level."""


@dataclass(frozen=True)
class Template:
    """A mask on the average head.

    Attributes:
        name: what it is called in ``people.csv``.
        levels: colour times opacity, and opacity, uint8 ``[4, H, W]``, from fine to coarse, over
            :data:`LEFT` to :data:`RIGHT` and :data:`TOP` to :data:`BOTTOM`.
        shadings: the factor on its colour, float32 ``[1, H, W]``, at the same levels; beyond the
            mask's edge it goes on.
    """

    name: str
    levels: tuple[NDArray[np.uint8], ...]
    shadings: tuple[Array, ...]

    def read(self, x: Array, y: Array, step: float) -> Array:
        """Return what lies at places of the head, float32 ``[4, H, W]`` in [0, 1].

        Colour times opacity, and opacity; nothing outside of the part that a mask may cover.

        Args:
            x: to the image's right, ``[H, W]`` in millimetres.
            y: down.
            step: distance of neighbouring places; decides which level is read.
        """
        level, at = _cells(x, y, step)
        return _sample(self.levels[level], at) / np.float32(255)

    def read_shading(self, x: Array, y: Array, step: float) -> Array:
        """Return the factor on the mask's colour at places of the head, as :meth:`read` does.

        Where no mask is, it is that of the nearest edge.
        """
        level, at = _cells(x, y, step)
        found: Array = _sample(self.shadings[level], at, "nearest")[0]
        return found


def _cells(x: Array, y: Array, step: float) -> tuple[int, Array]:
    """Return which level is read, and rows and columns in it."""
    level = int(np.clip(np.floor(np.log2(max(step, CELL) / CELL)), 0, LEVELS - 1))
    cell = CELL * 2**level
    return level, np.stack([(y - TOP) / cell - 0.5, (x - LEFT) / cell - 0.5])


def lay_on_head(picture: NDArray[np.uint8], name: str, shading: Array | None = None) -> Template:
    """Make a template of a cut-out.

    Args:
        picture: uint8 ``[H, W, 4]``.
        name: what it is called.
        shading: the factor on its colour, ``[H, W]``. Where nobody knows it, it is told from the
            picture: luminance in units of its median.
    """
    small = _premultiplied(picture)
    outline = find_outline(small[3], name)
    x = np.arange(LEFT + CELL / 2, RIGHT, CELL)
    y = np.arange(TOP + CELL / 2, BOTTOM, CELL)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    try:
        found = RBFInterpolator(_targets(outline), outline.anchors)(places)
    except np.linalg.LinAlgError:
        raise FaceveilError(
            f"{name}: no mask seen from the front; two of its six corners are one"
        ) from None
    at = found.T[::-1].reshape(2, len(y), len(x)) - 0.5
    shades = seen_shading(small[:3], small[3]) if shading is None else shading.astype(np.float32)
    levels = _pyramid(_sample(small, at))
    return Template(
        name,
        tuple(np.rint(level).astype(np.uint8) for level in levels),
        tuple(_pyramid(_sample(shades[None], at, "nearest"))),
    )


def _pyramid(finest: Array) -> list[Array]:
    """Return planes ``[C, H, W]`` from fine to coarse, each the means of the one before."""
    levels = [finest]
    for _ in range(LEVELS - 1):
        channels, height, width = levels[-1].shape
        blocks = levels[-1].reshape(channels, height // 2, 2, width // 2, 2)
        levels.append(blocks.mean(axis=(2, 4)))
    return levels


Beyond = Literal["constant", "nearest"]


def _sample(planes: NDArray[Any], at: Array, beyond: Beyond = "constant") -> Array:
    """Return planes ``[C, H, W]`` at rows and columns ``[2, h, w]``, bilinear.

    Outside they are 0, or what is ``nearest``.
    """
    return np.stack(
        [map_coordinates(plane, at, np.float32, order=1, mode=beyond) for plane in planes]
    )


def _premultiplied(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a cut-out, made smaller, as uint8 ``[4, H, W]``, colour times opacity."""
    image = Image.fromarray(picture).convert("RGBa")
    scale = min(1.0, MOST_PIXELS / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    small = np.asarray(image.resize(size, Image.Resampling.BOX))
    return np.ascontiguousarray(np.moveaxis(small, 2, 0))


def _targets(outline: Outline) -> NDArray[np.float64]:
    """Return where the anchors lie on the head, ``[6, 2]`` in millimetres."""
    middle, half = (outline.left + outline.right) / 2, (outline.right - outline.left) / 2
    x = HALF_WIDTH * (outline.anchors[:, 0] - middle) / half
    x[[1, 4]] = 0.0  # the nose and the chin are in the middle, wherever the fold is in the picture
    y = np.concatenate([upper_edge(x[:3]), lower_edge(x[3:])])
    return np.stack([x, y], axis=1)


RENDERED = "rendered"
"""What the project's own templates are called in place of a folder."""


@dataclass(frozen=True)
class Templates:
    """Masks by name, sorted, and the seed of which one a photo gets.

    Their source is ``rendered``, or a folder of PNG files with transparency.
    """

    source: str
    names: tuple[str, ...]
    seed: int

    def choose(self, photo: str) -> str:
        """Return the name of the mask that a photo gets, by a hash of the seed and its path.

        Every photo draws for itself. Did a person wear one mask in all photos, it would tell who
        wears it, and a recognizer that learns from masked photos would learn the mask.
        """
        text = f"{self.seed}:{photo}".encode("utf-8", "surrogateescape")
        number = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
        return self.names[number % len(self.names)]

    def open(self, name: str) -> Template:
        """Return a mask, spread out over the head; opened once per process."""
        return _open(self.source, name)


def open_templates(templates: str, seed: int) -> Templates:
    """Return the masks there are; every one of them can be opened."""
    if templates == RENDERED:
        return Templates(templates, tuple(sorted(CUTS)), seed)
    folder = Path(templates)
    found = (path.name for path in folder.glob("*") if path.suffix.lower() == ".png")
    names = tuple(sorted(name for name in found if not name.startswith(".")))
    if not names:
        what = "no PNG in it" if folder.is_dir() else "no such folder"
        raise FaceveilError(
            f"put_on_masks.templates: {templates}: {what}; allowed: {RENDERED}, or a folder of "
            "masks cut out as PNG with transparency"
        )
    for name in names:
        _open(templates, name)
    return Templates(templates, names, seed)


@lru_cache(maxsize=64)
def _open(templates: str, name: str) -> Template:
    if templates == RENDERED:
        return lay_on_head(draw_template(name), name, draw_shading(name))
    path = Path(templates) / name
    try:
        return lay_on_head(read_cutout(path), str(path))
    except UnreadableImageError as reason:
        raise FaceveilError(f"{path}: {reason}; replace it or take it out of the folder") from None
