"""The index of a collection: one row per file with what was measured, the verdict and its reasons.

One schema object is checked on write and on read.
"""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faceveil.collection import images
from faceveil.collection.layouts import CLAIMS, KINDS, unmasked_id
from faceveil.params.errors import FaceveilError, readable
from faceveil.runtime.atomic import atomic_path
from faceveil.store.content import OF_TWO_PEOPLE, REPEATED

INDEX = "index.parquet"
"""Name of the file in the curated folder."""

LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
"""MTCNN's five points; left and right as seen in the photo."""

BOX = ("box_left", "box_top", "box_right", "box_bottom")
POINTS = tuple(f"{name}_{axis}" for name in LANDMARKS for axis in "xy")

FLAWS = (
    *images.REASONS, "unrecognized_name", "no_face", "several_faces", "low_probability",
    "small_face", "out_of_frame", "blurred", "not_same_photo", "no_region", "no_mask",
    "unrealistic_mask",
)  # fmt: skip
"""Reasons that lie in the file itself."""

REASONS = (
    *FLAWS,
    *("nose_bare", "mouth_bare", "chin_bare"),
    *("duplicate", REPEATED, OF_TWO_PEOPLE, "no_partner", "partner_rejected", "another_kept"),
)
"""Why a file is rejected: flaws, how a mask is worn, the other photos of the person."""

_TEXT = ("path", "kind", "subject_id", "image_id", "worn_claim")
_MEASURED = (
    *("probability", "face_share", "inside_share", *BOX, *POINTS),
    *("pair_difference", "region_share", "nose_covered", "mouth_covered", "chin_covered"),
    *("sharpness", "realism"),
)
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in _TEXT),
        *((name, pa.int32()) for name in ("width", "height", "faces")),
        *((name, pa.float64()) for name in _MEASURED),
        *((name, pa.string()) for name in ("faces_from", "region_from", "worn")),
        *((name, pa.string()) for name in ("verdict", "reasons", "split")),
    ]
)
"""Columns and their types. Boxes and points are shares of the photo's width and height; what was
not measured is null; ``reasons`` are joined by spaces, in the order of :data:`REASONS`."""

CLOSED = {
    "kind": KINDS,
    "worn_claim": tuple(CLAIMS.values()),
    "faces_from": ("", "own", "partner"),
    "region_from": ("", "difference", "labels"),
    "worn": ("none", "correct", "nose_mouth", "chin", "mouth_chin", "other", "unknown"),
    # Cut-outs, label images and the truth table accompany photos.
    "verdict": ("kept", "rejected", "accompanies"),
    "split": ("", "train", "test", "spare", "background"),
}
"""Columns with a closed list of values."""

SHARES = ("probability", "inside_share", "region_share", "realism",
          "nose_covered", "mouth_covered", "chin_covered")  # fmt: skip
"""Columns in [0, 1] where they are measured."""


def write_index(path: Path, index: pd.DataFrame) -> None:
    """Write the index, whole or not at all."""
    _check(path, index)
    table = pa.Table.from_pandas(index, SCHEMA, preserve_index=False)
    with atomic_path(path) as temporary:
        pq.write_table(table.replace_schema_metadata(None), temporary)


def read_index(path: Path) -> pd.DataFrame:
    """Read an index."""
    if not path.is_file():
        raise FaceveilError(f"{path}: no index here; run `dvc repro curate` first")
    with readable(path, "Parquet table", "run `dvc repro -f curate`"):
        index: pd.DataFrame = pq.read_table(path).to_pandas()
    _check(path, index)
    return index


def packed_rows(index: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of an index that a packed store holds, in its order.

    A masked photo is called after the same photo without mask, as in ``00000_Mask``, even if its
    file's name claims another way of wearing a mask than was measured.

    ``annotated`` are the masked photos, further ones too, with a cut-out, else a label image:
    column ``annotation``.
    """
    rows = index[index["split"] != ""].sort_values(["subject_id", "image_id"])
    if kind == "annotated":
        given = index[index["kind"].isin(["cutout", "labels"])]
        given = given[given["verdict"] == "accompanies"].sort_values(["kind", "path"])
        paths = given.drop_duplicates("image_id").set_index("image_id")["path"]
        masked = rows[rows["kind"].isin(["masked", "further_masked"])]
        rows = masked.assign(annotation=masked["image_id"].map(paths)).dropna(subset=["annotation"])
    else:
        rows = rows[rows["kind"] == kind]
    ids = [
        image_id if claim == "none" else f"{unmasked_id(image_id)}_Mask"
        for image_id, claim in zip(rows["image_id"], rows["worn_claim"], strict=True)
    ]
    return rows.assign(image_id=ids)


def _check(path: Path, index: pd.DataFrame) -> None:
    if list(index.columns) != SCHEMA.names:
        differing = sorted(set(index.columns) ^ set(SCHEMA.names)) or "their order"
        raise FaceveilError(f"{path}: columns differ from the index's schema: {differing}")
    if index["path"].duplicated().any():
        raise FaceveilError(f"{path}: a path occurs twice")
    for column, allowed in CLOSED.items():
        _refuse(path, column, set(index[column]) - set(allowed))
    reasons = {reason for row in index["reasons"] for reason in row.split()}
    _refuse(path, "reasons", reasons - set(REASONS))
    unexplained = (index["verdict"] == "rejected") != (index["reasons"] != "")
    if unexplained.any():
        where = index["path"][unexplained].iloc[0]
        raise FaceveilError(f"{path}: {where}: rejected without a reason, or kept against one")
    for column in SHARES:
        values = index[column].dropna()
        _refuse(path, column, set(values[(values < 0) | (values > 1)]))


def _refuse(path: Path, column: str, found: set[object]) -> None:
    if found:
        raise FaceveilError(f"{path}: column {column!r} has {sorted(found, key=str)[0]!r}")
