"""Opponents that train nothing: they know what is worn, and search accordingly.

Two of them, for each recognizer as it was made:

- ``mean_shift`` knows other people who wear the same. What their embeddings have in common, as a
  mean shift from their own enrolled faces, is subtracted from every probe before it is searched
  for. Training people teach it; nobody who is judged is among them. Plain controls get shifts of
  their own, so that a lift is over the best of them before the same opponent.
- ``grey_region`` looks at no mask at all: the region is grey in the probe (protection ``grey``) and
  in the gallery (``grey_region``), whatever was worn.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.results import COLUMNS
from faceveil.evaluation.table import Judge, Row, table_rows
from faceveil.evaluation.thresholds import Threshold, choose_thresholds
from faceveil.evaluation.trials import Gallery, Log, Seen, enroll, joined, search
from faceveil.evaluation.versions import OPPONENT, Version
from faceveil.store.protocol import DEV, STUDY

GREY, GREY_REGION = "grey", "grey_region"
"""Names of the entries of ``protections`` that probes and galleries of ``grey_region`` are of."""

FEWEST_WEARERS = 8
"""Training people who must wear a single variant, every one of them, so that each gets a shift of
its own; else all variants of a training share one."""


@dataclass(frozen=True)
class Shifted(Version):
    """A recognizer that subtracts a shift from embeddings.

    Attributes:
        shift: float64 ``[E]``, of unit embeddings.
    """

    shift: NDArray[np.float64] | None = None

    def templates(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return unit embeddings less the shift, again of unit length, ``[B, E]``."""
        assert self.shift is not None
        moved = super().templates(features) - self.shift
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.asarray(moved / np.where(length > 0, length, 1))


@dataclass(frozen=True)
class Shift:
    """What wearers of a protection have in common.

    Attributes:
        of: photos that it is subtracted from, Boolean ``[N]``.
        vector: float64 ``[E]``; mean over people of their photos' mean shift.
        wearers: training people it is the mean of.
    """

    of: NDArray[np.bool_]
    vector: NDArray[np.float64]
    wearers: int


def mean_shift_rows(
    judge: Judge,
    thresholds: Sequence[Threshold],
    worn: Seen,
    galleries: Mapping[str, Seen],
    names: Sequence[str],
) -> Iterator[Row]:
    """Yield the rows of held-out people before ``<recognizer>:mean_shift``.

    A protection that no training people wear has none. ``shift_wearers`` is how many of them are
    behind a shift, at least; ``over`` says what has a shift of its own, a ``variant`` or a
    ``training``.

    Args:
        judge: of the recognizer as it was made.
        thresholds: its own, frozen.
        worn: what it saw of people under protections, flat.
        galleries: what it saw of the enrolled photos, by name of the gallery.
        names: plain controls and experiments.
    """
    name = f"{judge.version.name}:mean_shift"
    enrolled = {gallery: enroll(judge.version, seen) for gallery, seen in galleries.items()}
    units, logs, told = judge.version.templates(worn.features), [], []
    asked = worn.rows["role"].isin(["test", judge.threshold_role]).to_numpy()
    for protection in names:
        shared, shifts = mean_shifts(units, worn.rows, enrolled[STUDY], protection)
        for shift in shifts:
            version = Shifted(name, OPPONENT, judge.version.recognizer, shift=shift.vector)
            photos = worn.where(shift.of & asked)
            logs += _searched(version, enrolled, photos, thresholds, judge.settings.batch_size)
        if shifts:
            told.append((protection, shared, min(shift.wearers for shift in shifts)))
    if not {protection for protection, *_ in told} & set(judge.settings.plain):
        return
    opponent = replace(judge, version=replace(judge.version, name=name, role=OPPONENT))
    yield from _held_out(joined(logs), opponent)
    for protection, shared, wearers in told:
        yield _row(opponent, protection, "shift_wearers", wearers) | {"over": shared}


def mean_shifts(
    units: NDArray[np.float64], rows: pd.DataFrame, gallery: Gallery, protection: str
) -> tuple[str, list[Shift]]:
    """Return what has a shift of its own, ``variant`` or ``training``, and all shifts.

    Args:
        units: unit embeddings of people under protections, ``[N, E]``.
        rows: ``subject_id``, ``role``, ``protection``, ``variant`` and ``training`` of each.
        gallery: has the training people.
        protection: whose shifts; none if people wear something that no training person wears.
    """
    own = (rows["protection"] == protection).to_numpy()
    teaches = own & (rows["role"] == "train").to_numpy()
    people = rows[teaches].groupby("variant")["subject_id"].nunique()
    worn = rows.loc[own, "variant"].unique()
    few = people.reindex(worn, fill_value=0) < FEWEST_WEARERS
    shared = "training" if few.any() else "variant"
    shifts = []
    for value in sorted(rows.loc[own, shared].unique()):
        of = own & (rows[shared] == value).to_numpy()
        if not (of & teaches).any():
            return shared, []
        shifts.append(_shift(units, rows, gallery, of, of & teaches))
    return shared, shifts


