"""The chart: patches of known colours, a sample of the design, and marks that a reader finds.

All places are in millimetres, to the right and down from the centre of the first mark.
"""

from functools import cache
from itertools import product

import numpy as np

from faceveil.printing.worn_lengths import Floats

WIDTH, HEIGHT = 174.0, 237.0
"""Distance of the outer marks; it fits A4 and letter."""

RINGS = (4.2, 2.8, 1.4)
"""Radii of a mark: a black ring from the first to the second, and a black disc."""

PATCH, PITCH = (12.0, 9.5), (14.0, 11.0)
"""Size of a patch, and the distance of their centres; the rest is bare."""

PATCH_COLUMNS, FIRST_PATCH = 12, (10.0, 91.0)
"""Patches in a row, and the centre of the first."""

SAMPLE = (8.0, 170.0, 64.0, 56.0)
"""The design's sample: left, top, width, height."""

GREYS = 8


@cache
def marks() -> Floats:
    """Return the centres of all marks ``[14, 2]``: a regular 3 x 4, then two beside the first.

    The last two are what tells which way up the page lies.
    """
    regular = [(x, y) for y in np.linspace(0, HEIGHT, 4) for x in (0, WIDTH / 2, WIDTH)]
    return np.array([*regular, (16.0, 0.0), (0.0, 16.0)])


CORNERS = (0, 2, 11, 9)
"""The outer marks' numbers, clockwise from the first."""


@cache
def colours() -> Floats:
    """Return the patches' printed colours, sRGB in [0, 1], float64 ``[72, 3]``.

    A grid of four shades per channel, and greys between its own. Neighbours are mixed, so that a
    stain or a shadow does not hit one colour alone.
    """
    grid = [np.array(one) / 3 for one in product(range(4), repeat=3)]
    greys = [np.full(3, shade) for shade in (np.arange(GREYS) + 0.5) / GREYS]
    every = np.array([*grid, *greys])
    # 29 shares no factor with 72: a step that visits every patch once.
    return every[np.arange(len(every)) * 29 % len(every)]


@cache
def patches() -> Floats:
    """Return the patches' centres, in the order of :func:`colours`: ``[72, 2]``."""
    number = np.arange(len(colours()))
    places = np.stack([number % PATCH_COLUMNS, number // PATCH_COLUMNS], axis=1)
    return np.asarray(places * PITCH + FIRST_PATCH)


@cache
def bare() -> Floats:
    """Return places where nothing is printed, around marks and between patches: ``[N, 2]``."""
    around = [marks() + np.array(by) for by in ((7, 5.2), (-7, 5.2), (7, -5.2), (-7, -5.2))]
    every = np.concatenate(around)
    inside = (every > 0).all(axis=1) & (every < (WIDTH, HEIGHT)).all(axis=1)
    between = patches() + np.array(PITCH) / 2
    row = np.arange(len(between)) % PATCH_COLUMNS < PATCH_COLUMNS - 1
    return np.concatenate([every[inside], between[row][:-PATCH_COLUMNS]])


def sample_places(height: int, width: int) -> Floats:
    """Return the places of a texture's texels in the design's sample, ``[H, W, 2]``."""
    left, top, across, down = SAMPLE
    x = left + (np.arange(width) + 0.5) / width * across
    y = top + (np.arange(height) + 0.5) / height * down
    return np.stack(np.meshgrid(x, y), axis=-1)
