"""Projectors on real MaskedFace-Net photos, trained on 100 of them as published."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from faceveil.collection.images import read_image, read_labels, resize
from faceveil.store.faces import PackedFaces
from faceveil.wearing.train_projector import measure_projector, select, train_projector
from tests.wearing.masked_world import settings

SIZE = 128
TRAINED = 100
MASK = 2
"""Label of the mask, beside 0 background and 1 face."""


@pytest.fixture(scope="module")
def photos(real_data: Path) -> PackedFaces:
    """All 400 photos, correctly and incorrectly worn, in a seeded order."""
    labels = sorted((real_data / "maskedface_net_segmented").glob("*_gt.png"))
    order = np.random.default_rng(0).permutation(len(labels))
    names = [labels[number].name.removesuffix("_gt.png") for number in order]
    folder = labels[0].parent
    pixels = [resize(read_image(folder / f"{name}.jpg"), SIZE, SIZE) for name in names]
    masks = [(read_labels(folder / f"{name}_gt.png") == MASK) * np.uint8(255) for name in names]
    rows = {"subject_id": [name[:5] for name in names], "image_id": names, "split": "train"}
    known = np.stack([resize(mask, SIZE, SIZE) for mask in masks])
    return PackedFaces(np.stack(pixels), pd.DataFrame(rows, dtype="str"), known)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("architecture", "least"), [("plain", 0.9), ("unet", 0.93)])
def test_held_out_masks_are_found(photos: PackedFaces, architecture: str, least: float):
    training, held_out = np.split(np.arange(len(photos)), [TRAINED])
    chosen = settings(epochs=15, batch_size=5, learning_rate=0.01)
    projector = train_projector(architecture, select(photos, training), chosen)
    measured = measure_projector(projector, select(photos, held_out))
    print(f"{architecture}, {len(held_out)} held-out photos: {measured}")
    assert len(held_out) == 300
    assert measured["iou"] >= least
