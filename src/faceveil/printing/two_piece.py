"""A two-piece cloth mask: a left and a right half that meet along a curved seam in the middle.

The half of the average head under the mask is laid flat so that lengths change least: the least
squares of relative changes of a grid's sides and diagonals. The seam keeps its length.
"""

from functools import cache

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.optimize import least_squares

from faceveil.printing.pieces import Piece, border
from faceveil.printing.worn_lengths import Floats, lengths_across, lengths_down, on_head

ROWS, COLUMNS = 17, 11
"""Nodes of the grid that is laid flat."""

FINE = 5
"""Nodes of the piece's grid per node of that one."""

SEAM_WEIGHT = 20.0
"""How much more a change along the seam counts."""

SEAM = 8.0


def pieces() -> list[Piece]:
    """Return the left and the right half, as the wearer's viewer sees them."""
    worn, flat = _half()
    return [_piece("left", worn * (-1, 1), flat * (-1, 1)), _piece("right", worn, flat)]


def _piece(side: str, worn: Floats, flat: Floats) -> Piece:
    """Return a half; its zero is the upper left corner of its extent."""
    flat = flat - flat.reshape(-1, 2).min(axis=0)
    ends = (("nose", float(flat[0, 0, 0])), ("chin", float(flat[-1, 0, 0])))
    note = f"The seam in the middle is the {'right' if side == 'left' else 'left'} edge."
    return Piece(f"{side} half", worn, flat, border(flat), SEAM, ends, note=note)


def seam(piece: Piece) -> Floats:
    """Return the flat places of the seam ``[R, 2]``, from the nose to the chin."""
    return piece.flat[:, 0]


@cache
def _half() -> tuple[Floats, Floats]:
    """Return ``u``, ``v`` and flat places of the right half, ``[R, C, 2]`` each, the seam first."""
    u, v = np.linspace(0, 1, COLUMNS), np.linspace(0, 1, ROWS)
    coarse = _laid_flat(u, v)
    fine_u, fine_v = np.linspace(0, 1, FINE * COLUMNS), np.linspace(0, 1, FINE * ROWS)
    layers = [RectBivariateSpline(v, u, coarse[..., axis])(fine_v, fine_u) for axis in (0, 1)]
    flat = np.stack(layers, axis=-1)
    # The curve through the nodes is a little longer than the straight sides that were fitted.
    seam_length = np.linalg.norm(np.diff(flat[:, 0], axis=0), axis=1).sum()
    flat *= float(lengths_down(np.zeros(1), np.ones(1))[0, 0]) / seam_length
    return np.stack(np.meshgrid(fine_u, fine_v), axis=-1), flat


def _laid_flat(u: Floats, v: Floats) -> Floats:
    """Return the flat places of a grid's nodes, ``[V, U, 2]``."""
    solid = on_head(u[None], v[:, None])
    wanted = [np.linalg.norm(side, axis=-1) for side in _sides(solid)]
    start = np.stack([lengths_across(u, v), lengths_down(u, v) + 0 * u], axis=-1)
    start[..., 1] += (solid[0, :, 1] - solid[0, 0, 1])[None]
    weights = [np.ones(one.shape) for one in wanted]
    weights[1][:, 0] = SEAM_WEIGHT

    def changes(places: Floats) -> Floats:
        sides = _sides(places.reshape(start.shape))
        terms = [
            weight * (np.linalg.norm(side, axis=-1) / want - 1)
            for side, want, weight in zip(sides, wanted, weights, strict=True)
        ]
        # Holds the whole in place and upright; it costs nothing in shape.
        held = [places[0] - start[0, 0, 0], places[1] - start[0, 0, 1], places[-2 * len(u)]]
        return np.concatenate([*(term.ravel() for term in terms), held])

    found = least_squares(changes, start.ravel(), method="trf", max_nfev=60)
    return np.asarray(found.x, dtype=np.float64).reshape(start.shape)


def _sides(grid: Floats) -> list[Floats]:
    """Return the vectors along rows, along columns and along both diagonals of a grid's cells."""
    return [
        grid[:, 1:] - grid[:, :-1], grid[1:] - grid[:-1],
        grid[1:, 1:] - grid[:-1, :-1], grid[1:, :-1] - grid[:-1, 1:],
    ]  # fmt: skip