def _shift(
    units: NDArray[np.float64],
    rows: pd.DataFrame,
    gallery: Gallery,
    of: NDArray[np.bool_],
    teaches: NDArray[np.bool_],
) -> Shift:
    subjects = rows.loc[teaches, "subject_id"].to_numpy(dtype=np.str_)
    own = gallery.templates[np.searchsorted(gallery.subject_ids, subjects)]
    people, person, photos = np.unique(subjects, return_inverse=True, return_counts=True)
    # Everybody counts once, however many photos there are.
    weights = 1 / (photos[person] * len(people))
    return Shift(of, weights @ (units[teaches] - own), len(people))


def grey_region_rows(judge: Judge, probes: Seen, galleries: Mapping[str, Seen]) -> Iterator[Row]:
    """Yield the rows of held-out people before ``<recognizer>:grey_region``, and its thresholds.

    Thresholds are chosen here, on the people on whom the recognizer's own were chosen, painted in
    the same way.

    Args:
        judge: of the recognizer as it was made.
        probes: what it saw of people in grey masks.
        galleries: what it saw of the enrolled photos with a grey region, by name of the gallery.
    """
    name = f"{judge.version.name}:{GREY_REGION}"
    version = replace(judge.version, name=name, role=OPPONENT)
    # The one plain thing that anybody wears here: nothing is compared with anything.
    settings = judge.settings.model_copy(update={"plain": (GREY,)})
    opponent = replace(judge, version=version, settings=settings)
    enrolled = {gallery: enroll(version, seen) for gallery, seen in galleries.items()}
    thresholds = _choose(version, opponent, probes, enrolled[DEV])
    asked = probes.where(probes.rows["role"].isin(["test", judge.threshold_role]).to_numpy())
    log = joined(_searched(version, enrolled, asked, thresholds, settings.batch_size))
    for row in _held_out(log, opponent):
        yield row | {"gallery_side": "protected"}
    for at in thresholds:
        value = np.nan if at.threshold is None else at.threshold
        about = {"group": "dev", "people": at.people, "trials": at.nonmated}
        row = _row(opponent, GREY, f"threshold@{at.fmr:g}", value) | about
        yield row | {"threshold_role": at.role}


def _choose(version: Version, judge: Judge, probes: Seen, gallery: Gallery) -> list[Threshold]:
    role = judge.threshold_role
    chosen = probes.where((probes.rows["role"] == role).to_numpy())
    other = (chosen.rows["protocol"] == "other_photo").to_numpy()
    chosen = chosen.where(other) if other.any() else chosen
    subjects = chosen.rows["subject_id"].to_numpy(dtype=np.str_)
    similarity = version.templates(chosen.features) @ gallery.templates.T
    found = choose_thresholds(similarity, subjects, gallery.subject_ids, judge.rates, once=False)
    people = len(gallery.subject_ids)
    return [
        Threshold(version.name, -1, fmr, threshold, nonmated, None, role, people)
        for fmr, threshold, nonmated in found
    ]


def _searched(
    version: Version,
    galleries: Mapping[str, Gallery],
    photos: Seen,
    thresholds: Sequence[Threshold],
    batch_size: int,
) -> list[Log]:
    """Look for everybody, dev people in their own gallery."""
    dev = (photos.rows["role"] == "dev").to_numpy()
    return [
        search(version, galleries[name], photos.where(keep), thresholds, batch_size)
        for name, keep in ((STUDY, ~dev), (DEV, dev))
        if keep.any()
    ]


def _held_out(log: Log, judge: Judge) -> Iterator[Row]:
    return (row for row in table_rows(log, judge) if row["group"] == "held_out")


def _row(judge: Judge, protection: str, metric: str, value: float) -> Row:
    numbers = {"value": value, "low": np.nan, "high": np.nan, "people": 0, "trials": 0}
    return (
        dict.fromkeys(COLUMNS, "")
        | numbers
        | {
            "protection": protection,
            "variant_policy": "one",
            "recognizer": judge.version.name,
            "recognizer_role": judge.version.role,
            "metric": metric,
        }
    )
