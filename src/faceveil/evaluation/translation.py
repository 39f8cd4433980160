"""What masks that networks put on, and took off, are worth: rows of the one table of results.

A recognizer that takes masks off before it looks is named after both, as ``sface:paired``, and its
role is ``reversed``: what it finds is what unmasking is worth as an attack.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from faceveil.evaluation.evaluate import joined_seen, row_of
from faceveil.evaluation.face_finding import finding_rows
from faceveil.evaluation.rates import Rate
from faceveil.evaluation.results import COLUMNS
from faceveil.evaluation.table import BARE, Judge, Row, table_rows
from faceveil.evaluation.thresholds import Threshold, thresholds_of
from faceveil.evaluation.translation_distances import (
    SeenByInception,
    SeenByTarget,
    distance_rows,
)
from faceveil.evaluation.translations import Translations, same_faces, same_worn
from faceveil.evaluation.trials import Log, Seen, enroll, search
from faceveil.evaluation.versions import Version
from faceveil.metrics.intervals import bootstrap_interval
from faceveil.metrics.photo_difference import colour_error, psnr, ssim
from faceveil.params.evaluate import Evaluate
from faceveil.params.unmasking import PLAIN, EvaluateTranslation
from faceveil.protection.translation.translate import matched
from faceveil.recognition.recognizer import Recognizer
from faceveil.store.found_faces import read_found
from faceveil.store.photos import open_photos
from faceveil.store.protocol import MASKED_PHOTOS, STUDY, UNMASKED_PHOTOS
from faceveil.store.translated import BACK, PUT_ON, TAKE_OFF

REVERSED = "reversed"
"""Role of a recognizer that takes masks off first."""

OPAQUE = 128
"""From this transparency on, of 255, a pixel is the mask's."""

MEASURES: Mapping[str, Callable[..., NDArray[np.float64]]] = {
    "ssim": ssim,
    "psnr": psnr,
    "delta_e": colour_error,
}
SIDES = ("inside", "outside")

KEPT = r"rank_1|similarity|(fnmr|fpir)@.*|lift_.*"
"""Metrics of who is found; the main pipeline's table has the others of what is worn."""

RESAMPLES = 2000
"""Draws of people behind the interval of a share of shares."""


def evaluate_translation(
    inputs: Translations,
    thresholds: Sequence[Threshold],
    main: Evaluate,
    settings: EvaluateTranslation,
) -> pd.DataFrame:
    """Return all rows.

    Args:
        inputs: what is measured.
        thresholds: the main pipeline's, frozen on dev people.
        main: its section ``evaluate``.
        settings: how distances are measured.
    """
    judged = main.model_copy(update={"plain": (PLAIN,)})
    rows: list[Row] = []
    for recognizer in inputs.main.recognizers:
        if recognizer.refusal is not None:
            continue
        rows += _identity_rows(inputs, recognizer, thresholds, judged)
        if recognizer.role == "target":
            rows += distance_rows(inputs, SeenByTarget(inputs, recognizer), settings)
    if settings.inception:
        seen = SeenByInception(inputs, Path(settings.inception))
        rows += distance_rows(inputs, seen, settings)
    for name in inputs.names:
        rows += _finding_rows(inputs, name, settings)
        rows += difference_rows(inputs, name, settings)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _identity_rows(
    inputs: Translations,
    recognizer: Recognizer,
    thresholds: Sequence[Threshold],
    settings: Evaluate,
) -> Iterator[Row]:
    """Yield who is found in translated photos: with masks taken off, and with masks put on."""
    main = inputs.main
    frozen = thresholds_of(thresholds, recognizer.name, -1, "thresholds")
    made = Version(recognizer.name, recognizer.role, recognizer)
    gallery = main.bare(recognizer, STUDY)

    def found(version: Version, parts: Sequence[Seen]) -> Log:
        probes = joined_seen(parts)
        return search(version, enroll(version, gallery), probes, frozen, settings.batch_size)

    def judge(version: Version) -> Judge:
        # All is compared with plain masks: among one control nothing is chosen on anybody.
        return Judge(version, settings, [at.fmr for at in frozen], "test", pd.DataFrame())

    for name in inputs.names:
        unmasked = inputs.seen(recognizer, name, inputs.protections)
        worn = same_worn(unmasked.rows)(main.protected(recognizer, inputs.protections))
        bare = same_faces(unmasked.rows)(main.bare_probes(recognizer))
        bare = Seen(bare.rows.assign(variant=0), bare.features)
        before = found(made, [worn, inputs.seen(recognizer, name, [PUT_ON]), bare])
        reversing = Version(f"{recognizer.name}:{name}", REVERSED, recognizer)
        after = found(reversing, [unmasked, inputs.seen(recognizer, name, [BACK])])
        own = f"{PUT_ON}_{name}"
        wanted = {own, BARE, *inputs.protections} if name == inputs.names[0] else {own}
        for row in [*table_rows(before, judge(made)), *table_rows(after, judge(reversing))]:
            reversed_ = row["recognizer_role"] == REVERSED
            if re.fullmatch(KEPT, row["metric"]) and (reversed_ or row["protection"] in wanted):
                chosen = main.roles.choosing if row["threshold_role"] else ""
                yield row | {"threshold_role": chosen}
        yield from recovered_rows(before.trials, after.trials, judge(reversing))


