"""The paper's central claim: designs trained against a recognizer that learns are more robust.

Robust is what keeps its lift when the recognizer has learned from labelled photos of the designs.
Compared are the same held-out people, so the difference has an interval over people, and a test
that holds however few of them tell the two apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from faceveil.metrics.intervals import bootstrap_interval
from faceveil.params.evaluate import Evaluate


@dataclass(frozen=True)
class Claim:
    """Lift left of designs trained against a learning recognizer, minus that of the others.

    Attributes:
        learning: experiments whose recognizer learned, joined by ``+``.
        fixed: experiments whose recognizer did not.
        value: mean over people, in [-2, 2]; positive where the claim's side keeps more.
        low: lower end of the bootstrap interval over people.
        high: upper end.
        p: two-sided p-value of the paired sign-flip test over people: how often as large a mean
            comes about where it is by chance which side of the difference a person is on.
        people: people behind it.
    """

    learning: str
    fixed: str
    value: float
    low: float
    high: float
    p: float
    people: int


def judge_claim(
    gains: Mapping[str, "pd.Series[float]"], learns: Mapping[str, bool | None], settings: Evaluate
) -> Claim | None:
    """Compare experiments whose recognizer learned with those whose recognizer was fixed.

    Args:
        gains: by experiment: each person's lift after the recognizer learned from photos.
        learns: by experiment, whether its recognizer learns; None for those it is not about.
        settings: level and seed of the interval.

    Returns:
        The comparison, or None where one of the two kinds is missing.
    """
    learning = [name for name in gains if learns[name]]
    fixed = [name for name in gains if learns[name] is False]
    if not learning or not fixed:
        return None
    from scipy.stats import permutation_test  # noqa: PLC0415  (a second, and only here)

    left = [pd.concat([gains[name] for name in names], axis=1).mean(axis=1)
            for names in (learning, fixed)]  # fmt: skip
    values = (left[0] - left[1]).sort_index()
    ordered, rng = values.to_numpy(dtype=np.float64), np.random.default_rng(settings.seed)
    flips = permutation_test((ordered,), np.mean, permutation_type="samples", rng=rng)
    low, high = bootstrap_interval(
        values, values.index, settings.confidence, bounds=(-2, 2), seed=settings.seed
    )
    return Claim("+".join(learning), "+".join(fixed), float(values.mean()), low, high,
                 float(flips.pvalue), len(values))  # fmt: skip
