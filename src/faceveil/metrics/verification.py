"""Verification (1:1): how well similarity tells mated pairs from non-mated ones.

Terms follow ISO/IEC 2382-37: a pair is mated if both photos show one subject. Similarity: higher
means same person. A pair is accepted if its similarity is at or above a threshold; the false match
rate is the accepted share of non-mated pairs, the true match rate that of mated pairs.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.floating]
"""Similarities of pairs, ``[N]``."""


class Roc(NamedTuple):
    """The receiver operating characteristic, from accepting nothing to accepting everything.

    Attributes:
        fmr: false match rate at each threshold, ``[T]``, rising from 0 to 1.
        tmr: true match rate at each threshold, ``[T]``, rising from 0 to 1.
        thresholds: falling from infinity to the least similarity, ``[T]``.
    """

    fmr: NDArray[np.float64]
    tmr: NDArray[np.float64]
    thresholds: NDArray[np.float64]


def roc(mated: Scores, nonmated: Scores, counts: NDArray[np.int64] | None = None) -> Roc:
    """Return the ROC curve, with one point per distinct similarity.

    Args:
        mated: similarities of mated pairs, ``[M]``, M > 0.
        nonmated: similarities of non-mated pairs, ``[N]``, N > 0.
        counts: how many non-mated pairs have each of these similarities, ``[N]``; one if not said.

    Raises:
        ValueError: if there are no pairs of a kind, or a similarity is not finite.

    Example:
        >>> roc(np.array([0.9, 0.4]), np.array([0.5, 0.1])).tmr
        array([0. , 0.5, 0.5, 1. , 1. ])
    """
    _check(mated, nonmated)
    falling = np.unique(np.concatenate([mated, nonmated]))[::-1].astype(np.float64)
    thresholds = np.concatenate([[np.inf], falling])
    fmr = _accepted(nonmated, thresholds, counts)
    return Roc(fmr, _accepted(mated, thresholds), thresholds)


def auc(mated: Scores, nonmated: Scores) -> float:
    """Return the area under the ROC curve, in [0, 1]; 0.5 is chance.

    It is the probability that a mated pair is more similar than a non-mated one, a tie counting
    half (J. Hanley, B. McNeil, 1982). Arguments and errors are those of :func:`roc`.

    Example:
        >>> auc(np.array([0.9, 0.4]), np.array([0.5, 0.1]))
        0.75
    """
    curve = roc(mated, nonmated)
    return float(np.trapezoid(curve.tmr, curve.fmr))


def eer(mated: Scores, nonmated: Scores, counts: NDArray[np.int64] | None = None) -> float:
    """Return the equal error rate, in [0, 1]: where false match and false non-match rate meet.

    Between two points of the ROC curve that straddle the meeting, the curve is taken as a straight
    line (its convex hull is not). Arguments and errors are those of :func:`roc`.

    Example:
        >>> eer(np.array([0.9, 0.8, 0.6, 0.4]), np.array([0.5, 0.3, 0.2, 0.1]))
        0.25
    """
    curve = roc(mated, nonmated, counts)
    excess = curve.fmr - (1 - curve.tmr)  # rises from -1 to 1
    after = int(np.argmax(excess >= 0))
    before = after - 1
    share = -excess[before] / (excess[after] - excess[before])
    return float(curve.fmr[before] + share * (curve.fmr[after] - curve.fmr[before]))


def threshold_at_fmr(nonmated: Scores, fmr: float, step: float = 1e-4) -> float | None:
    """Return the least threshold whose false match rate is at most ``fmr``, or None.

    None says "not reachable": with fewer than ``1 / fmr`` comparisons a rate that low cannot be
    measured.

    Args:
        nonmated: similarities of non-mated pairs, ``[N]``, N > 0.
        fmr: the false match rate wanted, in (0, 1].
        step: thresholds are multiples of this.

    Raises:
        ValueError: if ``fmr`` is out of range, there are no pairs, or one is not finite.

    Example:
        >>> threshold_at_fmr(np.array([0.1, 0.2, 0.3, 0.4]), 0.25)
        0.3001
        >>> threshold_at_fmr(np.array([0.1, 0.2, 0.3, 0.4]), 0.1) is None
        True
    """
    if not 0 < fmr <= 1:
        raise ValueError(f"fmr is in (0, 1], not {fmr}")
    _check(nonmated, nonmated)
    allowed = int(len(nonmated) * fmr + 1e-9)  # 1000 pairs allow one at 0.001, whatever its bits
    if not allowed:
        return None
    falling = np.sort(nonmated.astype(np.float64))[::-1]
    if allowed == len(falling):
        return float(np.round(np.floor(falling[-1] / step) * step, 10))
    # The first similarity that may not match lies strictly below the threshold.
    barred = np.floor(np.round(falling[allowed] / step, 6))
    return float(np.round((barred + 1) * step, 10))


def verification_accuracy(mated: Scores, nonmated: Scores, folds: int = 10) -> float:
    """Return the accuracy of "same person or not", by the protocol of LFW.

    In each fold the threshold that was best on the other folds decides; the accuracies of the folds
    are averaged (G. Huang et al., "Labeled Faces in the Wild", 2007). A threshold lies midway
    between two neighbouring similarities; of equally good ones the highest is taken.

    Args:
        mated: similarities of mated pairs, ``[M]``; fold after fold, in order.
        nonmated: similarities of non-mated pairs, ``[N]``; likewise.
        folds: number of folds, from 2 to the smaller of M and N.

    Raises:
        ValueError: if the pairs are too few for the folds, or a similarity is not finite.

    Example:
        >>> verification_accuracy(np.array([0.9, 0.8, 0.7]), np.array([0.3, 0.2, 0.1]), folds=3)
        1.0
    """
    _check(mated, nonmated)
    if not 2 <= folds <= min(len(mated), len(nonmated)):
        raise ValueError(f"{folds} folds need as many pairs of each kind, and at least 2")
    scores = np.concatenate([mated, nonmated])
    same = np.arange(len(scores)) < len(mated)
    fold = np.concatenate([_fold_of(len(mated), folds), _fold_of(len(nonmated), folds)])
    rates = []
    for held_out in (fold == number for number in range(folds)):
        threshold = _best_threshold(scores[~held_out & same], scores[~held_out & ~same])
        rates.append(np.mean((scores[held_out] >= threshold) == same[held_out]))
    return float(np.mean(rates))


def _best_threshold(mated: Scores, nonmated: Scores) -> float:
    """Return the highest threshold, midway between two scores, that decides most pairs rightly."""
    curve = roc(mated, nonmated)
    right = np.round(curve.tmr * len(mated) + (1 - curve.fmr) * len(nonmated))
    best = int(np.argmax(right))
    return float(curve.thresholds[best : best + 2].mean())


def _accepted(
    scores: Scores, thresholds: NDArray[np.float64], counts: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    order = np.argsort(scores, kind="stable")
    weights = np.ones(len(scores), np.int64) if counts is None else counts[order]
    below = np.searchsorted(scores[order].astype(np.float64), thresholds, side="left")
    total = np.concatenate([[0], np.cumsum(weights)])
    return np.asarray(1 - total[below] / total[-1])


def _fold_of(count: int, folds: int) -> NDArray[np.int64]:
    """Return the fold of each of ``count`` pairs: runs of equal length, in order."""
    return np.arange(count, dtype=np.int64) * folds // count


def _check(mated: Scores, nonmated: Scores) -> None:
    for name, scores in (("mated", mated), ("non-mated", nonmated)):
        if scores.ndim != 1 or not len(scores):
            raise ValueError(f"{name} similarities are [N] with N > 0, not {list(scores.shape)}")
        if not np.isfinite(scores).all():
            raise ValueError(f"a {name} similarity is not finite")
