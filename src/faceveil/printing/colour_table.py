"""What a printer and a cloth make of colours: a polynomial from printed to seen RGB."""

from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from faceveil.metrics.colour_difference import delta_e_2000, lab
from faceveil.params.errors import FaceveilError
from faceveil.printing.worn_lengths import Floats

DEGREE = 3

RIDGE = 1e-4
"""Weight against large coefficients, beside a mean over patches."""

FOLDS = 2
"""Patches are halved: each half is predicted by what the other one teaches."""


@cache
def powers() -> tuple[tuple[int, int, int], ...]:
    """Return the exponents of red, green and blue of every term: 20 of them."""
    terms = [
        one for size in range(DEGREE + 1) for one in combinations_with_replacement(range(3), size)
    ]
    return tuple((one.count(0), one.count(1), one.count(2)) for one in terms)


@dataclass(frozen=True)
class ColourTable:
    """A map of colours, sRGB in [0, 1].

    Attributes:
        coefficients: float32 ``[20, 3]``, one row per term of :func:`powers`.
    """

    coefficients: Tensor

    def apply(self, textures: Tensor) -> Tensor:
        """Return what textures look like once they are printed.

        Args:
            textures: float ``[B, 3, H, W]`` in [0, 1].

        Returns:
            The same shape, in [0, 1]; differentiable in the textures, and flat where it is clipped.
        """
        if textures.ndim != 4 or textures.shape[1] != 3:
            raise ValueError(f"textures must be [B, 3, H, W], found {list(textures.shape)}")
        red, green, blue = textures.unbind(1)
        terms = torch.stack([red**i * green**j * blue**k for i, j, k in powers()], dim=-1)
        seen = terms @ self.coefficients.to(textures)
        return seen.movedim(-1, 1).clamp(0, 1)


def fit_table(printed: Floats, seen: Floats) -> ColourTable:
    """Fit a table to patches, both ``[P, 3]`` in [0, 1]; at least 20 patches."""
    if len(printed) < len(powers()):
        raise ValueError(f"{len(powers())} patches or more are needed, found {len(printed)}")
    terms = np.stack([np.prod(printed**one, axis=1) for one in np.array(powers())], axis=1)
    # What is fitted is the change of each colour, so that the weight pulls toward no change.
    square = terms.T @ terms / len(terms) + RIDGE * np.eye(terms.shape[1])
    change = np.linalg.solve(square, terms.T @ (seen - printed) / len(terms))
    change[[powers().index(one) for one in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]] += np.eye(3)
    return ColourTable(torch.from_numpy(change.astype(np.float32)))


def held_back_errors(printed: Floats, seen: Floats) -> Floats:
    """Return CIEDE2000 of each patch, predicted by the half of patches it is not in: ``[P]``."""
    errors = np.empty(len(printed))
    for fold in range(FOLDS):
        held_back = np.arange(len(printed)) % FOLDS == fold
        table = fit_table(printed[~held_back], seen[~held_back])
        shown = torch.from_numpy(printed[held_back].astype(np.float32))
        predicted = table.apply(shown[:, :, None, None])[:, :, 0, 0].double().numpy()
        errors[held_back] = delta_e_2000(lab(predicted), lab(seen[held_back]))
    return errors


def table_from(content: dict[str, Any], path: Path) -> ColourTable:
    """Return the table that a file of :mod:`faceveil.printing.read_print` holds."""
    try:
        values = torch.tensor(content["coefficients"], dtype=torch.float32)
    except (KeyError, TypeError, ValueError):
        values = torch.empty(0)
    if values.shape != (len(powers()), 3) or not values.isfinite().all():
        raise FaceveilError(
            f"{path}: expected `coefficients`, {len(powers())} rows of three numbers; "
            "write it with `python -m stages.read_print`"
        )
    return ColourTable(values)
