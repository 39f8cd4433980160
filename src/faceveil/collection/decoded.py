"""Files read for measuring, each beside the same photo without mask and its label image."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faceveil.collection.detection import Faces
from faceveil.collection.images import (
    Pixels,
    UnreadableImageError,
    fit,
    read_alpha,
    read_image,
    read_labels,
    resize,
    same_shape,
)
from faceveil.collection.layouts import Entry

LONGEST_SIDE = 256
"""Photos are measured at this size at most, in pixels: enough for a detector, and fast."""

PHOTOS = ("unmasked", "masked", "further_unmasked", "further_masked", "background")
READERS = {"labels": read_labels, "cutout": read_alpha} | dict.fromkeys(PHOTOS, read_image)
"""How each kind of file that holds an image is read."""


@dataclass
class DecodedFile:
    """One file as it is looked at.

    Attributes:
        entry: what its name says.
        row: what was measured so far, by column of the index.
        pixels: uint8 ``[H, W, 3]`` at the size of measuring, or ``[H, W]`` for labels; None if the
            file gives none.
        partner: the same photo without the mask, if there is one that can be read.
        labels: the label image, if there is one that can be read and has the photo's shape.
        faces: the faces in the photo, its own or its partner's.
    """

    entry: Entry
    row: dict[str, Any] = field(default_factory=dict)
    pixels: Pixels | None = None
    partner: "DecodedFile | None" = None
    labels: "DecodedFile | None" = None
    faces: Faces | None = None


def decode_files(root: Path, entries: Sequence[Entry]) -> list[DecodedFile]:
    """Read files and join those that show the same photo, by ``image_id``."""
    files = [_read(root, entry) for entry in entries]
    _refuse_other_shapes(files)
    unmasked: dict[str, DecodedFile] = {}
    labels: dict[str, DecodedFile] = {}
    for file in files:
        if file.pixels is not None and file.entry.worn_claim == "none":
            unmasked.setdefault(file.entry.image_id, file)
        elif file.pixels is not None and file.entry.kind == "labels":
            labels.setdefault(file.entry.image_id, file)
    for file in files:
        if file.entry.kind in PHOTOS and file.entry.worn_claim != "none":
            file.labels = labels.get(file.entry.image_id)
            _join(file, unmasked.get(file.entry.partner_id))
    return files


def _read(root: Path, entry: Entry) -> DecodedFile:
    file = DecodedFile(entry, {"unreadable": ""})
    if entry.kind not in READERS:
        return file
    try:
        pixels = READERS[entry.kind](root / entry.path)
    except UnreadableImageError as error:
        file.row["unreadable"] = str(error)
        return file
    file.row |= {"height": pixels.shape[0], "width": pixels.shape[1]}
    file.pixels = pixels if entry.kind == "labels" else fit(pixels, LONGEST_SIDE)
    return file


def _refuse_other_shapes(files: Sequence[DecodedFile]) -> None:
    """Let label images and cut-outs of another shape than their masked photo give nothing."""
    masked: dict[str, DecodedFile] = {}
    for file in files:
        if file.pixels is not None and file.entry.kind in PHOTOS:
            masked.setdefault(file.entry.image_id, file)
    for file in files:
        photo = masked.get(file.entry.image_id) if file.entry.kind in ("labels", "cutout") else None
        if photo and file.pixels is not None:
            sides, expected = ((f.row["width"], f.row["height"]) for f in (file, photo))
            if not same_shape(sides, expected):
                file.row["unreadable"], file.pixels = "other_shape", None


def _join(file: DecodedFile, partner: DecodedFile | None) -> None:
    """Put a masked photo beside the same photo without mask, at one size."""
    if partner is None or partner.pixels is None or file.pixels is None:
        return
    height, width = partner.pixels.shape[:2]
    own_height, own_width = file.pixels.shape[:2]
    if not same_shape((own_width, own_height), (width, height)):
        file.row["pair_difference"] = 1.0
        return
    file.partner = partner
    file.pixels = resize(file.pixels, height, width)
