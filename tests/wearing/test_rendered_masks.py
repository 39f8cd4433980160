"""Projectors on rendered people, none of whom they have seen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faceveil.collection.images import read_alpha, read_image
from faceveil.params.synthesize import Synthesize
from faceveil.rendering.collection import write_collection
from faceveil.store.faces import PackedFaces
from faceveil.wearing.train_projector import measure_projector, select, train_projector
from tests.wearing.masked_world import settings

PEOPLE, TRAINED = 110, 80


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> PackedFaces:
    folder: Path = tmp_path_factory.mktemp("rendered") / "synthetic"
    params = {
        "seed": 7,
        "image_size": 128,
        "people": PEOPLE,
        "further_photos": 0,
        "annotated": PEOPLE,
        "incorrectly_worn_share": 0,
        "flawed_share": 0,
        "background_people": 0,
        "background_photos": 1,
    }
    write_collection(folder, Synthesize.model_validate(params))
    names = sorted(path.stem for path in (folder / "transparent").iterdir())
    pixels = [read_image(folder / "masked" / f"{name}.jpg") for name in names]
    known = [read_alpha(folder / "transparent" / f"{name}.png") for name in names]
    rows = {"subject_id": [name[:5] for name in names], "image_id": names, "split": "train"}
    return PackedFaces(np.stack(pixels), pd.DataFrame(rows, dtype="str"), np.stack(known))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "least", "most"), [("plain", 0.85, 0.05), ("unet", 0.95, 0.02)]
)
def test_held_out_masks_are_found(
    photos: PackedFaces, architecture: str, least: float, most: float
):
    training, held_out = np.split(np.arange(PEOPLE), [TRAINED])
    chosen = settings(epochs=20, batch_size=5, learning_rate=0.01)
    projector = train_projector(architecture, select(photos, training), chosen)
    measured = measure_projector(projector, select(photos, held_out))
    print(f"{architecture}, {len(held_out)} held-out people: {measured}")
    assert measured["iou"] >= least
    assert measured["leak"] <= most
