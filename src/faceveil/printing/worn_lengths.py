"""How long a mask is along the average head: cloth is cut by that, not by what the front shows.

Places on a mask are ``u``, -1 to 1 across, and ``v``, 0 at the upper to 1 at the lower edge, both
seen from the front: ``x = HALF_WIDTH * u``, and the height is linear in ``v`` between the edges.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceveil.masks.gaiter import LID
from faceveil.masks.head import mask_loft, relief
from faceveil.rendering.mask_coordinates import HALF_WIDTH, lower_edge, upper_edge

Floats = NDArray[np.float64]

STEPS = 400
"""Straight pieces that a length is summed over; ten times as many change it by under 0.03 mm."""


@dataclass(frozen=True)
class Cover:
    """What a kind of mask covers: heights in millimetres at places ``x`` beside the nose."""

    upper: Callable[[Floats], Floats]
    lower: Callable[[Floats], Floats]


def to_the_lids(x: Floats) -> Floats:
    """Return the upper edge of a gaiter, which is level."""
    return np.full_like(x, LID)


FACEMASK = Cover(upper_edge, lower_edge)
GAITER = Cover(to_the_lids, lower_edge)


def on_head(u: Floats, v: Floats, cover: Cover = FACEMASK) -> Floats:
    """Return where places of a mask lie on the average head.

    Args:
        u: across, any shape.
        v: down, of a shape that broadcasts with it.
        cover: the kind's edges.

    Returns:
        Head coordinates in millimetres, float64 ``[..., 3]``.
    """
    u, v = np.broadcast_arrays(u, v)
    x = HALF_WIDTH * np.asarray(u, dtype=np.float64)
    y = cover.upper(x) * (1 - v) + cover.lower(x) * v
    width, depth = mask_loft().at(y)
    z = depth * np.sqrt(np.maximum(1 - (x / width) ** 2, 0)) + relief(x, y)
    return np.stack([x, y, z], axis=-1)


def lengths_across(u: Floats, v: Floats, cover: Cover = FACEMASK) -> Floats:
    """Return how far places are from the middle along lines of equal ``v``, ``[V, U]``, signed."""
    share = np.linspace(0, 1, STEPS + 1)
    path = on_head(u[None, :, None] * share, v[:, None, None], cover)
    return np.sign(u) * _length(path)


def lengths_down(u: Floats, v: Floats, cover: Cover = FACEMASK) -> Floats:
    """Return how far places are from the upper edge along lines of equal ``u``, ``[V, U]``."""
    share = np.linspace(0, 1, STEPS + 1)
    path = on_head(u[None, :, None], v[:, None, None] * share, cover)
    return _length(path)


def mean_across(u: Floats, cover: Cover = FACEMASK) -> Floats:
    """Return the mean of :func:`lengths_across` over the height of the mask, ``[U]``."""
    return np.asarray(lengths_across(u, np.linspace(0, 1, 21), cover).mean(axis=0))


def _length(path: Floats) -> Floats:
    """Return the length of paths ``[..., P, 3]`` in millimetres."""
    return np.asarray(np.linalg.norm(np.diff(path, axis=-2), axis=-1).sum(axis=-1))
