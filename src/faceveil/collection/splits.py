"""Who is studied, who of them is held out, who is spare: by person, from a seed and ids alone."""

from pathlib import Path

import pandas as pd

from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_path
from faceveil.runtime.seeding import hash_order

STUDY = ("unmasked", "masked", "further_unmasked", "further_masked")
PEOPLE_SPLITS = ("train", "test", "spare")


def split_people(index: pd.DataFrame, params: Curate) -> pd.DataFrame:
    """Choose people with a kept pair and split them.

    The order of the choice is that of hashes of seed and id: it depends neither on the order of
    files nor on who else is there, so that adding people moves nobody from train to test.

    Returns:
        ``subject_id`` and ``split`` (train, test or spare), sorted by ``subject_id``.

    Raises:
        FaceveilError: if fewer pairs are kept than wanted.
    """
    pairs = index[index["kind"] == "unmasked"]
    kept = pairs.loc[pairs["verdict"] == "kept", "subject_id"]
    _check_enough(index, len(kept), params)
    chosen = hash_order(kept, params.seed)[: params.people + params.spare_people]
    tested = params.tested
    order = ["test"] * tested + ["train"] * (params.people - tested) + ["spare"] * len(chosen)
    splits = dict(zip(chosen, order, strict=False))
    return pd.DataFrame(sorted(splits.items()), columns=["subject_id", "split"])


def assign_splits(index: pd.DataFrame, splits: pd.DataFrame) -> pd.DataFrame:
    """Return the index with the split of every kept photo that is used; others stay empty."""
    by_subject = splits.set_index("subject_id")["split"]
    used = (index["verdict"] == "kept") & index["kind"].isin(STUDY)
    split = index["subject_id"].map(by_subject).where(used).fillna("")
    background = (index["verdict"] == "kept") & (index["kind"] == "background")
    return index.assign(split=split.mask(background, "background"))


def write_splits(path: Path, splits: pd.DataFrame) -> None:
    """Write who is in which split as CSV."""
    with atomic_path(path) as temporary:
        splits.to_csv(temporary, index=False, lineterminator="\n")


def read_splits(path: Path) -> pd.DataFrame:
    """Read who is in which split: ``subject_id``, ``split``, both text.

    Raises:
        FaceveilError: if the file is missing or holds something else.
    """
    if not path.is_file():
        raise FaceveilError(f"{path}: no splits here; run `dvc repro curate` first")
    splits = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(splits.columns) != ["subject_id", "split"] or splits["subject_id"].duplicated().any():
        raise FaceveilError(f"{path}: expected each subject_id once, with its split")
    if unknown := sorted(set(splits["split"]) - set(PEOPLE_SPLITS)):
        allowed = ", ".join(PEOPLE_SPLITS)
        raise FaceveilError(f"{path}: unknown split {unknown[0]!r}; allowed: {allowed}")
    return splits


def _check_enough(index: pd.DataFrame, kept: int, params: Curate) -> None:
    """Refuse a collection with too few kept pairs, and say what spoke against the others."""
    wanted = params.people + params.spare_people
    if kept >= wanted:
        return
    ids = {kind: set(index.loc[index["kind"] == kind, "subject_id"]) for kind in STUDY[:2]}
    reasons = index.loc[index["kind"].isin(STUDY[:2]), "reasons"].str.split().explode()
    common = ", ".join(f"{reason} {count}" for reason, count in reasons.value_counts().items())
    raise FaceveilError(
        f"params.yaml: curate.people and curate.spare_people are {wanted} together, but {kept} of "
        f"{len(ids['unmasked'] & ids['masked'])} pairs are kept; lower one or add photos"
        + (f", or relax thresholds ({common})" if common else "")
    )
