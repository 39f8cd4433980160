"""Photos so simple that a projector learns them in seconds: a light blue patch on noise."""

from pathlib import Path

import numpy as np
import pandas as pd

from faceveil.params.train_projector import TrainProjector
from faceveil.store.faces import PackedFaces
from tests.packed import write_faces

SIZE = 32


def settings(**values) -> TrainProjector:
    """A short training, with some values changed."""
    short = {
        "architecture": "unet",
        "annotations": "cutouts",
        "annotated": 100,
        "held_out_share": 0.25,
        "epochs": 3,
        "batch_size": 4,
        "learning_rate": 0.01,
        "seed": 3,
    }
    return TrainProjector(**{**short, **values})


def photos(people: int, first: int = 0) -> tuple[PackedFaces, PackedFaces]:
    """Unmasked photos, and the same with known masks; each fifth person is for tests."""
    draw = np.random.default_rng(first)
    plain = draw.integers(40, 200, (people, SIZE, SIZE, 3), dtype=np.uint8)
    masked, known = plain.copy(), np.zeros((people, SIZE, SIZE), np.uint8)
    for photo, transparency in zip(masked, known, strict=True):
        top, left = draw.integers(6, 14, 2)
        photo[top : top + 12, left : left + 12] = (150, 205, 250)
        transparency[top : top + 12, left : left + 12] = 255
    ids = [f"{number:05d}" for number in range(first, first + people)]
    split = ["train" if number % 5 else "test" for number in range(first, first + people)]
    rows = pd.DataFrame({"subject_id": ids, "image_id": ids, "split": split}, dtype="str")
    worn = rows.assign(image_id=rows["image_id"] + "_Mask")
    return PackedFaces(plain, rows), PackedFaces(masked, worn, known)


def write_curated(folder: Path, people: int = 12, cutouts: int = 8, order: int = 1) -> None:
    """Write pairs of photos and cut-outs of the first people, rows in the given step's order."""
    unmasked, masked = photos(people)
    known = PackedFaces(*(part[:cutouts] for part in (masked.pixels, masked.rows)))
    annotated = PackedFaces(
        known.pixels[::order],
        known.rows.iloc[::order].reset_index(drop=True),
        masked.transparency[:cutouts][::order],
    )
    write_faces(folder / "unmasked", unmasked)
    write_faces(folder / "masked", PackedFaces(masked.pixels, masked.rows))
    write_faces(folder / "annotated", annotated)