def _finding_rows(inputs: Translations, name: str, settings: EvaluateTranslation) -> Iterator[Row]:
    """Yield in how many translated photos a detector finds no face."""
    for row in finding_rows(read_found(inputs.found / f"{name}.parquet"), settings.confidence):
        protection = row["protection"]
        own = f"{TAKE_OFF}_{name}" if protection == PLAIN else protection
        yield row | {"protection": own, "probe_side": "translated"}


def recovered_rows(before: pd.DataFrame, after: pd.DataFrame, judge: Judge) -> Iterator[Row]:
    """Yield what share of the identifications that a plain mask took, unmasking gives back."""
    settings = judge.settings
    for protocol, unmasked in after[after["protection"] == PLAIN].groupby("protocol"):
        of = before[before["protocol"] == protocol]
        clear, worn, given = (
            _hits(of, BARE),
            _hits(of, PLAIN),
            _hits(unmasked, PLAIN),
        )
        if not clear.index.equals(given.index) or float((clear - worn).mean()) <= 0:
            continue
        value = float((given - worn).mean() / (clear - worn).mean())
        draw = np.random.default_rng(settings.seed)
        people = draw.integers(len(given), size=(RESAMPLES, len(given)))
        gained, lost = ((one - worn).to_numpy()[people].mean(1) for one in (given, clear))
        tail = (1 - settings.confidence) / 2
        # A draw of people from whom masks took nothing says nothing.
        low, high = np.nanquantile(gained / np.where(lost > 0, lost, np.nan), [tail, 1 - tail])
        held_out = int((unmasked["role"] == "test").sum())
        ends = min(float(low), value), max(float(high), value)
        rate = Rate(value, *ends, len(given), held_out)
        yield row_of(
            protection=PLAIN,
            recognizer=judge.version.name,
            recognizer_role=REVERSED,
            protocol=str(protocol),
            gallery_side="bare",
            probe_side="protected",
            group="held_out",
            metric="recovered_rank_1",
            over=BARE,
            **vars(rate),
        )


def _hits(trials: pd.DataFrame, protection: str) -> "pd.Series[float]":
    """Return how often each held-out person is found at rank 1 under a protection."""
    own = trials[(trials["protection"] == protection) & (trials["role"] == "test")]
    return own.groupby("subject_id")["hit"].mean().astype(float)


def difference_rows(
    inputs: Translations, name: str, settings: EvaluateTranslation
) -> Iterator[Row]:
    """Yield how far translated photos are from the true ones, where the mask is and elsewhere."""
    for store, kinds, protection in (
        (PUT_ON, MASKED_PHOTOS, f"{PUT_ON}_{name}"),
        (PLAIN, UNMASKED_PHOTOS, f"{TAKE_OFF}_{name}"),
    ):
        made = open_photos(inputs.photos / name / store)
        for protocol, of in made.rows[made.rows["role"] == "test"].groupby("protocol"):
            rows = of.index.to_numpy()
            truth = matched(inputs.sources.faces(kinds[str(protocol)]), of)
            masks = matched(inputs.sources.faces(MASKED_PHOTOS[str(protocol)]), of)
            assert masks.transparency is not None
            inside = np.asarray(masks.transparency) >= OPAQUE
            pixels = np.asarray(made.pixels[rows]), np.asarray(truth.pixels)
            for side, region in zip(SIDES, (inside, ~inside), strict=True):
                for measure, function in MEASURES.items():
                    yield row_of(
                        protection=protection,
                        protocol=str(protocol),
                        probe_side="translated",
                        group="held_out",
                        metric=f"{measure}_{side}",
                        **_mean(function(*pixels, region), of["subject_id"], settings),
                    )


def _mean(
    values: NDArray[np.float64], subject_ids: "pd.Series[str]", settings: EvaluateTranslation
) -> dict[str, float | int]:
    """Return a mean over photos, with its interval over people."""
    there = np.isfinite(values)
    people = subject_ids.to_numpy()[there]
    interval = bootstrap_interval(
        values[there], people, settings.confidence, resamples=settings.resamples, seed=settings.seed
    )
    mean = float(values[there].mean())
    low, high = min(interval.low, mean), max(interval.high, mean)
    about = {"people": len(set(people)), "trials": int(there.sum())}
    return {"value": mean, "low": low, "high": high, **about}
