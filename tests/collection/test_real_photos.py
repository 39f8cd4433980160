"""Curation on real photos: pasted masks, label images, 1024 px originals."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from faceveil.collection.curate import curate_collection
from faceveil.collection.layouts import find_images
from faceveil.store.faces import open_faces

pytestmark = pytest.mark.real


@pytest.fixture
def hidden(real_data, tmp_path):
    """Every labelled photo under a name that says of its mask only that there is one."""
    source = real_data / "maskedface_net_segmented"
    truth = {}
    photos = [entry for entry in find_images(source) if entry.kind == "masked"]
    for number, entry in enumerate(photos):
        name = f"{number:05d}_Mask"
        (tmp_path / f"{name}.jpg").symlink_to(source / entry.path)
        (tmp_path / f"{name}_gt.png").symlink_to(source / f"{entry.image_id}_gt.png")
        truth[f"{name}.jpg"] = entry.worn_claim == "correct"
    return tmp_path, truth


@pytest.mark.slow
def test_correctly_and_incorrectly_worn_masks_are_told_apart(hidden, judge_files):
    root, truth = hidden
    index = judge_files(root).query("kind == 'masked'")
    assert len(index) == len(truth) == 400
    assert set(index["region_from"]) == {"labels"}
    told = index["worn"] == "correct"
    assert balanced_accuracy_score(list(map(truth.get, index["path"])), told) >= 0.95


@pytest.mark.slow
def test_all_correctly_pasted_masks_are_kept(real_data, params, tmp_path):
    wanted = params.model_copy(
        update={"people": 200, "spare_people": 41, "image_size": 128, "test_share": 0.2}
    )
    counts = curate_collection(real_data / "masked_pairs", tmp_path / "curated", wanted)
    assert counts["kept"] == {"masked": 241, "unmasked": 241}
    assert counts["people"] == {
        "found": 241, "paired": 241, "kept": 241, "train": 160, "test": 40, "spare": 41,
        "background": 0,
    }  # fmt: skip
    masked = open_faces(tmp_path / "curated", "masked")
    unmasked = open_faces(tmp_path / "curated", "unmasked")
    assert masked.rows["subject_id"].tolist() == unmasked.rows["subject_id"].tolist()
    assert np.median(np.abs(masked.pixels[:].astype(int) - unmasked.pixels[:])) <= 4


def test_originals_in_full_size_are_kept(real_data, params, tmp_path):
    wanted = params.model_copy(update={"people": 5, "spare_people": 0, "test_share": 0.2})
    counts = curate_collection(real_data / "ffhq_maskedface_net_1024", tmp_path / "out", wanted)
    assert counts["kept"] == {"masked": 5, "unmasked": 5}
    assert counts["worn"] == {"correct": 5}
    assert open_faces(tmp_path / "out", "masked").pixels.shape == (5, 96, 96, 3)
