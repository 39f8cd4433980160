"""Files read for measuring, each beside the same photo without mask and its label image."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faceveil.collection.detection import Faces
from faceveil.collection.images import (
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
ANNOTATIONS = ("labels", "cutout")
READERS = {"labels": read_labels, "cutout": read_alpha} | dict.fromkeys(PHOTOS, read_image)
"""How each kind of file that holds an image is read."""


@dataclass
class Look:
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
    pixels: NDArray[np.uint8] | None = None
    partner: "Look | None" = None
    labels: "Look | None" = None
    faces: Faces | None = None


def look_at(root: Path, entries: Sequence[Entry]) -> list[Look]:
    """Read files and join those that show the same photo, by ``image_id``.

    Args:
        root: folder of the collection.
        entries: at least all files of each person that occurs.
    """
    looks = [_read(root, entry) for entry in entries]
    _refuse_other_shapes(looks)
    unmasked: dict[str, Look] = {}
    labels: dict[str, Look] = {}
    for look in looks:
        if look.pixels is not None and look.entry.worn_claim == "none":
            unmasked.setdefault(look.entry.image_id, look)
        elif look.pixels is not None and look.entry.kind == "labels":
            labels.setdefault(look.entry.image_id, look)
    for look in looks:
        if look.entry.kind in PHOTOS and look.entry.worn_claim != "none":
            look.labels = labels.get(look.entry.image_id)
            _join(look, unmasked.get(look.entry.partner_id))
    return looks


def _read(root: Path, entry: Entry) -> Look:
    """Read one file; note its own size, or why it gives nothing."""
    look = Look(entry, {"unreadable": ""})
    if entry.kind not in READERS:
        return look
    try:
        pixels = READERS[entry.kind](root / entry.path)
    except UnreadableImageError as error:
        look.row["unreadable"] = str(error)
        return look
    look.row |= {"height": pixels.shape[0], "width": pixels.shape[1]}
    look.pixels = pixels if entry.kind == "labels" else fit(pixels, LONGEST_SIDE)
    return look


def _refuse_other_shapes(looks: Sequence[Look]) -> None:
    """Let label images and cut-outs of another shape than their masked photo give nothing."""
    masked: dict[str, Look] = {}
    for look in looks:
        if look.pixels is not None and look.entry.kind in PHOTOS:
            masked.setdefault(look.entry.image_id, look)
    for look in looks:
        photo = masked.get(look.entry.image_id) if look.entry.kind in ANNOTATIONS else None
        if photo and look.pixels is not None and not same_shape(_sides(look), _sides(photo)):
            look.row["unreadable"], look.pixels = "other_shape", None


def _sides(look: Look) -> tuple[int, int]:
    """Return the file's own width and height, in pixels."""
    return look.row["width"], look.row["height"]


def _join(look: Look, partner: Look | None) -> None:
    """Put a masked photo beside the same photo without mask, at one size."""
    if partner is None or partner.pixels is None or look.pixels is None:
        return
    height, width = partner.pixels.shape[:2]
    own_height, own_width = look.pixels.shape[:2]
    if not same_shape((own_width, own_height), (width, height)):
        look.row["pair_difference"] = 1.0
        return
    look.partner = partner
    look.pixels = resize(look.pixels, height, width)
