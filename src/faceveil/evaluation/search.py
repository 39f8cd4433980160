"""One search of the gallery: at which rank the prober is found, and who else is how similar.

A search answers every question that is asked later: identification looks at ranks, verification at
the similarity to the own template (mated) and to all others (non-mated), and a wearer who is taken
for somebody else is one whose nearest stranger is above the threshold.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from faceveil.metrics.identification import ranks

DECIMALS = 6
"""Similarities that agree to this many decimals tie, and a tie is no identification: what float
arithmetic does not tell apart reproducibly is not told apart, whatever the batch or device."""

STEP = 1e-4
"""Thresholds are multiples of this; non-mated similarities are counted in steps as wide."""

BINS = 20_001
"""Steps from -1 to 1, both included."""

EDGES: NDArray[np.float64] = np.round(np.arange(BINS) * STEP - 1, 4)
"""The least similarity of each step, ``[BINS]``."""

Counts = NDArray[np.int64]
"""Non-mated comparisons in each step, ``[BINS]``."""


@dataclass(frozen=True)
class Found:
    """What a search brings for each of ``B`` probes.

    Attributes:
        rank: of the own template, from 1; ties are pessimistic.
        mated: similarity to the own template.
        nearest: greatest similarity to somebody else's template.
        nearest_id: whose template that is; the first by id among equals.
        step: the step of each similarity, int64 ``[B, G]``; -1 at the own template.
    """

    rank: NDArray[np.int64]
    mated: NDArray[np.float64]
    nearest: NDArray[np.float64]
    nearest_id: NDArray[np.str_]
    step: NDArray[np.int64]


def look_up(
    similarity: NDArray[np.float64], subject_ids: NDArray[np.str_], gallery_ids: NDArray[np.str_]
) -> Found:
    """Search ``B`` probes among ``G`` templates.

    Args:
        similarity: ``[B, G]``, higher means same person.
        subject_ids: who probes, ``[B]``.
        gallery_ids: whose templates, ``[G]``, sorted, no two alike.

    Raises:
        ValueError: if shapes do not fit, a similarity is not finite, or a prober is not enrolled.
    """
    rounded = np.round(similarity, DECIMALS)
    rank = ranks(rounded, subject_ids, gallery_ids)
    own = subject_ids[:, None] == gallery_ids[None]
    others = np.where(own, -np.inf, rounded)
    nearest = others.argmax(axis=1)
    return Found(
        rank=rank,
        mated=rounded[own],
        nearest=others[np.arange(len(others)), nearest],
        nearest_id=gallery_ids[nearest],
        step=np.where(own, -1, steps(rounded)),
    )


def steps(similarity: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the step that each similarity lies in; beyond -1 or 1 the outermost one."""
    # The sum of rounding errors is far below 1e-6 of a step's width.
    numbers = np.floor(np.round(similarity / STEP, 2)).astype(np.int64) + BINS // 2
    return np.clip(numbers, 0, BINS - 1)


def counted(step: NDArray[np.int64]) -> Counts:
    """Count comparisons by step; those of -1 are mated and left out."""
    counts: Counts = np.bincount(step[step >= 0].ravel(), minlength=BINS).astype(np.int64)
    return counts
