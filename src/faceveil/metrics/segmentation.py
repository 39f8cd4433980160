"""How well a transparency was found, photo by photo: both are ``[N, H, W]`` in [0, 1]."""

import numpy as np
from numpy.typing import NDArray


def iou(
    found: NDArray[np.floating], truth: NDArray[np.floating], threshold: float = 0.5
) -> NDArray[np.float64]:
    """Return the intersection over union of each photo's mask, ``[N]`` in [0, 1].

    A pixel belongs to a mask where its transparency is at least ``threshold``; the measure needs a
    decision per pixel, training and figures never make one. Two empty masks agree: 1. Source:
    P. Jaccard, "Étude comparative de la distribution florale" (1901).

    >>> iou(np.array([[[0.9, 0.6, 0.2]]]), np.array([[[1.0, 0.0, 0.0]]])).tolist()
    [0.5]

    Args:
        found: transparency ``[N, H, W]`` in [0, 1].
        truth: transparency ``[N, H, W]`` in [0, 1].
        threshold: least transparency of a mask's pixel.

    Raises:
        ValueError: if the two do not have the same shape ``[N, H, W]``.
    """
    _alike(found, truth)
    inside, expected = found >= threshold, truth >= threshold
    both = np.count_nonzero(inside & expected, axis=(1, 2))
    either = np.count_nonzero(inside | expected, axis=(1, 2))
    return np.where(either > 0, both / np.maximum(either, 1), 1.0)


def mse(found: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean squared error of each photo's transparency, ``[N]`` in [0, 1].

    >>> mse(np.array([[[0.5, 0.0]]]), np.array([[[1.0, 0.0]]])).tolist()
    [0.125]
    """
    _alike(found, truth)
    return np.asarray(np.square(found.astype(np.float64) - truth).mean(axis=(1, 2)))


def leak(found: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the mean transparency that was found where there is no mask at all, ``[N]`` in [0, 1].

    What leaks is a share of a design that shows on bare skin. A photo that is all mask leaks 0.

    >>> leak(np.array([[[1.0, 0.5, 0.0]]]), np.array([[[1.0, 0.0, 0.0]]])).tolist()
    [0.25]
    """
    _alike(found, truth)
    outside = truth == 0
    total: NDArray[np.float64] = found.sum(axis=(1, 2), where=outside, dtype=np.float64)
    return np.asarray(total / np.maximum(np.count_nonzero(outside, axis=(1, 2)), 1))


def _alike(found: NDArray[np.floating], truth: NDArray[np.floating]) -> None:
    if found.ndim != 3 or found.shape != truth.shape:
        raise ValueError(f"transparencies are [N, H, W] both, not {found.shape} and {truth.shape}")
