"""The one table of results: a row per number, with its protocol, people, trials and interval.

Whoever shows a number reads it here. docs/evaluation-protocol.md explains columns and metrics.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faceveil.params.errors import FaceveilError, readable
from faceveil.runtime.atomic import atomic_path

NAME = "results"
"""Name of the two files, ``.parquet`` and ``.csv``."""

WORST = "worst tenth"
"""Value of ``variant_policy``: those designs alone in which most held-out people are named."""

WORDS = (
    "protection",
    "variant_policy",
    "recognizer",
    "recognizer_role",
    "protocol",
    "gallery_side",
    "probe_side",
    "condition",
    "group",
    "metric",
)
SCHEMA = pa.schema(
    [
        *(pa.field(name, pa.string(), nullable=False) for name in WORDS),
        *(pa.field(name, pa.float64()) for name in ("value", "low", "high")),
        *(pa.field(name, pa.int64(), nullable=False) for name in ("people", "trials")),
        *(pa.field(name, pa.string(), nullable=False) for name in ("over", "threshold_role")),
    ]
)
COLUMNS = tuple(SCHEMA.names)

NOT_FOUND = "face_not_found"
"""Metric: share of worn photos in which a detector finds no face."""

RATE = r"\d[\d.e+-]*"
BOUNDS = {
    rf"rank_[15]|check|eer|{NOT_FOUND}": (0, 1),
    rf"(fnmr|fpir|top_victim_share|strangers|det|claim_p)@{RATE}": (0, 1),
    r"cmc@\d+": (0, 1),
    r"lift_rank_1": (-1, 1),
    rf"lift_fnmr@{RATE}": (-1, 1),
    r"similarity": (-1, 1),
    rf"threshold@{RATE}": (-1, 1.0001),  # the first step that nothing reaches
    rf"claim@{RATE}": (-2, 2),
    rf"victims@{RATE}|shift_wearers|diversity_(pixels|features)": (0, np.inf),
    r"ssim_(inside|outside)": (-1, 1),
    r"(psnr|delta_e)_(inside|outside)|fd_recognizer|fid": (0, np.inf),
    r"kd_recognizer|kid|recovered_rank_1": (-np.inf, np.inf),
}
"""Every metric there is, as a pattern, and the least and greatest value that it can have."""


def write_results(folder: Path, table: pd.DataFrame) -> None:
    """Write the table as Parquet and as CSV, each whole or not at all.

    Raises:
        FaceveilError: if a row is no row of the table.
    """
    place = folder / f"{NAME}.parquet"
    _check(place, table)
    stored = pa.Table.from_pandas(table[list(COLUMNS)], SCHEMA, preserve_index=False)
    with atomic_path(place) as temporary:
        pq.write_table(stored.replace_schema_metadata(None), temporary)
    with atomic_path(folder / f"{NAME}.csv") as temporary:
        table[list(COLUMNS)].to_csv(temporary, index=False, lineterminator="\n")


def read_results(folder: Path) -> pd.DataFrame:
    """Read the table.

    Raises:
        FaceveilError: if it is missing, or something else.
    """
    place = folder / f"{NAME}.parquet"
    if not place.is_file():
        raise FaceveilError(f"{place}: no results here; run `dvc repro evaluate` first")
    with readable(place, "Parquet table", "run `dvc repro -f evaluate`"):
        frame: pd.DataFrame = pq.read_table(place).to_pandas()
    if list(frame.columns) != SCHEMA.names:
        raise FaceveilError(f"{place}: expected the columns {', '.join(COLUMNS)}")
    _check(place, frame)
    return frame


def _check(place: Path, table: pd.DataFrame) -> None:
    """Refuse an unknown metric, a value beyond its bounds, ends on the wrong side, a row twice."""
    for metric, of_metric in table.groupby("metric"):
        known = [ends for pattern, ends in BOUNDS.items() if re.fullmatch(pattern, str(metric))]
        if not known:
            raise FaceveilError(f"{place}: no metric {metric!r}; there are {', '.join(BOUNDS)}")
        least, most = known[0]
        values = of_metric[["value", "low", "high"]].to_numpy(dtype=np.float64)
        if (values < least - 1e-9).any() or (values > most + 1e-9).any():
            raise FaceveilError(f"{place}: a value of {metric} is not in [{least}, {most}]")
    ends = table.dropna(subset=["value", "low", "high"])
    wrong = (ends["low"] > ends["value"] + 1e-9) | (ends["value"] > ends["high"] + 1e-9)
    twice = table.duplicated([*WORDS, "over"])
    for odd, what in (
        (ends[wrong], "a value beyond its ends"),
        (table[twice], "a row twice"),
    ):
        if len(odd):
            row = odd.iloc[0]
            raise FaceveilError(
                f"{place}: {what}: {row['metric']} of {row['protection']!r} before "
                f"{row['recognizer']!r} ({row['protocol']}, {row['group']})"
            )
