"""A design in a file of one's own: a texture as PNG, or as safetensors."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from safetensors.numpy import load

from faceveil.params.errors import FaceveilError, readable
from faceveil.runtime.atomic import atomic_path

SIDES = (32, 4096)
"""Shortest and longest side of a texture in texels."""

TRAINED = "textures"
"""Name of the tensor ``[K, 3, H, W]`` in the file of a training."""

SHAPE, SAME_SHAPE = 126 / 144, 0.02
"""Height by width of a texture, and how much it may differ."""


def read_texture(path: Path, number: int = 0) -> NDArray[np.float32]:
    """Read a texture, float32 ``[3, H, W]`` in [0, 1]; of a training, that of a number."""
    if not path.is_file():
        raise FaceveilError(f"{path}: no such texture; name a .png or .safetensors file")
    if path.suffix not in (".png", ".safetensors"):
        raise FaceveilError(f"{path}: a texture is a .png or .safetensors file; convert it")
    texture = _from_png(path) if path.suffix == ".png" else _from_tensors(path, number)
    if texture.ndim != 3 or texture.shape[0] != 3 or not _fits(*texture.shape[1:]):
        raise FaceveilError(
            f"{path}: its shape is {list(texture.shape)}; a texture is [3, H, W] with sides from "
            f"{SIDES[0]} to {SIDES[1]} and 7 high by 8 wide, as [3, 126, 144]"
        )
    low, high = float(texture.min()), float(texture.max())
    if not (low >= 0 and high <= 1):
        raise FaceveilError(
            f"{path}: its values go from {low:.3g} to {high:.3g}; a texture's are in [0, 1]"
        )
    return texture


def write_texture(path: Path, texture: NDArray[np.float32]) -> None:
    """Write a texture ``[3, H, W]`` in [0, 1] as PNG, whole or not at all.

    Raises:
        FaceveilError: if the file's name does not end in ``.png``.
    """
    if path.suffix != ".png":
        raise FaceveilError(f"{path}: a texture is written as PNG; name a .png file")
    pixels = (255 * np.moveaxis(texture, 0, 2)).round().astype(np.uint8)
    with atomic_path(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")


def _fits(height: int, width: int) -> bool:
    inside = SIDES[0] <= min(height, width) and max(height, width) <= SIDES[1]
    return inside and abs(height / width / SHAPE - 1) <= SAME_SHAPE


def _from_png(path: Path) -> NDArray[np.float32]:
    with readable(path, "PNG", "write it anew"), Image.open(path, formats=["PNG"]) as image:
        seen = np.asarray(image.convert("RGBA"))
        mode = image.mode
    if mode.startswith("I") or (seen[..., 3] < 255).any():
        what = "16 bits per colour" if mode.startswith("I") else "transparent places"
        raise FaceveilError(f"{path}: it has {what}; save it as RGB of 8 bits, all opaque")
    pixels = seen[..., :3]
    # In order in memory too: safetensors writes the memory of an array as it lies.
    return np.ascontiguousarray(np.moveaxis(np.asarray(pixels / 255, dtype=np.float32), 2, 0))


def _from_tensors(path: Path, number: int) -> NDArray[np.float32]:
    with readable(path, "safetensors file", "write it anew"):
        tensors = load(path.read_bytes())
    if (trained := tensors.get(TRAINED)) is not None:
        if not 0 <= number < len(trained):
            raise FaceveilError(f"{path}: no texture {number}; there are 0 to {len(trained) - 1}")
        return np.asarray(trained[number], dtype=np.float32)
    if len(tensors) != 1:
        raise FaceveilError(
            f"{path}: holds {len(tensors)} tensors ({', '.join(sorted(tensors))[:80]}); a texture "
            "is one"
        )
    return np.asarray(next(iter(tensors.values())), dtype=np.float32)
