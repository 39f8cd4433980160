"""Batches hold a fixed share of masks and deal every photo; augmentation keeps what it must."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.recognition import batches as recognizer_batches
from faceveil.recognition.batches import (
    Batches,
    augment,
    background_rows,
    photo_sizes,
    take_rows,
    wearing_masks,
)
from faceveil.store.faces import PackedFaces
from tests.recognition.curated_world import background
from tests.recognition.recognizer_sections import target as settings

WORN = np.arange(30) % 3 == 0


def dealt(count: int, seed: int = 0, **values) -> np.ndarray:
    batches = Batches(WORN, settings(**values), torch.Generator().manual_seed(seed))
    return np.stack(list(islice(batches, count)))


def test_masks_are_told_by_the_image_id():
    rows = pd.DataFrame({"image_id": ["person_1_0001", "person_1_0002_Mask", "x_Mask_Chin"]})
    faces = PackedFaces(np.zeros((3, 80, 80, 3), np.uint8), rows)
    assert wearing_masks(faces).tolist() == [False, True, False]


@pytest.mark.parametrize(("share", "masked"), [(0, 0), (0.25, 2), (0.33, 3), (1, 8)])
def test_every_batch_has_the_same_share_of_masks(share, masked):
    assert WORN[dealt(12, masked_share=share)].sum(axis=1).tolist() == [masked] * 12


def test_a_deck_is_dealt_whole_before_it_is_shuffled_again():
    rows = dealt(10)
    bare = rows[~WORN[rows]]
    assert sorted(bare[:20]) == sorted(bare[20:40]) == np.flatnonzero(~WORN).tolist()
    assert sorted(rows[WORN[rows]][:10]) == np.flatnonzero(WORN).tolist()


def test_a_batch_may_be_larger_than_a_deck():
    assert dealt(2, batch_size=100).shape == (2, 100)


def test_the_seed_decides():
    assert np.array_equal(dealt(5), dealt(5))
    assert not np.array_equal(dealt(5), dealt(5, seed=1))


def test_an_epoch_is_about_all_photos():
    generator = torch.Generator()
    assert Batches(WORN, settings(), generator).per_epoch == 4
    assert Batches(WORN, settings(batch_size=1000), generator).per_epoch == 1


@pytest.mark.parametrize(("worn", "what"), [(False, "with a mask"), (True, "without a mask")])
def test_an_empty_deck_is_refused(worn, what):
    with pytest.raises(
        FaceveilError, match=f"masked_share: 0.25, but no background photo is {what}"
    ):
        Batches(np.full(10, worn), settings(), torch.Generator())


def test_the_last_quarter_of_the_steps_sees_photos_of_full_size():
    assert photo_sizes(128, 8) == [96] * 6 + [128] * 2
    assert photo_sizes(80, 2) == [80, 80]  # nothing is made smaller than the trunk can take
    assert photo_sizes(96, 2) == [80, 96]
    assert photo_sizes(96, 1) == [96]


def test_augmentation_keeps_shape_and_range_and_follows_its_generator():
    images = torch.rand(6, 3, 80, 96)
    once, again, other = (
        augment(images, 80, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert once.shape == (6, 3, 80, 80)
    assert 0 <= once.min() < once.max() <= 1
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def test_augmentation_mirrors_half_of_the_photos_and_nothing_more_without_bounds(monkeypatch):
    for bound in ("TURN", "ZOOM", "SHIFT", "CONTRAST", "BRIGHTNESS", "TINT", "NOISE", "COVERED"):
        monkeypatch.setattr(recognizer_batches, bound, 0)
    images = torch.rand(64, 3, 16, 16)
    changed = augment(images, 16, torch.Generator().manual_seed(0))
    same = ((changed - images).abs().amax(dim=(1, 2, 3)) < 1e-5).numpy()
    mirrored = ((changed - images.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-5).numpy()
    assert (same ^ mirrored).all()
    assert 20 < mirrored.sum() < 44


def test_a_share_of_lower_faces_is_covered_in_one_colour(monkeypatch):
    for bound in ("TURN", "ZOOM", "SHIFT", "CONTRAST", "BRIGHTNESS", "TINT", "NOISE"):
        monkeypatch.setattr(recognizer_batches, bound, 0)
    changed = augment(torch.full((400, 3, 20, 20), 0.5), 20, torch.Generator().manual_seed(0))
    covered = (changed != 0.5).any(dim=1)
    assert 75 < covered.any(dim=(1, 2)).sum() < 125
    assert not covered[:, :9].any()  # the eyes are never covered
    assert not covered[:, :, :3].any() and not covered[:, :, 17:].any()
    face = changed[covered.any(dim=(1, 2))]
    assert (face[:, :, 12:15, 7:13].flatten(2).std(dim=2) == 0).all()


def test_augmentation_moves_no_photo_far(monkeypatch):
    """A dot in the middle stays within the largest shift."""
    monkeypatch.setattr(recognizer_batches, "COVERED", 0)
    images = torch.zeros(32, 3, 81, 81)
    images[:, :, 38:43, 38:43] = 1
    moved = augment(images, 81, torch.Generator().manual_seed(0)).mean(dim=1)
    moved = (moved - moved.amin(dim=(1, 2), keepdim=True)).clamp(min=0)
    centre = (moved.sum(1) * torch.arange(81)).sum(1) / moved.sum(dim=(1, 2))
    assert (centre - 40).abs().max() < 0.02 * 81 + 0.5


def test_the_next_people_by_id_are_taken_without_a_copy():
    faces = background(6)
    rows = background_rows(faces, 2, 3, "keys")
    taken = take_rows(faces, rows)
    assert taken.rows["subject_id"].unique().tolist() == [f"person_{n:05d}" for n in (2, 3, 4)]
    assert taken.rows.index.tolist() == list(range(12))
    assert len(taken) == len(taken.pixels) == 12
    assert taken.pixels.base is not None
    assert (taken.pixels == faces.pixels[8:20]).all()


def test_all_people_are_all_photos():
    assert background_rows(background(3), 0, 3, "keys") == slice(0, 12)


def test_too_few_people_name_the_keys():
    with pytest.raises(FaceveilError, match="skip and people ask for 5 background people, but 4"):
        background_rows(background(4), 2, 3, "skip and people")


def test_people_out_of_order_are_refused():
    faces = background(3)
    mixed = replace(faces, rows=faces.rows.iloc[::-1])
    with pytest.raises(FaceveilError, match="not sorted by person"):
        background_rows(mixed, 0, 2, "keys")
