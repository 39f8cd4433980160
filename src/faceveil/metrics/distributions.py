"""How far two sets of photos are apart, as sets of features; who is on which photo does not count.

Both depend on how many photos there are: the Fréchet distance of few is far too large (M. J.
Chong and D. Forsyth, "Effectively Unbiased FID and Inception Score and where to find them", 2020),
the kernel distance is right on average and below 0 where sets are alike.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from faceveil.metrics.intervals import Interval

Features = NDArray[np.float32]
"""``[N, F]``."""


def frechet_distance(first: Features, second: Features) -> float:
    """Return the squared Fréchet distance between normal distributions of the same moments.

    Source: M. Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
    Equilibrium" (2017), equation 6; it is the FID where features are those of InceptionV3.

    Raises:
        ValueError: if one set has fewer than two photos.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(f"{len(first)} and {len(second)} photos: a distance needs two of each")
    from torchmetrics.image.fid import FrechetInceptionDistance  # noqa: PLC0415  (seconds)

    measured: Any = FrechetInceptionDistance(feature=_Given(first.shape[1]))
    for real, features in enumerate((first, second)):
        measured.update(torch.from_numpy(np.asarray(features, np.float64)), real=bool(real))
    # Of sets that are all but the same, rounding leaves less than nothing.
    return max(0.0, float(measured.compute()))


class _Given(nn.Module):
    """Stands for a network where features are there already."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.num_features = count

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return them."""
        return features


def kernel_distance(
    first: Features,
    second: Features,
    people: tuple[NDArray[np.str_], NDArray[np.str_]],
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, Interval]:
    """Return the unbiased squared maximum mean discrepancy, and its bootstrap interval over people.

    Source: M. Bińkowski et al., "Demystifying MMD GANs" (2018), section 4: the kernel
    (x·y / F + 1)³; of all photos at once and not of subsets. Pairs of photos of one person are left
    out, also where the person is in both sets: they are more alike than two photos of the sets are.
    Draws take whole people.

    Args:
        first: ``[N, F]``.
        second: ``[M, F]``.
        people: whose each photo is.
        confidence: level in (0, 1).
        resamples: bootstrap draws.
        seed: of the draws.

    Raises:
        ValueError: if one set shows fewer than two people.
    """
    least = min(len(set(one)) for one in people)
    if least < 2:
        raise ValueError(f"{least} person in a set: a distance needs two")
    sets = ((first, first), (second, second), (first, second))
    names = ((people[0], people[0]), (people[1], people[1]), people)
    apart = [one[:, None] != other[None] for one, other in names]
    kernels = [_kernel(*pair) * counts for pair, counts in zip(sets, apart, strict=True)]
    whole = [np.ones((1, len(one))) for one in (first, second)]
    value = float(_discrepancy(kernels, apart, *whole)[0])
    everybody, numbers = np.unique(np.concatenate(people), return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(everybody), np.full(len(everybody), 1 / len(everybody)), resamples)
    weights = np.split(drawn[:, numbers].astype(np.float64), [len(first)], axis=1)
    with np.errstate(invalid="ignore"):  # a draw of one person alone has no distance
        found = _discrepancy(kernels, apart, *weights)
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(found, [tail, 1 - tail])
    return value, Interval(float(low), float(high))


def _kernel(first: Features, second: Features) -> NDArray[np.float64]:
    product = np.asarray(first, np.float64) @ np.asarray(second, np.float64).T
    return np.asarray((product / first.shape[1] + 1) ** 3)


def _discrepancy(
    kernels: Sequence[NDArray[np.float64]],
    apart: Sequence[NDArray[np.bool_]],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the discrepancy of each draw, by its weights of photos ``[R, N]`` and ``[R, M]``."""
    sides = ((first, first), (second, second), (first, second))
    within_first, within_second, between = (
        ((one @ kernel) * other).sum(1) / ((one @ counts) * other).sum(1)
        for (one, other), kernel, counts in zip(sides, kernels, apart, strict=True)
    )
    return np.asarray(within_first + within_second - 2 * between)
