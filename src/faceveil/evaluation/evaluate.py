"""All stored photos before all recognizers: the one table of results."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from faceveil.evaluation.claim import judge_claim
from faceveil.evaluation.lift import best_control, gains
from faceveil.evaluation.opponents import GREY, GREY_REGION, grey_region_rows, mean_shift_rows
from faceveil.evaluation.results import COLUMNS
from faceveil.evaluation.strangers import stranger_rows
from faceveil.evaluation.table import BARE, Judge, Row, table_rows
from faceveil.evaluation.thresholds import (
    Threshold,
    choose_thresholds,
    read_thresholds,
    thresholds_of,
)
from faceveil.evaluation.trials import DRAWN, Log, Seen, enroll, joined, search
from faceveil.evaluation.versions import Heads, Version, versions_of
from faceveil.metrics.diversity import mean_pairwise_rms
from faceveil.params.errors import FaceveilError
from faceveil.params.evaluate import Evaluate
from faceveil.protection.designs.folders import OWN
from faceveil.recognition.recognizer import Recognizer
from faceveil.runtime.progress import progress
from faceveil.store.embeddings import read_embeddings
from faceveil.store.photos import FLAT, JUDGE, open_designs
from faceveil.store.protocol import DEV, STUDY, UNMASKED_PHOTOS, Roles

AT_ONCE = 1024
"""Probes compared at once where thresholds are chosen."""


@dataclass(frozen=True)
class Inputs:
    """What is evaluated.

    Attributes:
        recognizers: all of them; one that failed its check is named and not asked.
        embeddings: folder of what they saw, by name of the protection, ``bare`` for bare faces.
        protections: names, those of experiments too.
        heads: the target's.
        roles: who enrolls and who probes.
        groups: which group a person belongs to, where that is known.
    """

    recognizers: Sequence[Recognizer]
    embeddings: Path
    protections: Sequence[str]
    heads: Heads
    roles: Roles
    groups: pd.DataFrame

    def bare(self, recognizer: Recognizer, gallery: str) -> Seen:
        """Return what a recognizer saw of the enrolled photos of a gallery."""
        enrolled = self._seen(f"bare/{recognizer.name}/unmasked", recognizer)
        return enrolled.where(
            enrolled.rows["image_id"].isin(self.roles.enrolled(gallery)).to_numpy()
        )

    def bare_probes(self, recognizer: Recognizer) -> Seen:
        """Return what it saw of bare faces that probe."""
        parts = []
        for protocol, kind in UNMASKED_PHOTOS.items():
            seen = self._seen(f"bare/{recognizer.name}/{kind}", recognizer)
            words = seen.rows.assign(kind=kind, protocol=protocol, condition=FLAT)
            words = words.assign(protection=BARE, training=-1)
            words["role"] = role = self.roles.of_photos(words)
            parts.append(Seen(words, seen.features).where(role.notna().to_numpy()))
        return joined_seen(parts)

    def protected(self, recognizer: Recognizer, names: Sequence[str]) -> Seen:
        """Return what it saw of flat photos under protections, of people who probe."""
        judged = self._judged(recognizer, names)
        return judged.where((judged.rows["condition"] == FLAT).to_numpy())

    def under_conditions(self, recognizer: Recognizer, names: Sequence[str]) -> Seen:
        """Return what it saw of the photos that are not flat; all draws are one condition."""
        judged = self._judged(recognizer, names)
        judged = judged.where((judged.rows["condition"] != FLAT).to_numpy())
        condition = judged.rows["condition"]
        return Seen(
            judged.rows.assign(condition=condition.mask(condition.str.isdecimal(), DRAWN)),
            judged.features,
        )

    def _judged(self, recognizer: Recognizer, names: Sequence[str]) -> Seen:
        seen = joined_seen([self._seen(f"{one}/{recognizer.name}", recognizer) for one in names])
        role = self.roles.of_photos(seen.rows)
        judged = Seen(seen.rows.assign(role=role), seen.features)
        return judged.where((role.notna() & (judged.rows["use"] == JUDGE)).to_numpy())

    def grey_region(self, recognizer: Recognizer, gallery: str) -> Seen:
        """Return what it saw of the enrolled photos with the mask's region painted grey."""
        painted = self._seen(f"{GREY_REGION}/{recognizer.name}", recognizer)
        return painted.where(painted.rows["image_id"].isin(self.roles.enrolled(gallery)).to_numpy())

    def _seen(self, place: str, recognizer: Recognizer) -> Seen:
        table = read_embeddings(self.embeddings / place, recognizer.fingerprint)
        return Seen(table.rows, table.features)


