"""A curated folder of made-up people, each of one colour, for the recognizer's tests."""

from pathlib import Path

import numpy as np
import pandas as pd

from faceveil.store.faces import PackedFaces
from tests.packed import write_faces

SIZE = 80


def faces(subject_ids: list[str], image_ids: list[str], split: str = "train") -> PackedFaces:
    """Noisy photos, alike for one subject."""
    draw = np.random.default_rng(0)
    names = sorted(set(subject_ids))
    colours = dict(zip(names, draw.integers(0, 256, (len(names), 3)), strict=True))
    pixels = [colours[name] + draw.normal(0, 20, (SIZE, SIZE, 3)) for name in subject_ids]
    stacked = np.clip(np.array(pixels).reshape(-1, SIZE, SIZE, 3), 0, 255).astype(np.uint8)
    rows = {"subject_id": subject_ids, "image_id": image_ids, "split": [split] * len(subject_ids)}
    return PackedFaces(stacked, pd.DataFrame(rows, dtype="str"))


def background(people: int, photos: int = 4) -> PackedFaces:
    """Photos of background people; the last one of each wears a mask."""
    subjects = [f"person_{n:05d}" for n in range(people) for _ in range(photos)]
    ends = ([""] * (photos - 1) + ["_Mask"]) * people
    images = [f"{s}_{n:04d}{end}" for n, (s, end) in enumerate(zip(subjects, ends, strict=True))]
    return faces(subjects, images, split="background")


def write_curated(folder: Path, people: int = 6) -> None:
    """Write study people with one further photo for each but the last, and background people."""
    ids = [f"{n:05d}" for n in range(people)]
    write_faces(folder / "unmasked", faces(ids, ids))
    write_faces(folder / "masked", faces(ids, [f"{n}_Mask" for n in ids]))
    write_faces(folder / "further_unmasked", faces(ids[:-1], [f"{n}_1" for n in ids[:-1]]))
    write_faces(folder / "further_masked", faces([], []))
    write_faces(folder / "background", background(4))
