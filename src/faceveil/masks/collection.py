"""A collection with masks put on, made of photos by person and laid out like the rendered one.

::

    unmasked/00000.png                 one photo of each person, the first that will do
    masked/00000_Mask.png              the same photo, wearing a mask
    further/00000_1.png, 00000_1_Mask.png
    transparent/00000_Mask.png, 00000_1_Mask.png
                                       each mask alone: RGBA, alpha = exact transparency
    coordinates/00000_Mask.png, 00000_1_Mask.png
                                       u, v and shading of each masked photo
    people.csv                         one row per file of the originals: who, what became of it

A photo without a face that is certain enough is written without a mask. Photos are compared by
their pixels: one that a person has twice is used once, one that two people have not at all, so that
a further photo is another photo and nobody is two people.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from faceveil.collection.images import REASONS
from faceveil.collection.layouts import PEOPLE
from faceveil.collection.remarks import LOOKS_MASKED
from faceveil.masks.originals import PersonFolder, find_originals, read_contents
from faceveil.masks.person_files import (
    BEYOND,
    COLUMNS,
    FOLDERS,
    MASKED,
    NO_FACE,
    NO_PHOTO,
    PeopleRow,
    left_out,
    write_person,
)
from faceveil.masks.remarks import people_remarks
from faceveil.masks.templates import open_templates
from faceveil.params.errors import FaceveilError
from faceveil.params.put_on_masks import PutOnMasks
from faceveil.runtime.atomic import atomic_directory, check_apart
from faceveil.runtime.changes import refuse_changes, stamps
from faceveil.runtime.parallel import map_in_order
from faceveil.store.content import OF_TWO_PEOPLE, REPEATED, compare

LEAST_PEOPLE = 8
"""People from whom on further processes are worth their start."""

LEFT_OUT = (BEYOND, REPEATED, OF_TWO_PEOPLE, LOOKS_MASKED, NO_PHOTO)

MOST_REMARKS = 2
"""What the line of a refusal says of photos that are of no use."""

MaskCounts = dict[str, dict[str, int]]


def put_masks_on(root: Path, directory: Path, params: PutOnMasks) -> MaskCounts:
    """Put masks on the photos of a collection by person; written whole or not at all.

    The same params give the same bytes for any number of workers (``FACEVEIL_WORKERS``).

    Returns:
        ``people``: ``found``, and ``masked`` with one masked photo or more. ``photos``: ``found``
        (up to the limit), and of these ``masked``, ``no_face`` and ``unreadable``. ``left_out``:
        photos ``beyond_limit``, those that are there twice (``repeated_photo``, ``of_two_people``)
        or show a mask already (``looks_masked``), and other files (``no_photo``).
    """
    check_apart(root, directory)
    originals = find_originals(root)
    before = stamps(root, originals.paths)
    templates = open_templates(params.templates, params.seed)
    with atomic_directory(directory) as folder:
        for name in FOLDERS:
            (folder / name).mkdir()
        work = partial(write_person, root, folder, templates, params)
        people, rows = leave_out_repeats(root, originals.people)
        dressed = map_in_order(work, people, "people masked", LEAST_PEOPLE)
        rows += [row for of_person in dressed for row in of_person]
        rows.sort(key=lambda row: row["subject_id"])
        other = dict.fromkeys(COLUMNS, "") | {"outcome": NO_PHOTO}
        rows += [other | {"original": path} for path in originals.others]
        counts = count(rows)
        photos = counts["photos"]
        if not photos[MASKED]:
            advice = "look at the photos, or lower put_on_masks.min_face_probability in params.yaml"
            raise FaceveilError(
                f"{root}: no face to put a mask on in {photos['found']} photos, "
                f"{photos['unreadable']} of which cannot be read; "
                + "; ".join(people_remarks(root, rows)[:MOST_REMARKS] or [advice])
            )
        _write_people(folder / PEOPLE, rows)
        refuse_changes(root, before, stamps(root, find_originals(root).paths))
    return counts


def leave_out_repeats(
    root: Path, people: Sequence[PersonFolder]
) -> tuple[list[PersonFolder], list[PeopleRow]]:
    """Return people with photos that are nowhere else, and the rows of the others."""
    read = map_in_order(partial(read_contents, root), people, "photos compared", LEAST_PEOPLE)
    photos = [(person, path) for person in people for path in person.photos]
    contents = [content for of_person in read for content in of_person]
    whose = [person.subject_id for person, _ in photos]
    against = compare(zip(whose, contents, strict=True))
    used = {path for (_, path), why in zip(photos, against, strict=True) if not why}
    rows = [left_out(*of, why) for of, why in zip(photos, against, strict=True) if why]
    kept = (replace(one, photos=tuple(p for p in one.photos if p in used)) for one in people)
    return [one for one in kept if one.photos], rows


def count(rows: Sequence[PeopleRow]) -> MaskCounts:
    """Count people and files by what became of them, as :func:`put_masks_on` returns it."""
    outcomes = Counter(row["outcome"] for row in rows)
    photos = {
        MASKED: outcomes[MASKED],
        NO_FACE: outcomes[NO_FACE],
        "unreadable": sum(outcomes[reason] for reason in REASONS),
    }
    people = {row["subject_id"] for row in rows if row["subject_id"]}
    masked = {row["subject_id"] for row in rows if row["outcome"] == MASKED}
    return {
        "people": {"found": len(people), "masked": len(masked)},
        "photos": {"found": sum(photos.values())} | photos,
        "left_out": {outcome: outcomes[outcome] for outcome in LEFT_OUT},
    }


def _write_people(path: Path, rows: Iterable[PeopleRow]) -> None:
    """Write people.csv; a name that is no text at all is still listed."""
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