def evaluate(inputs: Inputs, protected: Path, thresholds: Path, settings: Evaluate) -> pd.DataFrame:
    """Return the results table; ``protected`` is the folder of photos, for the designs in them.

    Raises:
        FaceveilError: if an artifact is missing, or another recognizer made it.
    """
    frozen = read_thresholds(thresholds)
    if settings.false_match_rate not in {one.fmr for one in frozen}:
        known = ", ".join(sorted({f"{one.fmr:g}" for one in frozen}))
        raise FaceveilError(
            f"params.yaml: evaluate.false_match_rate is {settings.false_match_rate:g}, but "
            f"calibrate.false_match_rates are {known}; name one of those"
        )
    designs = {name: open_designs(protected / name) for name in inputs.heads.experiments}
    rows: list[Row] = [_check_row(one) for one in inputs.recognizers]
    for recognizer in progress("evaluate", inputs.recognizers, unit="recognizer"):
        if recognizer.refusal is None:
            rows += _rows_of(recognizer, inputs, frozen, settings)
    for name, worn in designs.items():
        rows += diversity_rows(name, worn)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def calibrate(inputs: Inputs, rates: Sequence[float]) -> list[Threshold]:
    """Choose the thresholds of every version of every recognizer, on dev people."""
    found = []
    for recognizer in progress("calibrate", inputs.recognizers, unit="recognizer"):
        probes = inputs.bare_probes(recognizer)
        probes = probes.where((probes.rows["role"] == inputs.roles.choosing).to_numpy())
        other = (probes.rows["protocol"] == "other_photo").to_numpy()
        probes = probes.where(other) if other.any() else probes
        if not len(probes.rows):
            raise FaceveilError(
                "data/protocol: none of those probes on whom thresholds are chosen; raise "
                "protocol.dev_people or protocol.training_probes"
            )
        subjects = probes.rows["subject_id"].to_numpy(dtype=np.str_)
        enrolled = inputs.bare(recognizer, DEV)
        for version in (one for of in versions_of(recognizer, inputs.heads) for one in of):
            gallery = enroll(version, enrolled)
            parts = [
                version.templates(probes.features[start : start + AT_ONCE]) @ gallery.templates.T
                for start in range(0, len(subjects), AT_ONCE)
            ]
            chosen = choose_thresholds(
                np.concatenate(parts), subjects, gallery.subject_ids, rates, not other.any()
            )
            found += [
                Threshold(
                    version.name,
                    version.training,
                    fmr,
                    threshold,
                    nonmated,
                    None if threshold is not None else round(1 / fmr),
                    inputs.roles.choosing,
                    len(gallery.subject_ids),
                )
                for fmr, threshold, nonmated in chosen
            ]
    return found


def diversity_rows(
    name: str, designs: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]"
) -> list[Row]:
    """Return how different an experiment's designs, uint8 ``[K, S, S, 3]``, are as pictures."""
    if len(designs) < 2:
        return []
    value = mean_pairwise_rms(designs.reshape(len(designs), -1) / np.float32(255))
    return [row_of(protection=name, metric="diversity_pixels", value=value, trials=len(designs))]


def _rows_of(
    recognizer: Recognizer, inputs: Inputs, frozen: Sequence[Threshold], settings: Evaluate
) -> list[Row]:
    """Return all rows about a recognizer and its versions."""
    protected = inputs.protected(recognizer, inputs.protections)
    anew = inputs.under_conditions(recognizer, inputs.protections)
    probes = joined_seen([inputs.bare_probes(recognizer), protected, anew])
    galleries = {name: inputs.bare(recognizer, name) for name in (STUDY, DEV)}
    rows: list[Row] = []
    left: dict[str, pd.Series[float]] = {}
    versions = list(versions_of(recognizer, inputs.heads))
    for of_trainings in progress(f"search {recognizer.name}", versions, unit="version"):
        own = [thresholds_of(frozen, one.name, one.training, "thresholds") for one in of_trainings]
        log = joined(
            [
                _search(one, galleries, probes, at, inputs, settings)
                for one, at in zip(of_trainings, own, strict=True)
            ]
        )
        rows += [_threshold_row(at, of_trainings[0]) for at in own[0]]
        judge = Judge(of_trainings[0], settings, [at.fmr for at in own[0]],
                      inputs.roles.choosing, inputs.groups)  # fmt: skip
        rows += table_rows(log, judge)
        if of_trainings[0].name.endswith(f":{max(inputs.heads.photos, default=0)}"):
            left[of_trainings[0].learned] = _gains_left(log, of_trainings[0].learned, judge)
    rows += _claim_rows(recognizer, left, inputs, settings)
    (made,) = versions[0]
    at_rates = thresholds_of(frozen, made.name, made.training, "thresholds")
    rates = [at.fmr for at in at_rates]
    judge = Judge(made, settings, rates, inputs.roles.choosing, inputs.groups)
    return [*rows, *_opponent_rows(judge, at_rates, probes, galleries, inputs)]


def _opponent_rows(
    judge: Judge,
    own: Sequence[Threshold],
    probes: Seen,
    galleries: Mapping[str, Seen],
    inputs: Inputs,
) -> Iterator[Row]:
    """Yield rows of opponents that train nothing, and of strangers who match; flat photos alone."""
    bare = (probes.rows["protection"] == BARE).to_numpy()
    flat = probes.where(bare | (probes.rows["condition"] == FLAT).to_numpy())
    experiments = inputs.heads.experiments
    names = [*judge.settings.plain, *experiments, *(f"{one}_{OWN}" for one in experiments)]
    worn = flat.where(flat.rows["protection"].isin(names).to_numpy())
    yield from mean_shift_rows(judge, own, worn, galleries, names)
    if {GREY, GREY_REGION} <= set(inputs.protections):
        painted = {name: inputs.grey_region(judge.version.recognizer, name) for name in galleries}
        grey = flat.where((flat.rows["protection"] == GREY).to_numpy())
        yield from grey_region_rows(judge, grey, painted)
    for at in own:
        if at.fmr == judge.settings.false_match_rate and at.threshold is not None:
            yield from stranger_rows(judge, at.threshold, flat, [BARE, *names])


