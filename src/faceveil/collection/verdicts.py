"""Verdicts: which reasons speak against a photo, on its own and beside the others of its person."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from faceveil.collection import images
from faceveil.collection.decoded import MOST_PAIR_DIFFERENCE, PHOTOS, READERS
from faceveil.collection.index import REASONS, SCHEMA
from faceveil.collection.layouts import OTHER_PICTURES, Entry
from faceveil.collection.measure import Measures
from faceveil.params.curate import Curate
from faceveil.store.content import compare

LEAST_REGION = 0.02
"""Share of the face box that a region must reach to be a mask at all."""

WORN = {
    (True, True, True): "correct",
    (True, True, False): "nose_mouth",
    (False, True, True): "mouth_chin",
    (False, False, True): "chin",
}
"""How a mask is worn, by whether it covers nose, mouth and chin; all else is ``other``."""


def judge(entries: Sequence[Entry], rows: Sequence[Measures], params: Curate) -> pd.DataFrame:
    """Give every file of a collection a verdict and its reasons.

    Returns:
        The index without splits: one row per entry, with the columns of its schema.
    """
    pairs = list(zip(entries, rows, strict=True))
    reasons = [set(own_reasons(entry, row, params)) for entry, row in pairs]
    add_company_reasons(entries, rows, reasons)
    judged = [
        _row(entry, row, params)
        | {
            "verdict": "rejected" if against else "kept" if entry.kind in PHOTOS else "accompanies",
            "reasons": " ".join(reason for reason in REASONS if reason in against),
        }
        for (entry, row), against in zip(pairs, reasons, strict=True)
    ]
    return pd.DataFrame(judged, columns=SCHEMA.names)


def own_reasons(entry: Entry, row: Measures, params: Curate) -> list[str]:
    """Return what speaks against a file by itself."""
    if entry.kind == "unrecognized":
        other = PurePosixPath(entry.path).suffix.lower() in OTHER_PICTURES
        return ["other_format" if other else "unrecognized_name"]
    if row["unreadable"]:
        return [row["unreadable"]]
    if entry.kind not in PHOTOS:
        return []
    if entry.kind == "background" and "region_from" not in row and entry.worn_claim != "none":
        # A mask hides the face from the detector, and nothing says where the mask is.
        return ["no_face"] if params.crop == "face" and not row["faces"] else []
    reasons = _face_reasons(row, params)
    return reasons if entry.worn_claim == "none" else reasons + _mask_reasons(row, params)


def _face_reasons(row: Measures, params: Curate) -> list[str]:
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


def _mask_reasons(row: Measures, params: Curate) -> list[str]:
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


def _has_mask(row: Measures) -> bool:
    width, height = row["box_right"] - row["box_left"], row["box_bottom"] - row["box_top"]
    return bool(row["region_share"] >= LEAST_REGION * width * height)


def worn(entry: Entry, row: Measures, params: Curate) -> str:
    """Say how the mask of a photo is worn, by what it covers; ``unknown`` if not measured."""
    if entry.kind not in PHOTOS or entry.worn_claim == "none":
        return "none"
    if "nose_covered" not in row:
        return "unknown"
    if not _has_mask(row):
        return "none"
    nose = row["nose_covered"] >= params.min_nose_covered
    mouth = row["mouth_covered"] >= params.min_mouth_covered
    chin = row["chin_covered"] >= params.min_chin_covered
    return WORN.get((nose, mouth, chin), "other")


def _row(entry: Entry, row: Measures, params: Curate) -> Measures:
    empty: Measures = dict.fromkeys(SCHEMA.names, np.nan)
    # A name that is no text at all is still listed.
    path = entry.path.encode("utf-8", "backslashreplace").decode()
    named = {"path": path, "kind": entry.kind, "subject_id": entry.subject_id}
    named |= {"image_id": entry.image_id, "worn_claim": entry.worn_claim, "split": ""}
    measured = {"width": 0, "height": 0, "faces": 0, "faces_from": "", "region_from": ""}
    measured |= {name: value for name, value in row.items() if name in SCHEMA.names}
    return empty | named | measured | {"worn": worn(entry, row, params)}


Reasons = Sequence[set[str]]


def add_company_reasons(
    entries: Sequence[Entry], rows: Sequence[Measures], reasons: Reasons
) -> None:
    """Add to each file's own reasons those that lie in other files.

    - ``duplicate``: another path has the same kind and name, and is used: the first that can be
      read and fits the other photo of its pair, else the first that can be read.
    - ``repeated_photo``, ``of_two_people``: a sound photo has the pixels of another one of its
      person, or of somebody else; its masked photos are left out with it.
    - ``no_partner``, ``partner_rejected``: a pair is kept or left as a whole; further photos are
      kept only of people whose pair is.
    - ``another_kept``: of several masks with nothing against them on one photo, the first is kept.
    """
    _use_one_of_each_name(entries, rows, reasons)
    for bare in (True, False):
        _use_each_photo_once(entries, rows, reasons, bare)
    people: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row, entry in enumerate(entries):
        people[entry.subject_id][entry.kind].append(row)
    for of_kind in people.values():
        kept = _add_pair_reasons(entries, reasons, of_kind)
        _keep_one_mask_each(entries, reasons, of_kind["further_masked"])
        if not kept:
            for row in of_kind["further_unmasked"] + of_kind["further_masked"]:
                reasons[row].add("partner_rejected")


def _use_one_of_each_name(
    entries: Sequence[Entry], rows: Sequence[Measures], reasons: Reasons
) -> None:
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, entry in enumerate(entries):
        if entry.kind in READERS and reasons[row].isdisjoint(images.REASONS):
            named[entry.kind, entry.image_id].append(row)
    for of_one_name in named.values():
        used = next((row for row in of_one_name if rows[row].get("fits")), of_one_name[0])
        for row in set(of_one_name) - {used}:
            reasons[row].add("duplicate")


def _use_each_photo_once(
    entries: Sequence[Entry], rows: Sequence[Measures], reasons: Reasons, bare: bool
) -> None:
    """Leave out sound photos, all bare or all masked, whose pixels another one has."""
    sound = [
        row
        for row, entry in enumerate(entries)
        if entry.kind in PHOTOS and (entry.worn_claim == "none") == bare and not reasons[row]
    ]
    # The photo that makes the pair comes first: it is enrolled.
    sound.sort(key=lambda row: (entries[row].image_id, entries[row].path))
    whose = ((entries[row].subject_id, rows[row].get("content", "")) for row in sound)
    against = {row: why for row, why in zip(sound, compare(whose), strict=True) if why}
    names = {(entries[row].subject_id, entries[row].image_id): why for row, why in against.items()}
    for row, entry in enumerate(entries):
        same = names.get((entry.subject_id, entry.partner_id)) if entry.kind in PHOTOS else None
        if why := against.get(row) or same:
            reasons[row].add(why)


def _add_pair_reasons(
    entries: Sequence[Entry], reasons: Reasons, of_kind: dict[str, list[int]]
) -> bool:
    """Judge a person's pair as a whole; return whether it is kept."""
    sound = {
        kind: [row for row in of_kind[kind] if not reasons[row]] for kind in ("unmasked", "masked")
    }
    if sound["unmasked"] and sound["masked"]:
        _keep_one_mask_each(entries, reasons, sound["masked"])
        return True
    for kind, other in (("unmasked", "masked"), ("masked", "unmasked")):
        for row in sound[kind]:
            reasons[row].add("partner_rejected" if of_kind[other] else "no_partner")
    return False


def _keep_one_mask_each(entries: Sequence[Entry], reasons: Reasons, rows: Sequence[int]) -> None:
    seen: set[str] = set()
    for row in sorted(rows, key=lambda row: entries[row].image_id):
        if reasons[row]:
            continue
        if entries[row].partner_id in seen:
            reasons[row].add("another_kept")
        seen.add(entries[row].partner_id)
