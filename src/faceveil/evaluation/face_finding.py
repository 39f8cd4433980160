"""Faces that detectors no longer find, as rows of the results table."""

from collections.abc import Iterator

import pandas as pd

from faceveil.evaluation.rates import rate_of
from faceveil.evaluation.results import COLUMNS, NOT_FOUND
from faceveil.evaluation.table import Row
from faceveil.evaluation.trials import DRAWN
from faceveil.params.recognizers import DETECTORS
from faceveil.store.photos import FLAT


def finding_rows(found: pd.DataFrame, confidence: float) -> Iterator[Row]:
    """Yield ``face_not_found`` of each detector: under each protection, flat and drawn."""
    drawn = found["condition"].where(found["condition"] == FLAT, DRAWN)
    found = found.assign(condition=drawn)
    for detector in (name for name in DETECTORS if name in found):
        missed = found.assign(missed=~found[detector].astype(bool))
        for key, own in missed.groupby(["protection", "protocol", "condition"], sort=False):
            rate = rate_of(own, "missed", confidence)
            words = dict(zip(("protection", "protocol", "condition"), key, strict=True))
            yield (
                dict.fromkeys(COLUMNS, "")
                | words
                | {
                    "variant_policy": "dealt" if len(own["training"].unique()) > 1 else "one",
                    "recognizer": detector,
                    "recognizer_role": "detector",
                    "probe_side": "protected",
                    "group": "held_out",
                    "metric": NOT_FOUND,
                    **vars(rate),
                }
            )
