"""What is told at the terminal of a collection by person that got masks."""

import csv
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from faceveil.collection.layouts import PEOPLE, is_hidden
from faceveil.collection.remarks import remarks, shown
from faceveil.masks.person_files import MASKED, NO_FACE, NO_PHOTO, PeopleRow

NEARLY_ALL = 0.9
"""Share of all photos from which one folder of several is no likely person."""


def read_remarks(root: Path, directory: Path) -> list[str]:
    """Return lines about a collection by person, from the ``people.csv`` that it was made to."""
    with (directory / PEOPLE).open(encoding="utf-8", newline="") as file:
        return people_remarks(root, list(csv.DictReader(file)))


def people_remarks(root: Path, rows: Sequence[PeopleRow]) -> list[str]:
    """Return who is left out and why, and what of the layout may be mistaken.

    Args:
        root: the collection by person.
        rows: of people.csv.
    """
    left = [(row["original"], row["outcome"]) for row in rows]
    return [*remarks(root, left), *_nobody_left(rows), *_one_name(rows), *_one_folder(rows)]


def _nobody_left(rows: Sequence[PeopleRow]) -> list[str]:
    """Name people of whom no photo is written, and folders without a photo of a person."""
    written = {row["person"] for row in rows if row["outcome"] in (MASKED, NO_FACE)}
    gone = sorted({row["person"] for row in rows if row["person"]} - written)
    people = {_folder(row) for row in rows if row["person"]}
    others = {_folder(row) for row in rows if row["outcome"] == NO_PHOTO} - people - {""}
    folders = sorted(name for name in others if not is_hidden(PurePosixPath(name)))
    lines = [f"{len(gone)} people have no photo that can be used: {shown(gone)}"] if gone else []
    if folders:
        lines.append(
            f"{len(folders)} folders hold no photo directly (Name/photo.jpg) and are nobody: "
            f"{shown(folders)}"
        )
    return lines


def _one_name(rows: Sequence[PeopleRow]) -> list[str]:
    """Name folders that were taken for one person, since their names look the same."""
    folders: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["person"]:
            folders[row["person"]].add(_folder(row))
    return [
        f"{person}: {' and '.join(map(ascii, sorted(of)))} are one name in two Unicode forms and "
        "were taken for one person"
        for person, of in folders.items()
        if len(of) > 1
    ]


def _one_folder(rows: Sequence[PeopleRow]) -> list[str]:
    """Say what was taken for a person if one folder holds nearly all photos, as a flat one does."""
    photos = Counter(row["person"] for row in rows if row["person"])
    if not photos:
        return []
    (person, most), total = photos.most_common(1)[0], photos.total()
    if most < 2 or most < NEARLY_ALL * total:
        return []
    return [
        f"{shown([person])} was taken for one person, with {most} of {total} photos; if several "
        "people are in there, give each a folder of their own beside it (Name/photo.jpg)"
    ]


def _folder(row: PeopleRow) -> str:
    return row["original"].rpartition("/")[0].partition("/")[0]
