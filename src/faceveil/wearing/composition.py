"""Wearing a design: the photo everywhere but where the mask is, the design there.

Training, evaluation and figures all take a photo's transparency from here, seen by a projector or
known from cut-outs and photo pairs, and never thresholded: a design is judged and shown exactly as
it was trained.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from tempfile import TemporaryFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.collection.difference import difference_transparency
from faceveil.params.errors import FaceveilError
from faceveil.runtime.progress import progress
from faceveil.store.faces import PackedFaces


def wear(faces: Tensor, transparency: Tensor, designs: Tensor) -> Tensor:
    """Return ``face * (1 - a) + design * a``, float ``[B, 3, S, S]`` in [0, 1].

    Nothing is ever broadcast over faces: other shapes are a ValueError.

    Args:
        faces: photos of people who wear a mask, ``[B, 3, S, S]`` in [0, 1].
        transparency: ``a``, 1 where the mask covers all, ``[B, 1, S, S]`` in [0, 1].
        designs: one design per face, ``[B, 3, S, S]`` in [0, 1].
    """
    count, _, height, width = faces.shape
    if faces.shape[1] != 3 or designs.shape != faces.shape:
        raise ValueError(f"faces {tuple(faces.shape)} cannot wear designs {tuple(designs.shape)}")
    if transparency.shape != (count, 1, height, width):
        raise ValueError(
            f"transparency must be {(count, 1, height, width)}, not {tuple(transparency.shape)}"
        )
    return faces + transparency * (designs - faces)


def in_turn(designs: Tensor, count: int) -> Tensor:
    """Return a design per face, of ``[K, 3, S, S]``: face ``i`` of ``count`` wears ``i mod K``."""
    times = -(-count // len(designs))
    return designs.repeat(times, 1, 1, 1)[:count] if times > 1 else designs[:count]


def projected(
    faces: PackedFaces,
    projector: Callable[[Tensor], Tensor],
    device: torch.device | None = None,
    wanted: NDArray[np.int64] | None = None,
    batch_size: int = 64,
) -> PackedFaces:
    """Return the photos with the transparency that a projector sees, in steps of 1/255.

    The projector, in eval mode, is from ``[B, 3, S, S]`` to ``[B, 1, S, S]``, both in [0, 1]. Where
    ``wanted`` rows are given, the other photos get no transparency.
    """
    shape = faces.pixels.shape[:3]
    # Pages that are never written take no memory; a file would take its whole size on the disk.
    seen = _mapped(shape) if wanted is None else np.zeros(shape, dtype=np.uint8)
    wanted = np.arange(len(faces)) if wanted is None else wanted
    for start in progress("masks seen", range(0, len(wanted), batch_size), unit="batch"):
        rows = wanted[start : start + batch_size]
        with torch.inference_mode():
            found = projector(faces.images(rows).to(device))[:, 0]
            seen[rows] = found.mul(255).round().to(torch.uint8).cpu().numpy()
    return replace(faces, transparency=seen)


def annotated(faces: PackedFaces, unmasked: PackedFaces, cutouts: PackedFaces) -> PackedFaces:
    """Return the photos with their cut-out where there is one, else the difference of the pair.

    Joined by ``image_id``: the pair of ``00017_Mask`` is ``00017``; one with neither is refused.
    """
    cut, pairs = (
        {image_id: row for row, image_id in enumerate(photos.rows["image_id"])}
        for photos in (cutouts, unmasked)
    )
    known = _mapped(faces.pixels.shape[:3])
    for row, image_id in enumerate(faces.rows["image_id"]):
        pair = image_id.removesuffix("_Mask")
        if image_id in cut and cutouts.transparency is not None:
            known[row] = cutouts.transparency[cut[image_id]]
        elif pair in pairs:
            found = difference_transparency(unmasked.pixels[pairs[pair]], faces.pixels[row])
            known[row] = np.rint(255 * found)
        else:
            raise FaceveilError(f"photo {image_id!r} has neither a cut-out nor a photo {pair!r}")
    return replace(faces, transparency=known)


def _mapped(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return zeros that the system may move to the disk: 16 kB per photo of 128 px add up.

    They lie in a file without a name, which is gone when nobody looks at it any more.
    """
    size = int(np.prod(shape))
    if size == 0:
        return np.zeros(shape, dtype=np.uint8)
    with TemporaryFile(prefix="faceveil-") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)  # a full disk is an error, no crash later
        return np.memmap(file, dtype=np.uint8, mode="w+", shape=shape)
