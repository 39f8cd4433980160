"""The results table: one row per number, one schema, the same as Parquet and as CSV.

Whoever shows a number reads it from here. What the columns mean is in docs/evaluation-protocol.md.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_path

NAME = "results.parquet"

SCHEMA = pa.schema(
    [
        ("protection", pa.string()),
        ("variant_policy", pa.string()),
        ("recognizer", pa.string()),
        ("recognizer_role", pa.string()),
        ("protocol", pa.string()),
        ("gallery_side", pa.string()),
        ("probe_side", pa.string()),
        ("condition", pa.string()),
        ("group", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("people", pa.int64()),
        ("trials", pa.int64()),
        ("over", pa.string()),
        ("threshold_role", pa.string()),
    ]
)

COLUMNS: tuple[str, ...] = tuple(SCHEMA.names)

NUMBERS = ("value", "low", "high", "people", "trials")

KEY: tuple[str, ...] = tuple(name for name in COLUMNS if name not in NUMBERS)
"""What tells one number from every other."""

ALLOWED: dict[str, tuple[str, ...]] = {
    "recognizer_role": ("target", "surrogate", "judge", "adapted"),
    "protocol": ("same_photo", "other_photo", ""),
    "gallery_side": ("bare", ""),
    "probe_side": ("bare", "protected", ""),
    "threshold_role": ("", "dev", "train"),
}
"""Columns that hold one of a few words."""

BOUNDS: dict[str, tuple[float, float]] = {
    r"rank_[15]|cmc@\d+|eer|check": (0, 1),
    r"(fnmr|fpir|top_victim_share|det)@[\d.e-]+": (0, 1),
    r"victims@[\d.e-]+": (0, float("inf")),
    r"similarity|threshold@[\d.e-]+": (-1, 1),
    r"lift_rank_1|lift_fnmr@[\d.e-]+": (-1, 1),
    r"diversity_pixels": (0, 1),
    r"diversity_features": (0, 2),
    r"claim@[\d.e-]+": (-2, 2),
    r"claim_p@[\d.e-]+": (0, 1),
}
"""Names of metrics as patterns, and between what a value of theirs lies."""

ROUNDING = 1e-6
"""How far sums in float32 may carry a value over its bound."""


def write_results(folder: Path, frame: pd.DataFrame) -> None:
    """Write ``results.parquet`` and ``results.csv``, each whole or not at all, rows by key.

    Args:
        folder: where to.
        frame: the columns of :data:`SCHEMA`.

    Raises:
        FaceveilError: if a row breaks a rule of the table.
    """
    check_results(frame, str(folder / NAME))
    ordered = frame.loc[:, list(COLUMNS)].sort_values(list(KEY), ignore_index=True)
    with atomic_path(folder / NAME) as temporary:
        pq.write_table(pa.Table.from_pandas(ordered, SCHEMA, preserve_index=False), temporary)
    with atomic_path(folder / "results.csv") as temporary:
        ordered.to_csv(temporary, index=False)


def read_results(folder: Path) -> pd.DataFrame:
    """Read and check the table of a folder.

    Raises:
        FaceveilError: if it is missing, is damaged, or a row breaks a rule of the table.
    """
    path = folder / NAME
    if not path.is_file():
        raise FaceveilError(f"{path}: no results; run `dvc repro evaluate` first")
    try:
        frame: pd.DataFrame = pq.read_table(path, schema=SCHEMA).to_pandas()
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())[:120]
        raise FaceveilError(
            f"{path}: not a results table ({reason}); run `dvc repro -f evaluate`"
        ) from None
    check_results(frame, str(path))
    return frame


def check_results(frame: pd.DataFrame, where: str) -> None:
    """Refuse a table with other columns, unknown words, a number twice or out of its bounds.

    Raises:
        FaceveilError: names the place, the first such row, and what is allowed.
    """
    if set(frame.columns) != set(COLUMNS):
        odd = ", ".join(sorted(set(frame.columns) ^ set(COLUMNS)))
        raise FaceveilError(f"{where}: columns differ in {odd}; allowed: {', '.join(COLUMNS)}")
    if frame.empty:
        raise FaceveilError(f"{where}: no rows; run `dvc repro -f evaluate`")
    for column in (name for name in COLUMNS if name not in NUMBERS):
        if frame[column].isna().any():
            raise FaceveilError(f"{where}: {column} is missing in a row; use an empty text")
    for column, words in ALLOWED.items():
        odd_rows = frame[~frame[column].isin(words)]
        _refuse(odd_rows, where, f"unknown {column}; allowed: {', '.join(map(repr, words))}")
    _refuse(frame[frame.duplicated(list(KEY))], where, "the same number twice")
    _check_values(frame, where)


def _check_values(frame: pd.DataFrame, where: str) -> None:
    """Refuse unknown metrics, values out of bounds, and intervals that leave their value out."""
    for metric, rows in frame.groupby("metric", sort=False):
        bounds = bounds_of(str(metric))
        if bounds is None:
            known = ", ".join(BOUNDS)
            raise FaceveilError(f"{where}: unknown metric {metric!r}; known patterns: {known}")
        low, high = bounds[0] - ROUNDING, bounds[1] + ROUNDING
        numbers = rows[["value", "low", "high"]]
        outside = ((numbers < low) | (numbers > high)).any(axis=1)
        _refuse(rows[outside], where, f"out of [{bounds[0]:g}, {bounds[1]:g}]")
        if not str(metric).startswith("threshold@"):
            _refuse(rows[~np.isfinite(rows["value"])], where, "no value; leave the row out")
    crossed = (frame["low"] > frame["value"] + ROUNDING) | (
        frame["high"] < frame["value"] - ROUNDING
    )
    _refuse(frame[crossed], where, "an interval that leaves its value out")
    _refuse(frame[frame["low"].isna() != frame["high"].isna()], where, "half an interval")
    _refuse(frame[(frame[["people", "trials"]] < 0).any(axis=1)], where, "a negative count")


def bounds_of(metric: str) -> tuple[float, float] | None:
    """Return between what a value of a metric lies, or None for an unknown name."""
    found = (bounds for name, bounds in BOUNDS.items() if re.fullmatch(name, metric))
    return next(found, None)


def _refuse(rows: pd.DataFrame, where: str, problem: str) -> None:
    """Raise about the first of some rows, if there is one."""
    if rows.empty:
        return
    row = rows.iloc[0]
    name = ", ".join(str(row[k]) for k in ("protection", "variant_policy", "recognizer"))
    raise FaceveilError(
        f"{where}: {row['metric']} of {name} ({row['protocol']}, {row['group']}) is "
        f"{row['value']:g} [{row['low']:g}, {row['high']:g}]: {problem}; mend it where it is made"
    )
