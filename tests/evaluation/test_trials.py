"""Searches against a plain loop, and flaws of the published evaluation that must not return."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.evaluation.trials import COLUMNS, Outfit, enroll, stored_trials, worn_trials
from faceveil.params.errors import FaceveilError
from tests.evaluation.world import PEOPLE, portraits, table_of

CPU = torch.device("cpu")


@pytest.fixture
def outfits():
    # Other people's faces: who wears one is easily taken for them.
    designs = portraits(PEOPLE[2:6]).images(slice(None))
    return [
        Outfit("generated", designs, {"train": 3, "test": 4}),
        Outfit("grey", torch.full((1, 3, 16, 16), 0.5), {"train": 1, "test": 1}),
    ]


@pytest.fixture
def opponent(recognizer):
    return enroll(recognizer, table_of(recognizer, portraits(PEOPLE)), CPU)


def test_people_are_joined_by_id_though_files_are_missing(opponent, recognizer):
    probes = portraits(PEOPLE[::-1], noise=1, suffix="_1")
    trials = stored_trials(opponent, table_of(recognizer, probes), "no_mask", "other_photo", 4)
    assert trials["hit"].all()
    assert tuple(trials.columns) == COLUMNS


def test_labels_by_position_would_have_missed(opponent, recognizer):
    """The published flaw: from the first missing file on, each label is shifted."""
    faces = portraits(PEOPLE, noise=1)
    shifted = faces.rows.assign(subject_id=np.roll(PEOPLE, 1))
    wrong = table_of(recognizer, type(faces)(faces.pixels, shifted))
    assert not stored_trials(opponent, wrong, "no_mask", "other_photo", 4)["hit"].any()


def test_a_plain_loop_finds_the_same(opponent, recognizer, outfits):
    faces = portraits(PEOPLE, noise=2, suffix="_Mask")
    trials = worn_trials(opponent, faces, outfits, "same_photo", batch_size=4)
    designs = {"generated": outfits[0].designs, "grey": outfits[1].designs}
    enrolled = recognizer.embed(portraits(PEOPLE).images(slice(None)))
    for one in trials.itertuples():
        row = PEOPLE.index(one.subject_id)
        face = faces.images([row])
        face[:, :, 8:] = designs[one.wears][one.design][:, 8:]
        similarity = (recognizer.embed(face) @ enrolled.T)[0]
        assert one.hit == (PEOPLE[int(similarity.argmax())] == one.subject_id)
    assert 0 < trials["hit"].mean() < 1


@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
def test_no_remainder_is_dropped_and_batches_change_nothing(
    opponent, recognizer, outfits, batch_size: int
):
    faces = portraits(PEOPLE, noise=2, suffix="_Mask")
    recognizer.passes.clear()
    trials = worn_trials(opponent, faces, outfits, "same_photo", batch_size)
    # 5 training people wear 3 designs, 4 held-out people wear 4, and all wear grey.
    assert len(trials) == 5 * 3 + 4 * 4 + 9 == sum(recognizer.passes)
    assert not trials.duplicated(["wears", "image_id", "design"]).any()
    expected = worn_trials(opponent, faces, outfits, "same_photo", 5)
    pd.testing.assert_frame_equal(trials, expected)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_the_device_changes_nothing(recognizer, outfits):
    faces, table = portraits(PEOPLE, noise=2), table_of(recognizer, portraits(PEOPLE))
    logs = []
    for device in (CPU, torch.device("cuda")):
        opponent = enroll(recognizer.to(device), table, device)
        logs.append(worn_trials(opponent, faces, outfits, "same_photo", 4))
    pd.testing.assert_frame_equal(*logs)


def test_row_order_changes_nothing(opponent, outfits):
    trials = [
        worn_trials(opponent, portraits(order, noise=2), outfits, "same_photo", 4)
        for order in (PEOPLE, PEOPLE[::-1], [*PEOPLE[4:], *PEOPLE[:4]])
    ]
    pd.testing.assert_frame_equal(trials[0], trials[1])
    pd.testing.assert_frame_equal(trials[0], trials[2])


def test_everybody_is_in_the_gallery_of_every_row(opponent):
    assert sorted(opponent.gallery_ids) == PEOPLE
    np.testing.assert_allclose(np.linalg.norm(opponent.gallery, axis=1), 1, atol=1e-6)


def test_further_photos_of_a_person_wear_the_same_designs(opponent, outfits):
    two = portraits([PEOPLE[0], PEOPLE[0]])
    two.rows["image_id"] = ["00000_1_Mask", "00000_2_Mask"]
    trials = worn_trials(opponent, two, outfits, "other_photo", 4)
    of_each = trials[trials["wears"] == "generated"].groupby("image_id")["design"].agg(list)
    assert of_each["00000_1_Mask"] == of_each["00000_2_Mask"] == [0, 1, 2]


def test_a_recognizer_that_collapsed_identifies_nobody(recognizer):
    probes = table_of(recognizer, portraits(PEOPLE))
    with torch.no_grad():
        recognizer.head.weight.fill_(1e-3)
    opponent = enroll(recognizer, probes, CPU)
    assert not stored_trials(opponent, probes, "no_mask", "same_photo", 4)["hit"].any()


def test_two_enrolled_photos_or_none_are_refused(recognizer):
    double = portraits([PEOPLE[0], PEOPLE[1], PEOPLE[1]])
    double.rows["image_id"] = ["a", "b", "c"]
    with pytest.raises(FaceveilError, match="'00001' has 2"):
        enroll(recognizer, table_of(recognizer, double), CPU)
    nobody = table_of(recognizer, portraits(PEOPLE))
    empty = type(nobody)(*(column[:0] for column in vars(nobody).values()))
    with pytest.raises(FaceveilError, match="there is nobody"):
        enroll(recognizer, empty, CPU)
