"""Verdicts: which reasons speak against a photo, on its own and beside the others of its person."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from faceveil.collection.company import add_company_reasons
from faceveil.collection.index import REASONS, SCHEMA
from faceveil.collection.layouts import Entry
from faceveil.collection.looks import PHOTOS
from faceveil.collection.placement import Placement
from faceveil.params.curate import Curate

MOST_PAIR_DIFFERENCE = 0.05
"""Median difference of a pair, as share of the value range, up to which it is the same photo."""

LEAST_REGION = 0.02
"""Share of the face box that a region must reach to be a mask at all."""

Row = dict[str, Any]


def judge(entries: Sequence[Entry], rows: Sequence[Row], params: Curate) -> pd.DataFrame:
    """Give every file of a collection a verdict and its reasons.

    Args:
        entries: the files, sorted by path.
        rows: what was measured of each, in the same order.
        params: the thresholds.

    Returns:
        The index without splits: one row per entry, with the columns of its schema.
    """
    pairs = list(zip(entries, rows, strict=True))
    reasons = [set(own_reasons(entry, row, params)) for entry, row in pairs]
    add_company_reasons(entries, reasons)
    judged = [
        _row(entry, row, params)
        | {"verdict": _verdict(entry.kind, against), "reasons": join_reasons(against)}
        for (entry, row), against in zip(pairs, reasons, strict=True)
    ]
    return pd.DataFrame(judged, columns=SCHEMA.names)


def join_reasons(reasons: set[str]) -> str:
    """Return reasons as one text, in the order of the index's list."""
    return " ".join(reason for reason in REASONS if reason in reasons)


def own_reasons(entry: Entry, row: Row, params: Curate) -> list[str]:
    """Return what speaks against a file by itself."""
    if entry.kind == "unrecognized":
        return ["unrecognized_name"]
    if row["unreadable"]:
        return [row["unreadable"]]
    if entry.kind not in PHOTOS:
        return []
    if entry.kind == "background" and "region_from" not in row and entry.worn_claim != "none":
        # A mask hides the face from the detector, and nothing says where the mask is.
        return ["no_face"] if params.crop == "face" and not row["faces"] else []
    reasons = _face_reasons(row, params)
    return reasons if entry.worn_claim == "none" else reasons + _mask_reasons(row, params)


def _face_reasons(row: Row, params: Curate) -> list[str]:
    if not row["faces"]:
        return ["no_face"]
    found = {
        "several_faces": row["faces"] > 1,
        "low_probability": row["probability"] < params.min_face_probability,
        "small_face": row["face_share"] < params.min_face_share,
        "out_of_frame": row["inside_share"] < params.min_inside_share,
        "blurred": row["sharpness"] < params.min_sharpness,
    }
    return [reason for reason, against in found.items() if against]


def _mask_reasons(row: Row, params: Curate) -> list[str]:
    if row.get("pair_difference", 0.0) > MOST_PAIR_DIFFERENCE:
        return ["not_same_photo"]
    if "region_from" not in row:
        return ["no_region"]
    if not row["faces"]:
        return []
    if not _has_mask(row):
        return ["no_mask"]
    found = {
        "unrealistic_mask": row["realism"] < params.min_realism,
        "nose_bare": row["nose_covered"] < params.min_nose_covered,
        "mouth_bare": row["mouth_covered"] < params.min_mouth_covered,
        "chin_bare": row["chin_covered"] < params.min_chin_covered,
    }
    return [reason for reason, against in found.items() if against]


def _has_mask(row: Row) -> bool:
    width, height = row["box_right"] - row["box_left"], row["box_bottom"] - row["box_top"]
    return bool(row["region_share"] >= LEAST_REGION * width * height)


def worn(entry: Entry, row: Row, params: Curate) -> str:
    """Say how the mask of a photo is worn, by what it covers; ``unknown`` if not measured."""
    if entry.kind not in PHOTOS or entry.worn_claim == "none":
        return "none"
    if "nose_covered" not in row:
        return "unknown"
    if not _has_mask(row):
        return "none"
    covered = Placement(row["nose_covered"], row["mouth_covered"], row["chin_covered"])
    return covered.worn(params.min_nose_covered, params.min_mouth_covered, params.min_chin_covered)


def _row(entry: Entry, row: Row, params: Curate) -> Row:
    """Return a row of the index, without verdict and split."""
    empty: Row = dict.fromkeys(SCHEMA.names, np.nan)
    # A name that is no text at all is still listed.
    path = entry.path.encode("utf-8", "backslashreplace").decode()
    named = {"path": path, "kind": entry.kind, "subject_id": entry.subject_id}
    named |= {"image_id": entry.image_id, "worn_claim": entry.worn_claim, "split": ""}
    measured = {"width": 0, "height": 0, "faces": 0, "faces_from": "", "region_from": ""}
    measured |= {name: value for name, value in row.items() if name != "unreadable"}
    return empty | named | measured | {"worn": worn(entry, row, params)}


def _verdict(kind: str, reasons: set[str]) -> str:
    if reasons:
        return "rejected"
    return "kept" if kind in PHOTOS else "accompanies"
