"""Tests of whom designs are trained on: everything is joined by id."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.training_data import draw_others, join_subjects
from faceveil.store.embeddings import EmbeddingTable
from tests.protection.designs.small_world import (
    SUBJECTS,
    TRAINED,
    SmallRecognizer,
    data,
    masked_photos,
    photos,
    roles,
    table,
    tables,
)

CPU = torch.device("cpu")


def test_labels_are_gallery_rows_whatever_is_missing_or_shuffled():
    # Flaw 1 of the published code: labels were file numbers, shifted by the first missing file.
    recognizer = SmallRecognizer()
    kept = [s for s in SUBJECTS if s not in {"00001", "00004", "00008"}]
    shuffled = kept[::-1]
    faces = masked_photos(["00009", "00002", "00000", "00003", "00005", "00006", "00007"])
    stored = {
        "unmasked": table(recognizer, photos(1, "", kept)),
        "masked": table(recognizer, masked_photos(shuffled)),
        "further_unmasked": table(recognizer, photos(4, "_1", shuffled[:3])),
    }
    found = join_subjects(faces, stored, roles(kept[::-1]), CPU)
    assert found.subject_ids == tuple(kept)
    assert found.counts() == {"trained": 5, "held_out": 2, "enrolled": 7}
    assert faces.rows["subject_id"].iloc[found.rows].tolist() == kept[:5]
    whole = tables(recognizer)
    for number, subject in enumerate(kept):
        row = SUBJECTS.index(subject)
        np.testing.assert_array_equal(found.gallery[number], whole["unmasked"].features[row])
        if number < found.trained:
            np.testing.assert_array_equal(found.masked[number], whole["masked"].features[row])
    assert [kept[i] for i in found.plain_mask.labels] == shuffled
    assert [kept[i] for i in found.clean_face.labels] == shuffled[:3]


def test_training_people_come_first_and_all_are_enrolled():
    found = data(SmallRecognizer())
    assert found.trained == TRAINED
    assert len(found.gallery) == len(SUBJECTS)
    assert len(found.masked) == TRAINED


def test_clean_faces_are_the_gallery_where_there_is_no_further_photo():
    recognizer = SmallRecognizer()
    stored = tables(recognizer)
    none = EmbeddingTable(*(part[:0] for part in vars(stored["unmasked"]).values()))
    found = join_subjects(masked_photos(), {**stored, "further_unmasked": none}, roles(), CPU)
    torch.testing.assert_close(found.clean_face.features, found.gallery, rtol=0, atol=0)


def test_probes_of_strangers_are_left_out():
    found = join_subjects(masked_photos(), tables(SmallRecognizer()), roles(SUBJECTS[:9]), CPU)
    assert found.plain_mask.labels.tolist() == list(range(9))


def with_roles(**changes):
    """Return the protocol's table with another role of some people: ``s00002="test"``."""
    found = roles()
    own = found.enrollments.set_index("subject_id")
    for who, role in changes.items():
        own.loc[who.removeprefix("s"), "role"] = role
    return replace(found, enrollments=own.reset_index())


def test_who_trains_and_who_is_held_out_is_what_the_protocol_says():
    recognizer = SmallRecognizer()
    changed = with_roles(s00002="test", s00008="train", s00009="distractor", s00005="dev")
    found = join_subjects(masked_photos(), tables(recognizer), changed, CPU)
    numbers = (0, 1, 3, 4, 6, 8, 2, 7)  # training people by id, then the held-out ones
    assert found.subject_ids == tuple(SUBJECTS[number] for number in numbers)
    assert found.counts() == {"trained": 6, "held_out": 2, "enrolled": 8}


@pytest.mark.parametrize("role", ["test", "distractor", "dev"])
def test_without_training_people_is_refused(role):
    nobody = with_roles(**{f"s{subject}": role for subject in SUBJECTS})
    with pytest.raises(FaceveilError, match="0 people"):
        join_subjects(masked_photos(), tables(SmallRecognizer()), nobody, CPU)


def test_a_person_without_a_masked_photo_is_refused_by_name():
    recognizer = SmallRecognizer()
    with pytest.raises(FaceveilError, match="00003"):
        join_subjects(masked_photos(SUBJECTS[:3] + SUBJECTS[4:]), tables(recognizer), roles(), CPU)


@pytest.mark.parametrize("nothing", ["absent", "zero"])
def test_photos_without_any_mask_are_refused(nothing):
    faces = masked_photos()
    blank = None if nothing == "absent" else np.zeros_like(faces.transparency)
    faces, stored = replace(faces, transparency=blank), tables(SmallRecognizer())
    with pytest.raises(FaceveilError, match="shows no mask"):
        join_subjects(faces, stored, roles(), CPU)


@pytest.mark.parametrize("trained", [7, 5000, 50_000])
@pytest.mark.parametrize("size", [2, 5, 6])
def test_others_are_nobody_of_the_batch_and_nobody_twice(trained, size):
    for seed in range(50):
        draw = np.random.default_rng(seed)
        batch = torch.from_numpy(draw.permutation(trained)[:3])
        others = draw_others(batch, trained, size, draw)
        assert others.dtype == torch.int64
        assert len(others) == max(0, size - 3)
        everyone = batch.tolist() + others.tolist()
        assert len(set(everyone)) == len(everyone)
        assert all(0 <= number < trained for number in everyone)


def test_anybody_else_is_drawn_equally_often():
    batch, draw = torch.tensor([6, 0, 3]), np.random.default_rng(0)
    drawn = torch.cat([draw_others(batch, 8, 5, draw) for _ in range(5000)])
    times = torch.bincount(drawn, minlength=8)
    assert times[batch].tolist() == [0, 0, 0]
    assert times[[1, 2, 4, 5, 7]].tolist() == pytest.approx([2000] * 5, rel=0.08)


def test_no_more_others_are_drawn_than_there_are():
    others = draw_others(torch.tensor([2, 0]), 5, 100, np.random.default_rng(0))
    assert sorted(others.tolist()) == [1, 3, 4]
