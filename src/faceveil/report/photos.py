"""Photos of held-out people in plain masks and in designs, as they were stored and judged."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from faceveil.params.errors import FaceveilError
from faceveil.store.photos import FLAT, JUDGE, open_designs, open_photos, read_rows

Pictures = NDArray[np.uint8]
"""Pictures ``[N, S, S, 3]``, RGB."""


@dataclass(frozen=True)
class People:
    """A few people, each on one photo.

    Attributes:
        subject_ids: who they are.
        worn: their photos by what they wear, ``plain`` first, then each experiment.
        designs: by experiment: the first design of each training; of textures the best on people
            who train.
    """

    subject_ids: list[str]
    worn: dict[str, Pictures]
    designs: dict[str, Pictures]


def read_people(protected: Path, experiments: tuple[str, ...], count: int) -> People:
    """Read people in plain masks, and the same photos with designs of the first training.

    There are ``count`` people at most, evenly over their ids; ``protected`` is the folder of the
    protections' folders.

    Raises:
        FaceveilError: if a store is missing, or nobody wears both.
    """
    plain = _judged(protected / "plain")
    shared = set(plain["image_id"])
    worn = {name: _judged(protected / name, name) for name in experiments}
    for rows in worn.values():
        shared &= set(rows["image_id"])
    first = plain[plain["image_id"].isin(shared)].drop_duplicates("subject_id")
    if first.empty:
        raise FaceveilError(f"{protected}: nobody wears a plain mask and designs; protect again")
    places = np.unique(np.linspace(0, len(first) - 1, min(count, len(first))).astype(int))
    chosen = first.iloc[places]
    images = list(chosen["image_id"])
    pictures = {"plain": _pictures(protected / "plain", plain, images)}
    pictures |= {name: _pictures(protected / name, rows, images) for name, rows in worn.items()}
    designs = {name: _designs(protected / name, worn[name]) for name in experiments}
    return People(list(chosen["subject_id"]), pictures, designs)


def _judged(folder: Path, name: str = "") -> pd.DataFrame:
    """Return the flat photos of held-out people that are judged, of one training, one per photo."""
    rows = read_rows(folder)
    rows = rows[(rows["use"] == JUDGE) & (rows["role"] == "test") & (rows["condition"] == FLAT)]
    if name:
        rows = rows[rows["protection"] == name]
    order = ["protocol", "subject_id", "image_id", "training", "variant"]
    return rows.sort_values(order).drop_duplicates("image_id")


def _pictures(folder: Path, rows: pd.DataFrame, images: list[str]) -> Pictures:
    place = pd.Series(rows.index, index=rows["image_id"]).loc[images]
    return np.asarray(open_photos(folder).pixels[place.to_numpy()])


def _designs(folder: Path, rows: pd.DataFrame) -> Pictures:
    """Return the first design of each training."""
    designs = open_designs(folder)
    trainings = read_rows(folder)["training"].max() + 1 if len(rows) else 1
    return np.asarray(designs[:: max(1, len(designs) // max(1, int(trainings)))])


def jpeg_uri(picture: Pictures, side: int = 128) -> str:
    """Return a picture ``[S, S, 3]`` as a ``data:`` address, shrunk to ``side`` pixels at most."""
    image = Image.fromarray(picture)
    if image.width > side:
        image = image.resize((side, side), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    # Full colour resolution: the colours of a design change from pixel to pixel.
    image.save(file, format="JPEG", quality=82, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
