"""A whole data set of rendered people on disk, in FFHQ's and MaskedFace-Net's layout.

::

    unmasked/00000.png                 one photo of each person
    masked/00000_Mask.jpg              the same photo wearing a mask, named as MaskedFace-Net does
    transparent/00000_Mask.png         the mask alone: RGBA, alpha = exact transparency, with straps
    further/00000_1.png, 00000_1_Mask.jpg
    background/person_00000/person_00000_0001.png, person_00000_0003_Mask.jpg
    truth.csv                          one row per photo: who, what is worn, what is wrong
"""

import csv
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from faceveil.params.errors import FaceveilError
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

Row = dict[str, str]

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
    with atomic_directory(directory) as partial_directory:
        for folder in ("unmasked", "masked", "transparent", "further", "background"):
            (partial_directory / folder).mkdir()
        rows = list(_all_rows(shots, partial(_take, partial_directory, params)))
        _write_truth(partial_directory / "truth.csv", rows)


def _all_rows(shots: list[Shot], take: "partial[list[Row]]") -> Iterator[Row]:
    workers = _workers()
    # fresh processes, one BLAS thread each: the same sums everywhere, and no fight for the cores
    context = multiprocessing.get_context("spawn")
    with _single_threaded(), ProcessPoolExecutor(min(workers, 64), mp_context=context) as pool:
        try:
            results = pool.map(take, shots, chunksize=4)
            for rows in tqdm(results, "photos", len(shots), disable=None):
                yield from rows
        except BaseException:
            # those at work are waited for: they still write into the folder that is removed next
            pool.shutdown(cancel_futures=True)
            raise


def _workers() -> int:
    found = os.environ.get("FACEVEIL_WORKERS", str(os.cpu_count() or 1))
    if not found.isdecimal() or int(found) < 1:
        raise FaceveilError(
            f"the environment variable FACEVEIL_WORKERS is {found!r}; set it to a whole number "
            "from 1 on, or unset it to use all cores"
        )
    return int(found)


@contextmanager
def _single_threaded() -> Iterator[None]:
    names = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _take(directory: Path, params: Synthesize, shot: Shot) -> list[Row]:
    """Take one photo, write its files, return their rows of the truth table."""
    people = STRANGERS if shot.role == BACKGROUND else PEOPLE
    person = draw_person(stream(params, people, shot.subject))
    rng = stream(params, shot.role, shot.subject, shot.number)
    pair = take_pair(rng, person, params.image_size, shot.worn, shot.flaw)
    return [_row(file, person) for file in _write(directory, shot, pair)]


@dataclass(frozen=True)
class _File:
    path: str
    subject_id: str
    kind: str
    worn: str
    flaw: str


def _write(directory: Path, shot: Shot, pair: Pair) -> list[_File]:
    files = _names(shot)
    for file in files:
        path = directory / file.path
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".png":
            _picture(pair.unmasked).save(path)
        else:
            _picture(pair.masked).save(path, quality=92, subsampling=0)
    if shot.cut_out:
        _picture(pair.cutout).save(directory / "transparent" / f"{shot.subject:05d}_Mask.png")
    return files


def _names(shot: Shot) -> list[_File]:
    """The files of a photo, unmasked first."""
    subject = f"{shot.subject:05d}"
    worn = "none" if shot.flaw == "no_mask" else shot.worn
    if shot.role == MAIN:
        flaw = "" if shot.flaw == "no_mask" else shot.flaw
        masked = f"masked/{subject}{WAYS[shot.worn]}.jpg"
        return [_File(f"unmasked/{subject}.png", subject, "unmasked", "none", flaw),
                _File(masked, subject, "masked", worn, shot.flaw)]  # fmt: skip
    if shot.role == FURTHER:
        stem = f"further/{subject}_{shot.number}"
        return [_File(f"{stem}.png", subject, "further_unmasked", "none", ""),
                _File(f"{stem}_Mask.jpg", subject, "further_masked", worn, "")]  # fmt: skip
    folder = f"person_{subject}"
    ending = ".png" if worn == "none" else "_Mask.jpg"
    path = f"background/{folder}/{folder}_{shot.number:04d}{ending}"
    return [_File(path, folder, "background", worn, "")]


def _picture(image: Array) -> Image.Image:
    return Image.fromarray(np.round(255 * np.clip(image, 0, 1)).astype(np.uint8))


def _row(file: _File, person: Person) -> Row:
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


def _write_truth(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
