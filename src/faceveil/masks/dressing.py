"""All photos of one person: read, given masks, numbered and written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from faceveil.collection.detection import Faces, detect_faces
from faceveil.collection.images import UnreadableImageError, fit, read_image
from faceveil.collection.measure import count_faces
from faceveil.masks.originals import Person
from faceveil.masks.placing import Face, Pixels, put_on
from faceveil.masks.wardrobe import Wardrobe
from faceveil.params.errors import FaceveilError
from faceveil.params.put_on_masks import PutOnMasks
from faceveil.runtime.parallel import one_thread

FOLDERS = ("unmasked", "masked", "further", "transparent")

COLUMNS = ("subject_id", "person", "original", "image_id", "template", "outcome")
"""Columns of people.csv: the person's number and folder, the file relative to the root, what the
photo is called here, the mask it got, and what became of the file."""

MASKED, NO_FACE, BEYOND, NO_PHOTO = "masked", "no_face", "beyond_limit", "no_photo"
"""What may become of a file, besides the reasons why one cannot be read: a photo beyond
``photos_per_person`` is left out, and so is what is no photo of a person."""

LONGEST_SIDE = 512
"""Faces are looked for at this size at most, in pixels."""

DECIMALS = 2
"""What is kept of a landmark, in pixels: far above what rounding errors reach."""

Row = dict[str, str]


@dataclass(frozen=True)
class Shot:
    """One photo as it was looked at.

    Attributes:
        path: relative to the root.
        unreadable: why it gives no photo, or an empty text.
        face: the face that gets a mask, if there is one.
        alone: whether no other face shares the photo as its equal.
    """

    path: str
    unreadable: str = ""
    face: Face | None = None
    alone: bool = False


def dress(
    root: Path, directory: Path, wardrobe: Wardrobe, params: PutOnMasks, person: Person
) -> list[Row]:
    """Write all photos of a person, with and without mask.

    Args:
        root: folder of the originals; only read.
        directory: folder with :data:`FOLDERS` to write into.
        wardrobe: the masks.
        params: how many photos, and how certain a face must be.
        person: who.

    Returns:
        A row of people.csv for every file of the person.

    Raises:
        FaceveilError: if a photo changes while it is worked on.
    """
    most = params.photos_per_person
    shots = look_at(root, person.photos[:most], params.min_face_probability)
    names = name_photos(person.subject_id, shots)
    rows = []
    for shot in shots:
        template = wardrobe.choose(shot.path) if shot.face else ""
        if not shot.unreadable:
            _write(root, directory, shot, names[shot.path], wardrobe)
        outcome = shot.unreadable or (MASKED if shot.face else NO_FACE)
        rows.append(_row(person, shot.path, names.get(shot.path, ""), template, outcome))
    return rows + [_row(person, path, "", "", BEYOND) for path in person.photos[most:]]


def look_at(root: Path, paths: Sequence[str], least: float) -> list[Shot]:
    """Read photos and find the largest certain face of each.

    Args:
        root: folder of the originals.
        paths: relative to it.
        least: probability that a face must reach.

    Returns:
        One shot per path, in their order.
    """
    small: dict[str, tuple[Pixels, float]] = {}
    shots: dict[str, Shot] = {}
    for path in paths:
        try:
            photo = read_image(root / path)
        except UnreadableImageError as reason:
            shots[path] = Shot(path, unreadable=str(reason))
        else:
            shown = fit(photo, LONGEST_SIDE)
            small[path] = shown, photo.shape[0] / shown.shape[0]
    with one_thread():
        found = detect_faces([shown for shown, _ in small.values()])
    for (path, (_, scale)), faces in zip(small.items(), found, strict=True):
        face = _largest(faces, scale, least)
        shots[path] = Shot(path, face=face, alone=face is not None and count_faces(faces) == 1)
    return [shots[path] for path in paths]


def _largest(faces: Faces, scale: float, least: float) -> Face | None:
    """Return the first face, in pixels of the photo itself, if it is certain enough."""
    if not len(faces) or faces.probabilities[0] < least:
        return None
    box, landmarks = (
        np.round(found[0] * scale, DECIMALS) for found in (faces.boxes, faces.landmarks)
    )
    return Face(box, landmarks)


def name_photos(subject_id: str, shots: Sequence[Shot]) -> dict[str, str]:
    """Return what each photo that can be read is called: ``NNNNN``, ``NNNNN_1`` and so on.

    Curation keeps only people whose first photo is a sound pair. It is therefore the first by name
    that gets a mask and shows nobody else of the same size, else the first that gets one, else the
    first. The others follow by name.
    """
    readable = sorted((shot for shot in shots if not shot.unreadable), key=lambda shot: shot.path)
    if not readable:
        return {}
    # Of equals, max takes the first.
    first = max(readable, key=lambda shot: (shot.face is not None, shot.alone))
    further = (shot for shot in readable if shot is not first)
    names = {shot.path: f"{subject_id}_{number}" for number, shot in enumerate(further, 1)}
    return {first.path: subject_id} | names


def _write(root: Path, directory: Path, shot: Shot, name: str, wardrobe: Wardrobe) -> None:
    """Write a photo, and the same photo with a mask and the mask alone."""
    try:
        photo = read_image(root / shot.path)
    except UnreadableImageError as reason:
        raise FaceveilError(
            f"{root / shot.path}: can no longer be read ({reason}); let nothing change the "
            "collection while masks are put on, and run again"
        ) from None
    bare, masked = ("further", "further") if "_" in name else ("unmasked", "masked")
    Image.fromarray(photo).save(directory / bare / f"{name}.png")
    if shot.face:
        worn = put_on(photo, shot.face, wardrobe.open(wardrobe.choose(shot.path)))
        Image.fromarray(worn.over(photo)).save(directory / masked / f"{name}_Mask.png")
        Image.fromarray(worn.cutout).save(directory / "transparent" / f"{name}_Mask.png")


def _row(person: Person, path: str, image_id: str, template: str, outcome: str) -> Row:
    values = (person.subject_id, person.name, path, image_id, template, outcome)
    return dict(zip(COLUMNS, values, strict=True))