def _search(
    version: Version,
    galleries: Mapping[str, Seen],
    probes: Seen,
    thresholds: Sequence[Threshold],
    inputs: Inputs,
    settings: Evaluate,
) -> Log:
    """Look for all who meet this version, dev people in their own gallery."""
    meets = probes.where(_meets(version, probes.rows, inputs.roles.choosing, settings))
    if version.training >= 0:
        meets = Seen(meets.rows.assign(training=version.training), meets.features)
    dev = (meets.rows["role"] == "dev").to_numpy()
    flat = (meets.rows["condition"] == FLAT).to_numpy()
    logs = []
    # Apart, so that flat photos are compared in the same batches with and without the others.
    for name, keep in ((STUDY, flat & ~dev), (DEV, flat & dev), (STUDY, ~flat)):
        if keep.any():
            gallery, seen = enroll(version, galleries[name]), meets.where(keep)
            logs.append(search(version, gallery, seen, thresholds, settings.batch_size))
    return joined(logs)


def _meets(
    version: Version, rows: pd.DataFrame, choosing: str, settings: Evaluate
) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    """Say which photos are searched for: after a training, the designs of that training alone.

    Photos under conditions meet recognizers as they were made. Of people whose photos a version
    learned from only those are, on whom controls are chosen.
    """
    keep = np.ones(len(rows), dtype=np.bool_)
    if not version.as_made:
        keep &= (rows["condition"] == FLAT).to_numpy()
    if version.training >= 0:
        keep &= rows["training"].isin([-1, version.training]).to_numpy()
    if version.learned:
        worn = [BARE, *settings.plain, version.learned]
        keep &= rows["protection"].isin(worn).to_numpy()
        keep &= rows["role"].isin(["test", choosing]).to_numpy()
    return keep


def _gains_left(log: Log, experiment: str, judge: Judge) -> "pd.Series[float]":
    """Return what is left of each held-out person's lift, under the harder protocol."""
    recognized = f"matched@{judge.at}" if f"matched@{judge.at}" in log.trials else "hit"
    trials = log.trials
    control = best_control(trials[trials["role"] == judge.threshold_role], judge.settings.plain,
                           recognized)  # fmt: skip
    held_out = trials[trials["role"] == "test"]
    other = held_out[held_out["protocol"] == "other_photo"]
    return gains(other if len(other) else held_out, (experiment, control), recognized)


def _claim_rows(
    recognizer: Recognizer,
    left: Mapping[str, "pd.Series[float]"],
    inputs: Inputs,
    settings: Evaluate,
) -> list[Row]:
    found = judge_claim(left, inputs.heads.experiments, settings) if left else None
    if found is None:
        return []
    at = f"{settings.false_match_rate:g}"
    words = {
        "protection": found.learning,
        "over": found.fixed,
        "recognizer": f"{recognizer.name}:*:{max(inputs.heads.photos)}",
        "recognizer_role": "adapted",
        "group": "held_out",
        "people": found.people,
        "trials": found.people,
        "threshold_role": inputs.roles.choosing,
    }
    ends = {"low": found.low, "high": found.high}
    return [
        row_of(**words, metric=f"claim@{at}", value=found.value, **ends),
        row_of(**words, metric=f"claim_p@{at}", value=found.p),
    ]


def row_of(**values: object) -> Row:
    """Return a row that is about no single trial, with what is not said left empty."""
    numbers = {"value": np.nan, "low": np.nan, "high": np.nan, "people": 0, "trials": 0}
    return dict.fromkeys(COLUMNS, "") | numbers | {"variant_policy": "one"} | values


def _threshold_row(at: Threshold, version: Version) -> Row:
    return row_of(
        protection=BARE,
        recognizer=version.name,
        recognizer_role=version.role,
        group="dev",
        metric=f"threshold@{at.fmr:g}",
        value=np.nan if at.threshold is None else at.threshold,
        people=at.people,
        trials=at.nonmated,
        threshold_role=at.role,
    )


def _check_row(recognizer: Recognizer) -> Row:
    check = recognizer.card["check"]
    low, high = check["interval"]
    return row_of(
        protection=BARE,
        recognizer=recognizer.name,
        recognizer_role=recognizer.role,
        group="check",
        metric="check",
        value=check["accuracy"],
        low=low,
        high=high,
        people=check["people"],
        trials=check["pairs"],
        over=f"{check['expected']:g}",
    )


def joined_seen(parts: Sequence[Seen]) -> Seen:
    """Return the photos of several parts, one after the other."""
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    return Seen(rows, np.concatenate([part.features for part in parts]))
