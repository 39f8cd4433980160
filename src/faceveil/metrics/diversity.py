"""How different designs are from one another."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist


def mean_pairwise_rms(vectors: NDArray[np.floating]) -> float:
    """Return the mean over all pairs of the root mean square difference of their numbers.

    For pixels in [0, 1] it is in [0, 1]: 0 where all are alike, about 0.41 for independent uniform
    noise.

    Args:
        vectors: ``[K, D]``, K > 1.

    Raises:
        ValueError: if there are fewer than two.

    Example:
        >>> mean_pairwise_rms(np.array([[0.0, 0.0], [1.0, 1.0]]))
        1.0
    """
    _need_pairs(vectors)
    return float(pdist(vectors.astype(np.float64)).mean() / np.sqrt(vectors.shape[1]))


def mean_pairwise_cosine_distance(vectors: NDArray[np.floating]) -> float:
    """Return the mean over all pairs of ``1 - cosine``, in [0, 2]; 0 where all point the same way.

    Arguments and errors are those of :func:`mean_pairwise_rms`.

    Example:
        >>> mean_pairwise_cosine_distance(np.array([[1.0, 0.0], [0.0, 2.0]]))
        1.0
    """
    _need_pairs(vectors)
    return float(pdist(vectors.astype(np.float64), "cosine").mean())


def _need_pairs(vectors: NDArray[np.floating]) -> None:
    if vectors.ndim != 2 or len(vectors) < 2:
        raise ValueError(f"distances need [K, D] with K > 1, not {list(vectors.shape)}")
