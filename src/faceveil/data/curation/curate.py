"""Curation from end to end: a root of photos in, an index, packed faces and splits out."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd

from faceveil.data.atomic import atomic_directory
from faceveil.data.curation.funnel import count_funnel
from faceveil.data.curation.groups import GROUPS, known_groups, write_groups
from faceveil.data.curation.index import INDEX, write_index
from faceveil.data.curation.measure import measure_people
from faceveil.data.curation.packing import pack_collection
from faceveil.data.curation.score import read_truth, score_against_truth
from faceveil.data.curation.splits import assign_splits, split_people, write_splits
from faceveil.data.curation.verdicts import judge
from faceveil.data.layouts import Entry, find_images
from faceveil.data.parallel import map_in_order
from faceveil.params.curate import Curate
from faceveil.params.errors import FaceveilError

CHUNK = 48
"""Files, or a little more, that a process measures at a time; people are never divided."""

LEAST_CHUNKS = 4
"""Chunks from which on further processes are worth their start."""

SPLITS = "splits.csv"


def curate_collection(root: Path, directory: Path, params: Curate) -> dict[str, Any]:
    """Curate a collection into a folder, whole or not at all.

    Args:
        root: folder of the collection; only read.
        directory: folder to write: ``index.parquet``, ``splits.csv``, ``groups.csv`` and one folder
            of packed faces per kind.
        params: thresholds, and how people are chosen and split.

    Returns:
        The counts of the funnel and, for a rendered collection, the ``score`` against its truth.

    Raises:
        FaceveilError: if the root is missing, has no pairs or too few, or the folder is in it.
    """
    _check_apart(root, directory)
    index = judge_collection(root, params)
    splits = split_people(index, params)
    index = assign_splits(index, splits)
    with atomic_directory(directory) as folder:
        write_index(folder / INDEX, index)
        write_splits(folder / SPLITS, splits)
        write_groups(folder / GROUPS, known_groups(root, splits["subject_id"]))
        pack_collection(root, index, folder, params.image_size)
    truth = read_truth(root)
    scored = {} if truth is None else {"score": score_against_truth(index, truth)}
    return {**count_funnel(index), **scored}


def judge_collection(root: Path, params: Curate) -> pd.DataFrame:
    """Measure and judge every file of a collection.

    Returns:
        The index, one row per file sorted by path, without splits.

    Raises:
        FaceveilError: if the root is missing.
    """
    entries = find_images(root)
    chunks = list(people_in_chunks(entries))
    rows: dict[str, dict[str, Any]] = {}
    work = partial(measure_people, root)
    measured = map_in_order(work, chunks, "photos measured", LEAST_CHUNKS)
    for chunk, found in zip(chunks, measured, strict=True):
        rows |= {entry.path: row for entry, row in zip(chunk, found, strict=True)}
    return judge(entries, [rows[entry.path] for entry in entries], params)


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


def _check_apart(root: Path, directory: Path) -> None:
    """Refuse to write into the collection, or to replace a folder that holds it."""
    source, target = root.resolve(), directory.resolve()
    if source == target or source in target.parents or target in source.parents:
        raise FaceveilError(f"{directory}: would be written into or over {root}; name another one")
