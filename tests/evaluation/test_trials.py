"""Searches against a plain loop, and flaws of the published evaluation that must not return."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.evaluation.search import counted, steps
from faceveil.evaluation.trials import (
    COLUMNS,
    Outfit,
    Probes,
    enroll,
    joined,
    remembering,
    stored_trials,
    trunk_sight,
    worn_trials,
)
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
def gallery(recognizer):
    return enroll(recognizer, table_of(recognizer, portraits(PEOPLE)), CPU)


@pytest.fixture
def search(recognizer, gallery, outfits):
    """Search with photos that wear the outfits."""

    def worn(faces, batch_size=4, protocol="same_photo", image_ids=None):
        chosen = faces.rows["image_id"] if image_ids is None else image_ids
        probes = Probes(protocol, faces, np.array(chosen, dtype=np.str_))
        return worn_trials(trunk_sight(recognizer, CPU), [gallery], probes, outfits, batch_size)[0]

    return worn


def as_photographed(gallery, table, protocol="other_photo"):
    return stored_trials(gallery, table, ("no_mask", protocol), 4, CPU).trials


def test_people_are_joined_by_id_though_files_are_missing(gallery, recognizer):
    probes = portraits(PEOPLE[::-1], noise=1, suffix="_1")
    trials = as_photographed(gallery, table_of(recognizer, probes))
    assert trials["hit"].all() and (trials["rank"] == 1).all()
    assert tuple(trials.columns) == COLUMNS


def test_labels_by_position_would_have_missed(gallery, recognizer):
    """The published flaw: from the first missing file on, each label is shifted."""
    faces = portraits(PEOPLE, noise=1)
    shifted = faces.rows.assign(subject_id=np.roll(PEOPLE, 1))
    wrong = table_of(recognizer, type(faces)(faces.pixels, shifted))
    assert not as_photographed(gallery, wrong)["hit"].any()


def test_a_plain_loop_finds_the_same(gallery, recognizer, outfits, search):
    faces = portraits(PEOPLE, noise=2, suffix="_Mask")
    log = search(faces)
    designs = {"generated": outfits[0].designs, "grey": outfits[1].designs}
    enrolled = recognizer.embed(portraits(PEOPLE).images(slice(None))).double()
    strangers: dict[str, list[float]] = {"generated": [], "grey": []}
    for one in log.trials.itertuples():
        row = PEOPLE.index(one.subject_id)
        face = faces.images([row])
        face[:, :, 8:] = designs[one.wears][one.design][:, 8:]
        similarity = (recognizer.embed(face).double() @ enrolled.T)[0].detach().numpy()
        others = np.delete(similarity, row)
        assert one.rank == 1 + (others >= similarity[row]).sum()
        assert one.hit == (one.rank == 1)
        assert one.mated == pytest.approx(similarity[row], abs=2e-6)
        assert one.nearest == pytest.approx(others.max(), abs=2e-6)
        assert one.nearest_id == np.delete(PEOPLE, row)[others.argmax()]
        strangers[one.wears] += others.tolist()
    assert 0 < log.trials["hit"].mean() < 1
    for wears, scores in strangers.items():
        both = [log.nonmated[wears, "same_photo", split] for split in ("train", "test")]
        by_hand = counted(steps(np.round(scores, 6)))
        # A similarity at the edge of a step may fall to either side of it.
        assert sum(both).sum() == len(scores)
        assert np.abs(np.cumsum(sum(both)) - np.cumsum(by_hand)).max() <= 1


@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
def test_no_remainder_is_dropped_and_batches_change_nothing(recognizer, search, batch_size: int):
    faces = portraits(PEOPLE, noise=2, suffix="_Mask")
    recognizer.passes.clear()
    log = search(faces, batch_size)
    # 5 training people wear 3 designs, 4 held-out people wear 4, and all wear grey.
    assert len(log.trials) == 5 * 3 + 4 * 4 + 9 == sum(recognizer.passes)
    assert not log.trials.duplicated(["wears", "image_id", "design"]).any()
    expected = search(faces, 5)
    pd.testing.assert_frame_equal(log.trials, expected.trials)
    assert log.nonmated.keys() == expected.nonmated.keys()
    for key, counts in log.nonmated.items():
        np.testing.assert_array_equal(counts, expected.nonmated[key])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_the_device_changes_nothing(recognizer, outfits):
    faces, table = portraits(PEOPLE, noise=2), table_of(recognizer, portraits(PEOPLE))
    probes, logs = Probes("same_photo", faces, np.array(PEOPLE)), []
    for device in (CPU, torch.device("cuda")):
        gallery = enroll(recognizer.to(device), table, device)
        see = trunk_sight(recognizer, device)
        logs += worn_trials(see, [gallery], probes, outfits, 4)
    pd.testing.assert_frame_equal(logs[0].trials, logs[1].trials)


def test_row_order_changes_nothing(search):
    orders = (PEOPLE, PEOPLE[::-1], [*PEOPLE[4:], *PEOPLE[:4]])
    trials = [search(portraits(order, noise=2)).trials for order in orders]
    pd.testing.assert_frame_equal(trials[0], trials[1])
    pd.testing.assert_frame_equal(trials[0], trials[2])


def test_only_those_probe_whom_the_protocol_names(search):
    chosen = PEOPLE[2:5]
    trials = search(portraits(PEOPLE, noise=2), image_ids=chosen).trials
    assert sorted(set(trials["subject_id"])) == chosen


def test_two_galleries_are_searched_with_one_look(recognizer, gallery, outfits):
    half = enroll(recognizer, table_of(recognizer, portraits(PEOPLE[:5])), CPU)
    probes = Probes("same_photo", portraits(PEOPLE[:5], noise=2), np.array(PEOPLE[:5]))
    recognizer.passes.clear()
    logs = worn_trials(trunk_sight(recognizer, CPU), [gallery, half], probes, outfits, 4)
    assert sum(recognizer.passes) == len(logs[0].trials) == len(logs[1].trials)
    pd.testing.assert_series_equal(logs[0].trials["mated"], logs[1].trials["mated"])
    assert (logs[0].trials["rank"] >= logs[1].trials["rank"]).all()
    alone = worn_trials(trunk_sight(recognizer, CPU), [half], probes, outfits, 4)[0]
    pd.testing.assert_frame_equal(logs[1].trials, alone.trials)


def test_joined_logs_add_their_comparisons(search):
    log = search(portraits(PEOPLE, noise=2))
    both = joined([log, log])
    assert len(both.trials) == 2 * len(log.trials)
    for key, counts in log.nonmated.items():
        np.testing.assert_array_equal(both.nonmated[key], 2 * counts)


def test_everybody_is_in_the_gallery_of_every_row(gallery, recognizer):
    assert gallery.subject_ids.tolist() == PEOPLE
    seen = torch.tensor(table_of(recognizer, portraits(PEOPLE)).features)
    np.testing.assert_allclose(np.diag(gallery.similarity(seen)), 1, atol=1e-6)


def test_further_photos_of_a_person_wear_the_same_designs(search):
    two = portraits([PEOPLE[0], PEOPLE[0]])
    two.rows["image_id"] = ["00000_1_Mask", "00000_2_Mask"]
    trials = search(two, protocol="other_photo").trials
    of_each = trials[trials["wears"] == "generated"].groupby("image_id")["design"].agg(list)
    assert of_each["00000_1_Mask"] == of_each["00000_2_Mask"] == [0, 1, 2]


def test_a_recognizer_that_collapsed_identifies_nobody(recognizer):
    probes = table_of(recognizer, portraits(PEOPLE))
    with torch.no_grad():
        recognizer.head.weight.fill_(1e-3)
    gallery = enroll(recognizer, probes, CPU)
    assert not as_photographed(gallery, probes, "same_photo")["hit"].any()


def test_two_enrolled_photos_or_none_are_refused(recognizer):
    double = portraits([PEOPLE[0], PEOPLE[1], PEOPLE[1]])
    double.rows["image_id"] = ["a", "b", "c"]
    with pytest.raises(FaceveilError, match="'00001' has 2"):
        enroll(recognizer, table_of(recognizer, double), CPU)
    nobody = table_of(recognizer, portraits(PEOPLE))
    empty = type(nobody)(*(column[:0] for column in vars(nobody).values()))
    with pytest.raises(FaceveilError, match="there is nobody"):
        enroll(recognizer, empty, CPU)


def test_a_sight_that_remembers_looks_once_at_the_same_photos_and_again_at_others(recognizer):
    see = remembering(trunk_sight(recognizer, CPU))
    photos = portraits(PEOPLE[:4]).images(slice(None))
    before = sum(recognizer.passes)
    first, again = (see(photos.clone(), np.arange(4)) for _ in range(2))
    assert torch.equal(first, again)
    assert sum(recognizer.passes) - before == 4
    photos[0, 0, 0, 0] += 0.25
    assert not torch.equal(see(photos, np.arange(4)), first)
    assert sum(recognizer.passes) - before == 8
