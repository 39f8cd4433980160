"""Curation from end to end: a root of photos in, an index, packed faces and splits out."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from faceveil.collection.funnel import count_funnel
from faceveil.collection.index import INDEX, write_index
from faceveil.collection.layouts import Entry, find_images
from faceveil.collection.measure import Row, measure_people
from faceveil.collection.packing import pack_collection
from faceveil.collection.score import read_truth, score_against_truth
from faceveil.collection.splits import STUDY, assign_splits, split_people, write_splits
from faceveil.collection.verdicts import judge
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.changes import refuse_changes, stamps
from faceveil.runtime.shards import ALONE, Load, Ranks, check_start, make_parts, scratch
from faceveil.store.groups import GROUPS, known_groups, write_groups

CHUNK = 48
"""Files, or a little more, that a process measures at a time; people are never divided."""

LEAST_CHUNKS = 4
"""Chunks from which on further processes are worth their start."""

SPLITS = "splits.csv"


def curate_collection(
    root: Path, directory: Path, params: Curate, ranks: Ranks = ALONE
) -> dict[str, Any]:
    """Curate a collection into a folder, whole or not at all.

    Args:
        root: folder of the collection; only read.
        directory: folder to write: ``index.parquet``, ``splits.csv``, ``groups.csv`` and one folder
            of packed faces per kind.
        params: thresholds, and how people are chosen and split.
        ranks: processes that share the measuring; the first one does the rest.

    Returns:
        The counts of the funnel and, for a rendered collection, the ``score`` against its truth;
        nothing for all ranks but the first.

    Raises:
        FaceveilError: if the root is missing, has no pairs or too few or a broken truth table, or
            the folder is in it, or a file changes meanwhile.
    """
    _check_apart(root, directory)
    check_start(directory)
    entries = find_images(root)
    check_pairs(root, entries)
    before = stamps(root, [entry.path for entry in entries])
    truth = read_truth(root)
    with scratch("curate", {"files": before}, ranks) as unfinished:
        rows = measure_collection(root, entries, unfinished, ranks)
        if ranks.rank:
            return {}
        with atomic_directory(directory) as folder:
            counts = _write(root, folder, judge(entries, rows, params), params, truth)
            after = stamps(root, [entry.path for entry in find_images(root)])
            refuse_changes(root, before, after)
    return counts


def check_pairs(root: Path, entries: Sequence[Entry]) -> None:
    """Refuse a collection in which nobody has photos without and with mask, by their names.

    Raises:
        FaceveilError: if so; says how photos of people who wear no mask get one.
    """
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
) -> list[Row]:
    """Measure every file of a collection, in chunks of people.

    Args:
        root: folder of the collection.
        entries: its files.
        folder: where the measures of finished chunks are kept.
        ranks: processes that share the chunks.

    Returns:
        One row per file, in the order of the entries; nothing for all ranks but the first.
    """
    chunks = list(people_in_chunks(entries))
    load = Load("photos measured", LEAST_CHUNKS, suffix=".json")
    parts = make_parts(partial(_measure, root), chunks, folder, load, ranks)
    if ranks.rank:
        return []
    rows: dict[str, Row] = {}
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
    """Write the measures of a chunk; numbers come back from JSON to the last bit."""
    path.write_text(json.dumps(measure_people(root, chunk)))


def _write(
    root: Path, folder: Path, index: pd.DataFrame, params: Curate, truth: pd.DataFrame | None
) -> dict[str, Any]:
    """Write all outputs of a judged collection; return what is counted of it."""
    splits = split_people(index, params)
    index = assign_splits(index, splits)
    write_index(folder / INDEX, index)
    write_splits(folder / SPLITS, splits)
    write_groups(folder / GROUPS, known_groups(truth, splits["subject_id"]))
    pack_collection(root, index, folder, params)
    scored = {} if truth is None else {"score": score_against_truth(index, truth)}
    return {**count_funnel(index), **scored}


def _check_apart(root: Path, directory: Path) -> None:
    """Refuse to write into the collection, or to replace a folder that holds it."""
    source, target = root.resolve(), directory.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise FaceveilError(f"{directory}: would be written into or over {root}; name another one")
