"""Files read for measuring, each beside the same photo without mask and its label image."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from faceveil.collection.detection import Faces
from faceveil.collection.images import (
    MASK_LABEL,
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
from faceveil.store.content import content_of

LONGEST_SIDE = 256
"""Photos are measured at this size at most, in pixels: enough for a detector, and fast."""

MOST_PAIR_DIFFERENCE = 0.05
"""Median difference of a pair, as share of the value range, up to which it is the same photo."""

PHOTOS = ("unmasked", "masked", "further_unmasked", "further_masked", "background")
READERS = {"labels": read_labels, "cutout": read_alpha} | dict.fromkeys(PHOTOS, read_image)
"""How each kind of file that holds an image is read."""


@dataclass
class DecodedFile:
    """One file as it is looked at.

    Attributes:
        entry: what its name says.
        row: what was measured so far, by column of the index.
        pixels: uint8 ``[H, W, 3]`` at the size of measuring; of labels ``[H, W]``, 255 where the
            mask is; None if the file gives none.
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
    """Read files and join those that show the same photo, by ``image_id``.

    Of several photos of one name, a collection's thumbnail and the picture it was cut out of, the
    first that fits the other one of the pair is joined, and its row says ``fits``.
    """
    files = [_read(root, entry) for entry in entries]
    _refuse_other_shapes(files)
    unmasked: dict[str, list[DecodedFile]] = defaultdict(list)
    masked: dict[str, list[DecodedFile]] = defaultdict(list)
    labels: dict[str, DecodedFile] = {}
    for file in files:
        if file.pixels is not None and file.entry.kind == "labels":
            labels.setdefault(file.entry.image_id, file)
        elif file.entry.kind in PHOTOS and file.pixels is not None:
            bare = file.entry.worn_claim == "none"
            (unmasked if bare else masked)[file.entry.partner_id].append(file)
    for name, wearing in masked.items():
        partner = _first_that_fits(unmasked[name], wearing)
        for of_one_name in _by_name(wearing):
            _first_that_fits(of_one_name, unmasked[name] if partner is None else [partner])
        for file in wearing:
            file.labels = labels.get(file.entry.image_id)
            _join(file, partner)
    return files


def _by_name(files: Sequence[DecodedFile]) -> list[list[DecodedFile]]:
    names: dict[str, list[DecodedFile]] = defaultdict(list)
    for file in files:
        names[file.entry.image_id].append(file)
    return list(names.values())


def _first_that_fits(
    files: Sequence[DecodedFile], others: Sequence[DecodedFile]
) -> DecodedFile | None:
    """Return, and mark, the first file that shows what one of the others does; else the first."""
    if len(files) > 1:
        for file in files:
            if any(_show_the_same(file, other) for other in others):
                file.row["fits"] = True
                return file
    return files[0] if files else None


def _show_the_same(first: DecodedFile, second: DecodedFile) -> bool:
    if first.pixels is None or second.pixels is None:
        return False
    sides, others = first.pixels.shape[:2], second.pixels.shape[:2]
    if not same_shape(sides, others):
        return False
    return pair_difference(resize(first.pixels, *others), second.pixels) <= MOST_PAIR_DIFFERENCE


def pair_difference(first: Pixels, second: Pixels) -> float:
    """Return the median difference of photos ``[H, W, 3]``, as share of the value range."""
    difference = np.abs(first.astype(np.int16) - second)
    return float(np.median(difference.max(axis=2)) / 255)


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
    if entry.kind in PHOTOS:
        file.row["content"] = content_of(pixels)
    elif entry.kind == "labels":
        pixels = np.where(pixels == MASK_LABEL, np.uint8(255), np.uint8(0))
    file.pixels = fit(pixels, LONGEST_SIDE)
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
