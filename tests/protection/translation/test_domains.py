"""Who is shown to translators, beside whom, and how."""

import numpy as np
import pandas as pd
import pytest
import torch

from faceveil.collection.places import Places
from faceveil.params.errors import FaceveilError
from faceveil.protection.sources import Sources
from faceveil.protection.translation.domains import faces_of
from faceveil.store.protocol import Roles, read_roles
from tests.protection.translation.small_domains import (
    CYCLEGAN,
    PAIRED,
    SIZE,
    small_dealer,
    small_faces,
)
from tests.stages.worn_world import write_world


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    root = tmp_path_factory.mktemp("worn")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACEVEIL_WORKERS", "1")
        patch.setenv("DVC_ROOT", str(root))
        write_world(root)
    roles = read_roles(root / "data/protocol")
    return Sources(root / "data/curated", root / "data/transparencies", roles)


def test_nobody_who_is_judged_is_in_either_domain(sources):
    faces = faces_of(sources, "train")
    assert set(faces.subject_ids) == set(sources.roles.of_role("train"))
    assert not set(faces.subject_ids) & set(sources.roles.of_role("test"))
    assert len(faces) == 2 * len(sources.roles.of_role("train"))  # of each two photos


def test_rows_are_of_one_face(sources):
    faces = faces_of(sources, "train")
    for number, image_id in enumerate(faces.image_ids):
        kind = "further_masked" if image_id.endswith("_1") else "masked"
        masked = sources.faces(kind)
        row = masked.rows["image_id"].tolist().index(f"{image_id}_Mask")
        assert masked.rows["subject_id"][row] == faces.subject_ids[number]
        assert np.array_equal(masked.pixels[row], faces.masked[number])
        assert np.array_equal(masked.transparency[row], faces.transparency[number])
        assert np.array_equal(
            faces.masked[number][: SIZE // 2], faces.unmasked[number][: SIZE // 2]
        )


def test_who_trains_and_is_judged_is_refused(sources):
    trains = sources.roles.of_role("train")[0]
    twice = sources.roles.enrollments.query("subject_id == @trains").assign(role="test")
    both = pd.concat([sources.roles.enrollments, twice])
    wrong = Sources(sources.curated, sources.transparencies, Roles(both, sources.roles.probes))
    with pytest.raises(FaceveilError, match=f"{trains} has role train and is judged"):
        faces_of(wrong, "train")


def test_an_empty_domain_is_refused(sources):
    nobody = sources.roles.enrollments.query("role != 'train'")
    empty = Sources(sources.curated, sources.transparencies, Roles(nobody, sources.roles.probes))
    with pytest.raises(FaceveilError, match="none of 0 people with role train is there with and"):
        faces_of(empty, "train")


def test_domains_of_an_epoch_have_nobody_in_common_and_halves_change():
    dealer = small_dealer(CYCLEGAN)
    people = dealer.faces.subject_ids
    halves = []
    for epoch in range(20):
        bare, worn = (set(people[rows]) for rows in dealer.dealt(epoch))
        assert not bare & worn
        assert bare | worn == set(people)
        halves.append(frozenset(bare))
    assert len(set(halves)) > 5


def test_pairs_show_one_face_twice_and_each_once_an_epoch():
    dealer = small_dealer(PAIRED, mirrored=False)
    shown = []
    for step in range(dealer.steps):
        batch = dealer.batch(step)
        outside = batch.region == 0
        assert torch.equal(batch.unmasked * outside, batch.masked * outside)
        assert not torch.equal(batch.unmasked, batch.masked)
        shown += [tuple(one.flatten().tolist()) for one in batch.unmasked]
    assert len(set(shown)) == len(dealer.faces) == len(shown)


def test_a_step_shows_the_same_whatever_came_before():
    dealer = small_dealer(CYCLEGAN)
    wanted = dealer.batch(7)
    again = small_dealer(CYCLEGAN).batch(7)
    assert torch.equal(wanted.masked, again.masked)
    assert torch.equal(wanted.unmasked, again.unmasked)


def test_people_with_more_photos_than_others_leave_no_step_without():
    """A half with few photos shows some of them again."""
    faces = small_faces(people=7, each=4)
    few = np.flatnonzero((np.arange(28) % 4 == 0) | (np.arange(28) < 9))
    part = {name: getattr(faces, name)[few] for name in vars(faces)}
    for size in (1, 3):
        dealer = small_dealer(CYCLEGAN, faces=faces.__class__(**part), batch_size=size)
        for step in range(20 * dealer.steps):
            batch = dealer.batch(step)
            assert len(batch.unmasked) == len(batch.masked) == size


def test_unpaired_photos_of_one_person_are_refused():
    alone = small_faces(people=1)
    with pytest.raises(FaceveilError, match="1 person trains; unpaired photos need two"):
        small_dealer(CYCLEGAN, faces=alone).batch(0)


def marked_faces():
    """FacePairs whose points are the lightest pixels of their photos."""
    faces = small_faces()
    for photo, points in zip(faces.unmasked, faces.places.points, strict=True):
        photo[:] = 0
        for x, y in points:
            photo[int(y * SIZE), int(x * SIZE)] = 255
    return faces


@pytest.mark.parametrize("enlarged", [1.0, 1.5])
def test_places_move_with_the_photo(enlarged):
    dealer = small_dealer(PAIRED, faces=marked_faces(), enlarged=enlarged, batch_size=12)
    batch = dealer.batch(0)
    mirrored = 0
    for photo, points in zip(batch.unmasked, batch.unmasked_places.points, strict=True):
        assert points[0, 0] < points[1, 0]  # the left eye stays the left one
        mirrored += points[0, 1] > points[1, 1]
        for x, y in points[(points > 0.05).all(1) & (points < 0.9).all(1)]:
            left, top = int(x * SIZE), int(y * SIZE)
            around = photo[:, max(0, top - 1) : top + 2, max(0, left - 1) : left + 2]
            assert around.max() > 0.3
    assert 0 < mirrored < 12


def test_places_without_a_face_stay_without():
    faces = small_faces()
    nowhere = Places(faces.places.boxes * np.nan, faces.places.points * np.nan)
    dealer = small_dealer(PAIRED, faces=faces.__class__(**{**vars(faces), "places": nowhere}))
    assert not dealer.batch(0).unmasked_places.found.any()
