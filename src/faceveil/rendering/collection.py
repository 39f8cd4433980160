"""A whole data set of rendered people on disk, in FFHQ's and MaskedFace-Net's layout.

::

    unmasked/00000.png                 one photo of each person
    masked/00000_Mask.jpg              the same photo wearing a mask, named as MaskedFace-Net does
    transparent/00000_Mask.png         the mask alone: RGBA, alpha = exact transparency, with straps
    coordinates/00000_Mask.png         u, v and shading of masked and further masked photos
    further/00000_1.png, 00000_1_Mask.jpg
    background/person_00000/person_00000_0001.png, person_00000_0003_Mask.jpg
    truth.csv                          one row per photo: who, what is worn, what is wrong
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from threadpoolctl import threadpool_limits

from faceveil.params.synthesize import Synthesize
from faceveil.rendering.flaws import Pair, take_pair
from faceveil.rendering.noise import Array
from faceveil.rendering.person import Person, draw_person
from faceveil.rendering.plan import (
    BACKGROUND,
    FURTHER,
    MAIN,
    PEOPLE,
    STRANGERS,
    WAYS,
    Shot,
    plan,
    stream,
)
from faceveil.runtime.atomic import atomic_directory
from faceveil.runtime.parallel import map_in_order
from faceveil.store.coordinates import write_coordinates

TruthRow = dict[str, str]

FOLDERS = ("unmasked", "masked", "transparent", "coordinates", "further", "background")

COLUMNS = ("path", "subject_id", "image_id", "kind", "worn", "flaw", "skin_tone", "skin_band",
           "age", "sex_typed_shape")  # fmt: skip
"""Columns of truth.csv: `skin_tone` 0 light to 1 dark, `skin_band` 1..10 in equal steps of it,
`age` in years, `sex_typed_shape` 0..1."""


def write_collection(directory: Path, params: Synthesize) -> None:
    """Render all people and write the collection, whole or not at all.

    The same params give the same bytes for any number of workers (`FACEVEIL_WORKERS`, else all
    cores).
    """
    shots = plan(params)
    # One thread of BLAS in this process as in others: more of them may add up in another order.
    with threadpool_limits(1), atomic_directory(directory) as folder:
        for name in FOLDERS:
            (folder / name).mkdir()
        taken = map_in_order(partial(_take, folder, params), shots, "photos")
        _write_truth(folder / "truth.csv", [row for rows in taken for row in rows])


def _take(directory: Path, params: Synthesize, shot: Shot) -> list[TruthRow]:
    people = STRANGERS if shot.role == BACKGROUND else PEOPLE
    person = draw_person(stream(params, people, shot.subject))
    rng = stream(params, shot.role, shot.subject, shot.number)
    pair = take_pair(rng, person, params.image_size, shot.worn, shot.flaw)
    return [_row(file, person) for file in _write(directory, shot, pair)]


@dataclass(frozen=True)
class TruthFile:
    """A photo's file and what the truth table says about it."""

    path: str
    subject_id: str
    kind: str
    worn: str
    flaw: str


def _write(directory: Path, shot: Shot, pair: Pair) -> list[TruthFile]:
    files = _names(shot)
    for file in files:
        path = directory / file.path
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".png":
            _picture(pair.unmasked).save(path)
        else:
            _picture(pair.masked).save(path, quality=92, subsampling=0)
            if shot.role != BACKGROUND and pair.coordinates is not None:
                write_coordinates(directory / "coordinates" / f"{path.stem}.png", pair.coordinates)
    if shot.cut_out:
        _picture(pair.cutout).save(directory / "transparent" / f"{shot.subject:05d}_Mask.png")
    return files


def _names(shot: Shot) -> list[TruthFile]:
    subject = f"{shot.subject:05d}"
    worn = "none" if shot.flaw == "no_mask" else shot.worn
    if shot.role == MAIN:
        flaw = "" if shot.flaw == "no_mask" else shot.flaw
        masked = f"masked/{subject}{WAYS[shot.worn]}.jpg"
        return [TruthFile(f"unmasked/{subject}.png", subject, "unmasked", "none", flaw),
                TruthFile(masked, subject, "masked", worn, shot.flaw)]  # fmt: skip
    if shot.role == FURTHER:
        stem = f"further/{subject}_{shot.number}"
        return [TruthFile(f"{stem}.png", subject, "further_unmasked", "none", ""),
                TruthFile(f"{stem}_Mask.jpg", subject, "further_masked", worn, "")]  # fmt: skip
    folder = f"person_{subject}"
    ending = ".png" if worn == "none" else "_Mask.jpg"
    path = f"background/{folder}/{folder}_{shot.number:04d}{ending}"
    return [TruthFile(path, folder, "background", worn, "")]


def _picture(image: Array) -> Image.Image:
    return Image.fromarray(np.round(255 * np.clip(image, 0, 1)).astype(np.uint8))


def _row(file: TruthFile, person: Person) -> TruthRow:
    return {
        "path": file.path,
        "subject_id": file.subject_id,
        "image_id": Path(file.path).stem,
        "kind": file.kind,
        "worn": file.worn,
        "flaw": file.flaw,
        "skin_tone": f"{person.skin_tone:.4f}",
        "skin_band": str(1 + min(int(10 * person.skin_tone), 9)),
        "age": f"{person.age:.1f}",
        "sex_typed_shape": f"{person.sex_typed_shape:.4f}",
    }


def _write_truth(path: Path, rows: Iterable[TruthRow]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
