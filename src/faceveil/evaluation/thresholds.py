"""Thresholds: chosen on dev people, without any protection, and frozen in a file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.search import DECIMALS, STEP
from faceveil.metrics.verification import threshold_at_fmr
from faceveil.params.errors import FaceveilError, readable
from faceveil.runtime.atomic import atomic_path


@dataclass(frozen=True)
class Threshold:
    """One operating point of a recognizer.

    Attributes:
        recognizer: its name.
        training: of an experiment that changed the recognizer; -1 without one.
        fmr: the false match rate that it is chosen for, in (0, 1).
        threshold: least similarity that is a match, a multiple of 1e-4; None where the rate is not
            reachable.
        nonmated: comparisons of two people that it was chosen on.
        needed: comparisons that would be needed, where there are too few; else None.
        role: of the people it was chosen on, ``dev`` or ``train``; never the held-out ones.
        people: how many of them are enrolled.
    """

    recognizer: str
    training: int
    fmr: float
    threshold: float | None
    nonmated: int
    needed: int | None
    role: str
    people: int


def choose_thresholds(
    similarity: NDArray[np.float64],
    probe_ids: NDArray[np.str_],
    gallery_ids: NDArray[np.str_],
    rates: Sequence[float],
    once: bool,
) -> list[tuple[float, float | None, int]]:
    """Choose a threshold for each false match rate, as a multiple of 1e-4.

    Args:
        similarity: ``[P, G]``.
        probe_ids: whose photo each row is.
        gallery_ids: whose template each column is.
        rates: false match rates.
        once: whether probes are the enrolled photos themselves, so that A's with B's and B's with
            A's is one comparison.

    Returns:
        For each rate the rate, the threshold or None, and the non-mated comparisons.
    """
    probes, templates = probe_ids[:, None], gallery_ids[None]
    nonmated = np.round(similarity, DECIMALS)[probes < templates if once else probes != templates]
    return [(fmr, threshold_at_fmr(nonmated, fmr, STEP), len(nonmated)) for fmr in rates]


def write_thresholds(path: Path, thresholds: Sequence[Threshold]) -> None:
    """Write thresholds as CSV, whole or not at all."""
    table = pd.DataFrame([asdict(one) for one in thresholds])
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_thresholds(path: Path) -> list[Threshold]:
    """Read thresholds.

    Raises:
        FaceveilError: if the file is missing or holds something else.
    """
    if not path.is_file():
        raise FaceveilError(f"{path}: no thresholds here; run `dvc repro calibrate` first")
    with readable(path, "CSV table", "run `dvc repro -f calibrate`"):
        table = pd.read_csv(path)
    wanted = list(Threshold.__dataclass_fields__)
    if list(table.columns) != wanted:
        raise FaceveilError(f"{path}: expected the columns {', '.join(wanted)}")
    table = table.astype(object).where(table.notna(), None)
    return [Threshold(*row) for row in table.itertuples(index=False, name=None)]


def thresholds_of(
    thresholds: Sequence[Threshold], recognizer: str, training: int, path: str
) -> list[Threshold]:
    """Return the thresholds of one recognizer after one training.

    Raises:
        FaceveilError: if there is none; names those there are.
    """
    own = [one for one in thresholds if (one.recognizer, one.training) == (recognizer, training)]
    if not own:
        known = ", ".join(sorted({one.recognizer for one in thresholds})) or "none"
        raise FaceveilError(
            f"{path}: no thresholds of {recognizer!r}, training {training}; there are those of "
            f"{known}; run `dvc repro calibrate`"
        )
    return own
