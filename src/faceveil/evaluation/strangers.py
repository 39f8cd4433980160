"""How often two strangers match each other because of what they wear.

A design that makes all its wearers alike is a tag: whoever is seen in it is taken for everybody
else in it. Compared are all pairs of two different held-out people, photo with photo, at the
threshold that the recognizer was given before.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.results import COLUMNS
from faceveil.evaluation.search import DECIMALS
from faceveil.evaluation.table import BARE, Judge, Row
from faceveil.evaluation.trials import Seen
from faceveil.metrics.pairs import pair_share

AT_ONCE = 1024
"""Photos that are compared with all others at once."""

SAME, DIFFERENT = "same", "different"
"""Values of ``variant_policy``: both people wear the same variant, or each another one."""


def stranger_rows(
    judge: Judge, threshold: float, probes: Seen, names: Sequence[str]
) -> Iterator[Row]:
    """Yield ``strangers@<fmr>`` of each protection, for people in the same and different variants.

    Args:
        judge: of a recognizer as it was made.
        threshold: its frozen one of the headline false match rate.
        probes: what it saw; those of held-out people under the harder protocol there is are used.
        names: protections; those that nobody wears have no rows.
    """
    held_out = probes.where((probes.rows["role"] == "test").to_numpy())
    other = (held_out.rows["protocol"] == "other_photo").to_numpy()
    held_out = held_out.where(other) if other.any() else held_out
    for name in names:
        own = held_out.where((held_out.rows["protection"] == name).to_numpy())
        if not len(own.rows):
            continue
        units = judge.version.templates(own.features)
        for policy, counts in matching_pairs(units, own.rows, threshold).items():
            if counts[1].any():
                yield _row(judge, own, policy, counts)


def matching_pairs(
    units: NDArray[np.float64], rows: pd.DataFrame, threshold: float
) -> dict[str, NDArray[np.int64]]:
    """Count the pairs of strangers by person: those that match, and all.

    Args:
        units: unit embeddings, ``[N, E]``.
        rows: ``subject_id`` and ``variant`` of each, as many.
        threshold: least similarity that is a match.

    Returns:
        For :data:`SAME` and :data:`DIFFERENT` variants int64 ``[2, P]``, people sorted by id: pairs
        that a person is in and that match, and all pairs that the person is in.
    """
    people, person = np.unique(rows["subject_id"].to_numpy(dtype=np.str_), return_inverse=True)
    # Bare faces have none: all are in the same.
    variant = rows["variant"].fillna(-1).to_numpy(dtype=np.int64)
    counts = {policy: np.zeros((2, len(people)), np.int64) for policy in (SAME, DIFFERENT)}
    for start in range(0, len(rows), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        match = np.round(units[part] @ units.T, DECIMALS) >= threshold
        strangers = person[part, None] != person[None]
        alike = variant[part, None] == variant[None]
        for policy, chosen in ((SAME, strangers & alike), (DIFFERENT, strangers & ~alike)):
            for kind, found in enumerate((chosen & match, chosen)):
                np.add.at(counts[policy][kind], person[part], found.sum(axis=1))
    return counts


def _row(judge: Judge, own: Seen, policy: str, counts: NDArray[np.int64]) -> Row:
    share, first = pair_share(counts[0], counts[1], judge.settings.confidence), own.rows.iloc[0]
    return dict.fromkeys(COLUMNS, "") | {
        "protection": first["protection"],
        "variant_policy": policy,
        "recognizer": judge.version.name,
        "recognizer_role": judge.version.role,
        "protocol": first["protocol"],
        # Nobody is searched for in a gallery: photos of two probers are compared.
        "probe_side": "bare" if first["protection"] == BARE else "protected",
        "group": "held_out",
        "metric": f"strangers@{judge.at}",
        "value": share.value,
        "low": share.interval.low,
        "high": share.interval.high,
        "people": int((counts[1] > 0).sum()),
        "trials": int(counts[1].sum()) // 2,
        "threshold_role": judge.threshold_role,
    }
