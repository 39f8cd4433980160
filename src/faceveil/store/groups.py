"""Which group a person belongs to, where that is known exactly: of people who were rendered.

Nothing here is guessed from a photo. A collection of real people without a truth table has no
groups, and nothing is reported by group there.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from faceveil.params.errors import FaceveilError, readable
from faceveil.runtime.atomic import atomic_path

GROUPS = "groups.csv"
"""Name of the file in the curated folder."""

ATTRIBUTES: dict[str, tuple[tuple[float, ...], tuple[str, ...]]] = {
    "skin_tone": ((1 / 3, 2 / 3), ("light", "medium", "dark")),
    "age": ((35.0, 55.0), ("few lines", "some lines", "many lines")),
    "sex_typed_shape": ((0.5,), ("female-typed", "male-typed")),
}
"""For each attribute of the truth table its bounds and the group below, between and above them.

Age in years decides how many lines a rendered face has; skin tone runs from 0 (light) to 1 (dark),
sex-typed shape from 0 to 1.
"""

COLUMNS = ("subject_id", *ATTRIBUTES)


def known_groups(truth: pd.DataFrame | None, subject_ids: Iterable[str]) -> pd.DataFrame:
    """Return the groups of people: the columns of :data:`COLUMNS`, sorted by ``subject_id``.

    Returns:
        One row per person of whom all attributes are known as numbers; none at all where the truth
        is not known.
    """
    if truth is None or not set(COLUMNS) <= set(truth.columns):
        return pd.DataFrame(columns=list(COLUMNS), dtype=str)
    people = truth.drop_duplicates("subject_id").set_index("subject_id")
    chosen = people[list(ATTRIBUTES)].apply(pd.to_numeric, errors="coerce")
    chosen = chosen.reindex(sorted(subject_ids)).dropna()
    named = {
        attribute: pd.cut(
            chosen[attribute], [-float("inf"), *bounds, float("inf")], labels=names
        ).astype(str)
        for attribute, (bounds, names) in ATTRIBUTES.items()
    }
    return pd.DataFrame(named).rename_axis("subject_id").reset_index()


def write_groups(path: Path, groups: pd.DataFrame) -> None:
    """Write who belongs to which groups as CSV."""
    with atomic_path(path) as temporary:
        groups.to_csv(temporary, index=False, lineterminator="\n")


def read_groups(path: Path) -> pd.DataFrame:
    """Read who belongs to which groups; all columns are text."""
    if not path.is_file():
        raise FaceveilError(f"{path}: no groups here; run `dvc repro curate` first")
    with readable(path, "CSV table", "run `dvc repro -f curate`"):
        groups = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(groups.columns) != list(COLUMNS) or groups["subject_id"].duplicated().any():
        raise FaceveilError(f"{path}: expected each subject_id once, with {', '.join(ATTRIBUTES)}")
    return groups
