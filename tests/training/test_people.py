"""Tests of who plays: everything is joined by id."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from faceveil.data.embeddings import EmbeddingTable
from faceveil.params.errors import FaceveilError
from faceveil.training.people import gather_people
from tests.training.small_world import (
    SUBJECTS,
    TRAINED,
    SmallRecognizer,
    masked_photos,
    people,
    photos,
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
    found = gather_people(faces, stored, CPU)
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
    found = people(SmallRecognizer())
    assert found.trained == TRAINED
    assert len(found.gallery) == len(SUBJECTS)
    assert len(found.masked) == TRAINED


def test_clean_faces_are_the_gallery_where_there_is_no_further_photo():
    recognizer = SmallRecognizer()
    stored = tables(recognizer)
    none = EmbeddingTable(*(column[:0] for column in vars(stored["unmasked"]).values()))
    found = gather_people(masked_photos(), {**stored, "further_unmasked": none}, CPU)
    torch.testing.assert_close(found.clean_face.features, found.gallery, rtol=0, atol=0)


def test_probes_of_strangers_are_left_out():
    recognizer = SmallRecognizer()
    stored = {**tables(recognizer), "unmasked": table(recognizer, photos(1, "", SUBJECTS[:9]))}
    found = gather_people(masked_photos(), stored, CPU)
    assert found.plain_mask.labels.tolist() == list(range(9))


@pytest.mark.parametrize(("split", "found"), [("test", "0 people"), ("background", "0 people")])
def test_too_few_training_people_are_refused(split, found):
    recognizer = SmallRecognizer()
    stored = tables(recognizer)
    splits = np.full(len(SUBJECTS), split)
    stored["unmasked"] = replace(stored["unmasked"], splits=splits)
    with pytest.raises(FaceveilError, match=found):
        gather_people(masked_photos(), stored, CPU)


def test_a_person_without_a_masked_photo_is_refused_by_name():
    recognizer = SmallRecognizer()
    with pytest.raises(FaceveilError, match="00003"):
        gather_people(masked_photos(SUBJECTS[:3] + SUBJECTS[4:]), tables(recognizer), CPU)


@pytest.mark.parametrize("nothing", ["absent", "zero"])
def test_photos_without_any_mask_are_refused(nothing):
    faces = masked_photos()
    blank = None if nothing == "absent" else np.zeros_like(faces.transparency)
    with pytest.raises(FaceveilError, match="shows no mask"):
        gather_people(replace(faces, transparency=blank), tables(SmallRecognizer()), CPU)
