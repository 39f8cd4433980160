"""All photos of one person: read, given masks, numbered and written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from faceveil.collection.detection import Faces, detect_faces
from faceveil.collection.images import (
    LARGEST,
    Pixels,
    UnreadableImageError,
    fit,
    read_image,
)
from faceveil.collection.measure import count_faces
from faceveil.collection.measures import looks_masked
from faceveil.collection.remarks import LOOKS_MASKED
from faceveil.masks.coordinates import worn_coordinates
from faceveil.masks.originals import PersonFolder
from faceveil.masks.placing import Face, over, put_on
from faceveil.masks.templates import Templates
from faceveil.params.errors import FaceveilError
from faceveil.params.put_on_masks import PutOnMasks
from faceveil.runtime.parallel import one_thread
from faceveil.store.coordinates import write_coordinates

FOLDERS = ("unmasked", "masked", "further", "transparent", "coordinates")

COLUMNS = ("subject_id", "person", "original", "image_id", "template", "outcome")
"""Columns of people.csv: the person's number and folder, the file relative to the root, what the
photo is called here, the mask it got, and what became of the file."""

MASKED, NO_FACE, BEYOND, NO_PHOTO = "masked", "no_face", "beyond_limit", "no_photo"
"""What may become of a file, besides the reasons why one cannot be read and those why one is not
used twice: a photo beyond ``photos_per_person`` is left out, and so is what is no photo."""

LONGEST_SIDE = 512
"""Faces are looked for at this size at most, in pixels."""

NAMED_MASKED = re.compile(r".+[-_ ]mask(ed)?", re.IGNORECASE)
"""Name, without suffix, of a photo that shows a mask: nothing is left to be noticed."""

DECIMALS = 2
"""What is kept of a landmark, in pixels: far above what rounding errors reach."""

PeopleRow = dict[str, str]


@dataclass(frozen=True)
class FoundPhoto:
    """One photo as it was looked at."""

    path: str  # relative to the root
    unreadable: str = ""  # why it gives no photo of a bare face
    face: Face | None = None  # the one that gets a mask
    alone: bool = False  # whether no other face shares the photo as its equal


def write_person(
    root: Path, directory: Path, templates: Templates, params: PutOnMasks, person: PersonFolder
) -> list[PeopleRow]:
    """Write all photos of a person, with and without mask, at :data:`LARGEST` pixels at most."""
    most = params.photos_per_person
    photos = find_faces(root, person.photos[:most], params.min_face_probability)
    names = name_photos(person.subject_id, photos)
    who, rows = {"subject_id": person.subject_id, "person": person.name}, []
    for one in photos:
        template = templates.choose(one.path) if one.face else ""
        if not one.unreadable:
            _write(root, directory, one, names[one.path], templates)
        outcome = one.unreadable or (MASKED if one.face else NO_FACE)
        named = {"image_id": names.get(one.path, ""), "template": template, "outcome": outcome}
        rows.append(who | {"original": one.path} | named)
    return rows + [left_out(person, path, BEYOND) for path in person.photos[most:]]


def left_out(person: PersonFolder, path: str, outcome: str) -> PeopleRow:
    """Return the row of a person's photo that is not written."""
    who = {"subject_id": person.subject_id, "person": person.name, "original": path}
    return dict.fromkeys(COLUMNS, "") | who | {"outcome": outcome}


def find_faces(root: Path, paths: Sequence[str], least: float) -> list[FoundPhoto]:
    """Read photos and find the largest certain face of each."""
    small: dict[str, tuple[Pixels, float]] = {}
    photos: dict[str, FoundPhoto] = {}
    for path in paths:
        try:
            photo = read_image(root / path, LARGEST)
        except UnreadableImageError as reason:
            photos[path] = FoundPhoto(path, unreadable=str(reason))
        else:
            shown = fit(photo, LONGEST_SIDE)
            small[path] = shown, photo.shape[0] / shown.shape[0]
    with one_thread():
        found = detect_faces([shown for shown, _ in small.values()])
    for (path, (_, scale)), faces in zip(small.items(), found, strict=True):
        photos[path] = FoundPhoto(path)
        if shows_mask(path, small[path][0], faces):
            photos[path] = FoundPhoto(path, unreadable=LOOKS_MASKED)
        elif len(faces) and faces.probabilities[0] >= least:
            found_at = (faces.boxes[0], faces.landmarks[0])
            face = Face(*(np.round(place * scale, DECIMALS) for place in found_at))
            photos[path] = FoundPhoto(path, face=face, alone=count_faces(faces) == 1)
    return [photos[path] for path in paths]


def shows_mask(path: str, photo: Pixels, faces: Faces) -> bool:
    """Return whether a photo is no bare face, by its name or by what it shows."""
    if NAMED_MASKED.fullmatch(PurePosixPath(path).stem):
        return True
    return bool(len(faces)) and looks_masked(photo, faces.landmarks[0])


def name_photos(subject_id: str, photos: Sequence[FoundPhoto]) -> dict[str, str]:
    """Return what each photo that can be read is called: ``NNNNN``, ``NNNNN_1`` and so on.

    Curation keeps only people whose first photo is a sound pair. It is therefore the first by name
    that gets a mask and shows nobody else of the same size, else the first that gets one, else the
    first. The others follow by name.
    """
    readable = sorted((one for one in photos if not one.unreadable), key=lambda one: one.path)
    if not readable:
        return {}
    # Of equals, max takes the first.
    first = max(readable, key=lambda one: (one.face is not None, one.alone))
    further = (one for one in readable if one is not first)
    names = {one.path: f"{subject_id}_{number}" for number, one in enumerate(further, 1)}
    return {first.path: subject_id} | names


def _write(root: Path, directory: Path, one: FoundPhoto, name: str, templates: Templates) -> None:
    try:
        photo = read_image(root / one.path, LARGEST)
    except UnreadableImageError as reason:
        raise FaceveilError(
            f"{root / one.path}: can no longer be read ({reason}); let nothing change the "
            "collection while masks are put on, and run again"
        ) from None
    bare, masked = ("further", "further") if "_" in name else ("unmasked", "masked")
    Image.fromarray(photo).save(directory / bare / f"{name}.png")
    if one.face:
        template = templates.open(templates.choose(one.path))
        cutout = put_on(photo, one.face, template)
        Image.fromarray(over(photo, cutout)).save(directory / masked / f"{name}_Mask.png")
        Image.fromarray(cutout).save(directory / "transparent" / f"{name}_Mask.png")
        coordinates = worn_coordinates(photo.shape, one.face, template)
        write_coordinates(directory / "coordinates" / f"{name}_Mask.png", coordinates)
