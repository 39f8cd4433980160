"""Searching galleries: one trial is one probe photo that is looked for among all who are enrolled.

The gallery is the same for every row of the table: everybody whom the protocol enrolls, each with
the unmasked photo, under the version of the recognizer that is searched with. All is joined by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.search import BINS, Counts, counted, look_up
from faceveil.evaluation.thresholds import Threshold
from faceveil.evaluation.versions import Version
from faceveil.params.errors import FaceveilError

Key = tuple[str, str, str, str]
"""Protection, protocol, role of the people, and condition."""

KEY = ["protection", "protocol", "role", "condition"]
"""Columns of the same."""

DRAWN = "drawn"
"""The condition of photos under physical draws, all of them together."""


@dataclass(frozen=True)
class Gallery:
    """Everybody enrolled, under one version of a recognizer.

    Attributes:
        subject_ids: str ``[G]``, sorted, no two alike.
        templates: float64 ``[G, E]``, unit length.
    """

    subject_ids: NDArray[np.str_]
    templates: NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """Photos, and what a trunk saw of them.

    Attributes:
        rows: words of each photo: ``subject_id``, ``role``, ``protocol``, ``protection``, ...
        features: float32 ``[N, F]``.
    """

    rows: pd.DataFrame
    features: NDArray[np.float32]

    def where(self, keep: NDArray[np.bool_]) -> "Seen":
        """Return some of the photos."""
        return Seen(self.rows[keep].reset_index(drop=True), self.features[keep])


@dataclass
class Log:
    """Trials, and the non-mated comparisons behind them.

    Attributes:
        trials: ``protection``, ``protocol``, ``role``, ``condition``, ``subject_id``,
            ``training``, ``rank``, ``mated``, ``nearest``, ``nearest_id`` (see
            :class:`faceveil.evaluation.search.Found`), ``hit`` (rank 1) and, for each threshold
            that is reachable, ``matched@<fmr>`` and ``stranger@<fmr>``: whether the own template,
            and whether somebody else's, reaches it.
        nonmated: how many comparisons with somebody else's template lie in each step of similarity.
    """

    trials: pd.DataFrame
    nonmated: dict[Key, Counts] = field(default_factory=dict)


def enroll(version: Version, bare: Seen) -> Gallery:
    """Enroll everybody in the table, one unmasked photo each.

    Raises:
        FaceveilError: if nobody is there or a person has two enrolled photos.
    """
    subjects = bare.rows["subject_id"].to_numpy(dtype=np.str_)
    ids, first, count = np.unique(subjects, return_index=True, return_counts=True)
    if not len(ids) or count.max() > 1:
        found = f"{str(ids[count.argmax()])!r} has {count.max()}" if len(ids) else "there is nobody"
        raise FaceveilError(f"the gallery takes one unmasked photo per person, but {found}")
    return Gallery(ids, version.templates(bare.features[first]))


def search(
    version: Version,
    gallery: Gallery,
    probes: Seen,
    thresholds: Sequence[Threshold],
    batch_size: int,
) -> Log:
    """Look for every probe, all of people who are enrolled; the batch size changes no result."""
    log = Log(probes.rows)
    keys = list(probes.rows[KEY].itertuples(index=False, name=None))
    subjects, parts = probes.rows["subject_id"].to_numpy(dtype=np.str_), []
    for start in range(0, len(probes.rows), batch_size):
        part = slice(start, start + batch_size)
        similarity = version.templates(probes.features[part]) @ gallery.templates.T
        found = look_up(similarity, subjects[part], gallery.subject_ids)
        for key in set(keys[part]):
            own = np.array([other == key for other in keys[part]])
            known = log.nonmated.get(key, np.zeros(BINS, np.int64))
            log.nonmated[key] = known + counted(found.step[own])
        parts.append(found)
    columns = {
        name: np.concatenate([getattr(found, name) for found in parts] or [np.empty(0)])
        for name in ("rank", "mated", "nearest", "nearest_id")
    }
    log.trials = log.trials.assign(**columns, hit=columns["rank"] == 1)
    for at in thresholds:
        if at.threshold is not None:
            log.trials[f"matched@{at.fmr:g}"] = log.trials["mated"] >= at.threshold
            log.trials[f"stranger@{at.fmr:g}"] = log.trials["nearest"] >= at.threshold
    return log


def joined(logs: Sequence[Log]) -> Log:
    """Return several logs as one; a threshold that one of them lacks is left out."""
    trials = pd.concat([log.trials for log in logs], join="inner", ignore_index=True)
    nonmated: dict[Key, Counts] = {}
    for log in logs:
        for key, counts in log.nonmated.items():
            nonmated[key] = nonmated[key] + counts if key in nonmated else counts
    return Log(trials, nonmated)
