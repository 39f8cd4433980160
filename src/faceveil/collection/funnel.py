"""Where the files of a collection went: counts per kind, verdict and reason, and of people."""

from collections.abc import Mapping

import pandas as pd

from faceveil.collection.decoded import PHOTOS

Tally = dict[str, int]


def count_funnel(index: pd.DataFrame) -> dict[str, Tally]:
    """Count files and people from the collection down to the splits.

    Returns:
        ``files`` by verdict, ``found`` and ``kept`` photos by kind, ``reasons`` (a file with two
        counts twice), how masks are ``worn``, and ``people`` from found to test.
    """
    photos = index[index["kind"].isin(PHOTOS)]
    kept = photos[photos["verdict"] == "kept"]
    masked = photos[(photos["worn_claim"] != "none") & (photos["kind"] != "background")]
    return {
        "files": {"found": len(index)} | _counts(index["verdict"]),
        "found": _counts(index["kind"]),
        "kept": _counts(kept["kind"]),
        "reasons": _counts(index["reasons"].str.split().explode().dropna()),
        "worn": _counts(masked["worn"]),
        "people": _people(index),
    }


def _people(index: pd.DataFrame) -> Tally:
    unmasked, masked, background = (
        index[index["kind"] == kind] for kind in ("unmasked", "masked", "background")
    )
    paired = set(unmasked["subject_id"]) & set(masked["subject_id"])
    return {
        "found": unmasked["subject_id"].nunique(),
        "paired": len(paired),
        "kept": int((unmasked["verdict"] == "kept").sum()),
        **{split: int((unmasked["split"] == split).sum()) for split in ("train", "test", "spare")},
        "background": background.loc[background["verdict"] == "kept", "subject_id"].nunique(),
    }


def _counts(values: "pd.Series[str]") -> Tally:
    return {str(value): int(count) for value, count in values.value_counts().sort_index().items()}


def flat(counts: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return nested counts by ``group/name``."""
    return {
        f"{group}/{name}": value for group, named in counts.items() for name, value in named.items()
    }
