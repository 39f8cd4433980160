"""A pleated (surgical) mask: one rectangle with three pleats that open over the nose and mouth.

As folded it is 175 x 95 mm; unfolded in the middle 137 mm: the average head's 111 mm from the nose
to under the chin, and 26 mm that tuck in below. Toward the sides pleats open as far as the head
asks; where it is lower than the folded mask, the ear loops gather the cloth.
"""

import numpy as np

from faceveil.printing.pieces import Line, Piece
from faceveil.printing.worn_lengths import Floats, lengths_down, mean_across

WIDTH, FOLDED = 175.0, 95.0
PLEATS, DEPTH = 3, 7.0
"""Pleats, and how deep each is: it hides twice as much cloth."""

HIDDEN = PLEATS * 2 * DEPTH
UNFOLDED = FOLDED + HIDDEN
STRIP = FOLDED / (PLEATS + 1)
"""Cloth between two pleats that always shows."""

LEAST_OPEN = 0.08
"""Share of a closed pleat that its rounded folds let show; with none no place would be its own."""

HEM = 8.0

ENDS = (("nose", WIDTH / 2), ("chin", WIDTH / 2))

ROWS, COLUMNS = 275, 141


def pieces() -> list[Piece]:
    """Return the one piece."""
    u = np.linspace(-1, 1, COLUMNS)
    down = np.linspace(0, 1, ROWS)
    reach = UNFOLDED / float(lengths_down(np.zeros(1), np.ones(1))[0, 0])
    worn = np.stack(np.meshgrid(u, reach * down), axis=-1)
    across = np.broadcast_to(_across(u), (ROWS, COLUMNS))
    flat = np.stack([across, _down(down, opened(u))], axis=-1)
    outline = np.array([(0, 0), (WIDTH, 0), (WIDTH, UNFOLDED), (0, UNFOLDED)], dtype=np.float64)
    return [Piece("the whole mask", worn, flat, outline, HEM, ENDS, _lines())]


def opened(u: Floats) -> Floats:
    """Return how far pleats stand open when worn, from 0 to 1, at places across ``[U]``."""
    length = lengths_down(u, np.ones(1))[0]
    middle = float(lengths_down(np.zeros(1), np.ones(1))[0, 0])
    asked = length * UNFOLDED / middle
    return np.asarray(np.clip((asked - FOLDED) / HIDDEN, LEAST_OPEN, 1))


def _across(u: Floats) -> Floats:
    """Return the flat place of columns: by length along the head, scaled to the mask's width."""
    lengths = mean_across(u)
    return np.asarray(WIDTH / 2 * (1 + lengths / lengths[-1]))


def _down(share: Floats, open_: Floats) -> Floats:
    """Return the flat height ``[R, U]`` of places at a share of what is seen of a column."""
    cloth = np.concatenate([[0], np.cumsum([STRIP, 2 * DEPTH] * PLEATS + [STRIP])])
    columns = []
    for one in open_:
        seen = np.concatenate([[0], np.cumsum([STRIP, 2 * DEPTH * one] * PLEATS + [STRIP])])
        columns.append(np.interp(share * seen[-1], seen, cloth))
    return np.stack(columns, axis=1)


def _lines() -> tuple[Line, ...]:
    """Return the folds; a pleat's ridge points down, so that nothing gathers in it."""
    lines = []
    for number in range(PLEATS):
        top = STRIP + number * (STRIP + 2 * DEPTH)
        for kind, y in (("ridge", top), ("groove", top + DEPTH), ("meets", top + 2 * DEPTH)):
            lines.append(Line(np.array([(0.0, y), (WIDTH, y)]), kind))
    return tuple(lines)
