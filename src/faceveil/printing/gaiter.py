"""A gaiter: a tube of cloth around neck and face, up to the lower lids, the design in front."""

import numpy as np

from faceveil.printing.pieces import Line, Piece
from faceveil.printing.worn_lengths import GAITER, lengths_down, mean_across

CIRCUMFERENCE, HEIGHT = 500.0, 240.0

SEAM = 8.0

ENDS = (("lower lids", CIRCUMFERENCE / 2), ("neck", CIRCUMFERENCE / 2))

GREY = 0.5
"""Shade where there is no design: at the neck and around the back."""

ROWS, COLUMNS = 61, 71


def pieces() -> list[Piece]:
    """Return the one piece; it is sewn to a tube at the back."""
    u, v = np.linspace(-1, 1, COLUMNS), np.linspace(0, 1, ROWS)
    across = CIRCUMFERENCE / 2 + mean_across(u, GAITER)
    flat = np.stack(np.broadcast_arrays(across, lengths_down(u, v, GAITER)), axis=-1)
    worn = np.stack(np.meshgrid(u, v), axis=-1)
    outline = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * (CIRCUMFERENCE, HEIGHT)
    return [Piece("the whole tube", worn, flat, outline, SEAM, ENDS, _middle(), background=GREY)]


def _middle() -> tuple[Line, ...]:
    """Return the line that lies over the nose: what is pressed, to find the front again."""
    x = CIRCUMFERENCE / 2
    return (Line(np.array([(x, 0.0), (x, HEIGHT)]), "meets"),)
