"""Curation from end to end: a root of photos in, an index and packed faces out."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from faceveil.collection.funnel import count_funnel
from faceveil.collection.index import INDEX, read_index, write_index
from faceveil.collection.layouts import Entry, find_images
from faceveil.collection.measure import Measures, measure_people
from faceveil.collection.packing import pack_collection
from faceveil.collection.packing_coordinates import pack_coordinates
from faceveil.collection.score import read_truth, score_against_truth
from faceveil.collection.verdicts import judge
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_directory, check_apart
from faceveil.runtime.changes import refuse_changes, stamps
from faceveil.runtime.ranks import Ranks
from faceveil.runtime.seeding import hash_order
from faceveil.runtime.shards import ALONE, Load, check_start, make_parts, scratch
from faceveil.store.groups import GROUPS, known_groups, write_groups

CHUNK = 48
"""Files, or a little more, that a process measures at a time; people are never divided."""

LEAST_CHUNKS = 4
"""Chunks from which on further processes are worth their start."""


def curate_collection(
    root: Path, directory: Path, params: Curate, ranks: Ranks = ALONE
) -> dict[str, Any]:
    """Curate a collection into a folder, whole or not at all.

    Returns:
        The counts of the funnel and, for a rendered collection, the ``score`` against its truth;
        nothing for all ranks but the first.
    """
    check_apart(root, directory)
    check_start(directory)
    found = find_images(root)
    # Coordinates go with their photo and say nothing about it: they have no row of their own.
    entries = [entry for entry in found if entry.kind != "coordinates"]
    check_pairs(root, entries)
    before = stamps(root, [entry.path for entry in found])
    truth = read_truth(root)
    with scratch("curate", {"files": before}, ranks) as unfinished:
        rows = measure_collection(root, entries, unfinished, ranks)
        if ranks.rank:
            return {}
        with atomic_directory(directory) as folder:
            counts = _write(root, folder, judge(entries, rows, params), params, truth)
            pack_coordinates(root, found, read_index(folder / INDEX), folder)
            after = stamps(root, [entry.path for entry in find_images(root)])
            refuse_changes(root, before, after)
    return counts


def check_pairs(root: Path, entries: Sequence[Entry]) -> None:
    """Refuse a collection in which nobody has photos without and with mask, by their names."""
    ids = {kind: {e.subject_id for e in entries if e.kind == kind} for kind in STUDY[:2]}
    if ids["unmasked"] & ids["masked"]:
        return
    by_person = "; photos of people without mask get one from the stage put_on_masks (docs/data.md)"
    raise FaceveilError(
        f"{root}: no pairs: {len(ids['unmasked'])} unmasked people (00000.png) and "
        f"{len(ids['masked'])} masked ones (00000_Mask.jpg) have no number in common"
        + ("" if ids["masked"] else by_person)
    )


def measure_collection(
    root: Path, entries: Sequence[Entry], folder: Path, ranks: Ranks = ALONE
) -> list[Measures]:
    """Measure every file of a collection, in chunks of people.

    Returns:
        One row per file, in the order of the entries; nothing for all ranks but the first.
    """
    chunks = list(people_in_chunks(entries))
    load = Load("photos measured", LEAST_CHUNKS, suffix=".json")
    parts = make_parts(partial(_measure, root), chunks, folder, load, ranks)
    if ranks.rank:
        return []
    rows: dict[str, Measures] = {}
    for chunk, part in zip(chunks, parts, strict=True):
        found = json.loads(part.read_text())
        rows |= {entry.path: row for entry, row in zip(chunk, found, strict=True)}
    return [rows[entry.path] for entry in entries]


def people_in_chunks(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Divide files so that all of a person stay together, whatever their order."""
    chunk: list[Entry] = []
    ordered = sorted(entries, key=lambda entry: (entry.subject_id, entry.path))
    for _, person in groupby(ordered, key=lambda entry: entry.subject_id):
        chunk += person
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _measure(root: Path, chunk: Sequence[Entry], path: Path) -> None:
    path.write_text(json.dumps(measure_people(root, chunk)))


def _write(
    root: Path, folder: Path, index: pd.DataFrame, params: Curate, truth: pd.DataFrame | None
) -> dict[str, Any]:
    splits = split_people(index, params)
    index = assign_splits(index, splits)
    write_index(folder / INDEX, index)
    write_groups(folder / GROUPS, known_groups(truth, splits["subject_id"]))
    pack_collection(root, index, folder, params)
    scored = {} if truth is None else {"score": score_against_truth(index, truth)}
    return {**count_funnel(index), **scored}


STUDY = ("unmasked", "masked", "further_unmasked", "further_masked")


def split_people(index: pd.DataFrame, params: Curate) -> pd.DataFrame:
    """Choose people with a kept pair and split them.

    The order of the choice is that of hashes of seed and id: it depends neither on the order of
    files nor on who else is there, so that adding people moves nobody from train to test.

    Returns:
        ``subject_id`` and ``split`` (train, test or spare), sorted by ``subject_id``.
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


def _check_enough(index: pd.DataFrame, kept: int, params: Curate) -> None:
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
