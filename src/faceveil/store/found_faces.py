"""In which worn photos detectors found a face: a row per photo, a column per detector."""

from pathlib import Path

import pandas as pd

from faceveil.params.errors import FaceveilError, readable
from faceveil.params.recognizers import DETECTORS
from faceveil.runtime.atomic import atomic_path

ABOUT = ("subject_id", "image_id", "protection", "protocol", "variant", "training", "condition")
"""Columns that say which photo it is; one of each detector says whether it found a face."""


def write_found(path: Path, found: pd.DataFrame) -> None:
    """Write what was found as Parquet, whole or not at all."""
    with atomic_path(path) as temporary:
        found.to_parquet(temporary, index=False)


def read_found(path: Path) -> pd.DataFrame:
    """Read what :func:`write_found` wrote.

    Raises:
        FaceveilError: if it is missing or something else.
    """
    if not path.is_file():
        raise FaceveilError(f"{path}: nobody looked for faces; run `dvc repro find_faces` first")
    with readable(path, "Parquet table", "run `dvc repro -f find_faces`"):
        found = pd.read_parquet(path)
    detectors = [name for name in found.columns if name not in ABOUT]
    if not set(ABOUT) <= set(found.columns) or not set(detectors) <= set(DETECTORS):
        raise FaceveilError(f"{path}: expected the columns {', '.join((*ABOUT, *DETECTORS))}")
    return found
