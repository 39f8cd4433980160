"""Who enrolls and who probes: disjoint people, files that say it, refusals."""

import shutil

import numpy as np
import pandas as pd
import pytest

from faceveil.params.errors import FaceveilError
from faceveil.params.protocol import Protocol
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.protocol import (
    DEV,
    ENROLLMENTS,
    PROBES,
    STUDY,
    assign_roles,
    read_roles,
    write_roles,
)
from tests.evaluation.world import PEOPLE, SPARE, portraits, write_world
from tests.packed import write_faces

SETTINGS = Protocol(dev_people=2, distractors=1, training_probes=5, seed=4)


@pytest.fixture(scope="module")
def curated(tmp_path_factory):
    root = tmp_path_factory.mktemp("world")
    write_world(root)
    return root / "data/curated"


def test_everybody_has_one_role_and_one_gallery(curated):
    roles = assign_roles(curated, SETTINGS)
    people = roles.enrollments.set_index("subject_id")
    assert people.index.is_unique
    assert people["role"].value_counts().to_dict() == {
        "train": 5, "test": 4, "dev": 2, "distractor": 1
    }  # fmt: skip
    assert set(people.index) - set(PEOPLE) < set(SPARE)
    assert (people["gallery"] == DEV).sum() == 2
    by_gallery = roles.probes.groupby("gallery")["subject_id"].agg(set)
    assert not by_gallery[STUDY] & by_gallery[DEV]


def test_distractors_never_probe_and_all_others_do(curated):
    roles = assign_roles(curated, SETTINGS)
    role = roles.enrollments.set_index("subject_id")["role"]
    assert set(role[role != "distractor"].index) == set(roles.probes["subject_id"])
    kinds = roles.probes.groupby("protocol")["kind"].agg(set).to_dict()
    assert kinds == {
        "same_photo": {"unmasked", "masked"},
        "other_photo": {"further_unmasked", "further_masked"},
    }


def test_training_people_beyond_a_number_are_only_enrolled(curated):
    some = assign_roles(curated, SETTINGS.model_copy(update={"training_probes": 2}))
    people = some.probes.groupby("role")["subject_id"].nunique()
    assert people.to_dict() == {"train": 2, "test": 4, "dev": 2}
    assert (some.enrollments["role"] == "train").sum() == 5


def test_photos_are_named(curated):
    roles = assign_roles(curated, SETTINGS)
    assert roles.probing(STUDY, "other_photo", "further_masked").tolist() == [
        f"{subject}_1_Mask" for subject in PEOPLE
    ]
    assert set(PEOPLE) < set(roles.enrolled(STUDY))


@pytest.mark.parametrize(
    ("rows", "whose"), [(("further_unmasked", 0), "the same person"), (("unmasked", 1), "somebody")]
)
def test_a_photo_that_is_there_twice_is_refused(curated, tmp_path, rows, whose):
    kind, row = rows
    shutil.copytree(curated, tmp_path / "curated")
    photos = np.load(tmp_path / "curated" / kind / "pixels.npy")
    photos[row] = open_faces(curated, "unmasked").pixels[0]
    np.save(tmp_path / "curated" / kind / "pixels.npy", photos)
    with pytest.raises(FaceveilError, match=f"is there again as one of {whose}"):
        assign_roles(tmp_path / "curated", SETTINGS)


def test_row_order_and_seed(curated, tmp_path):
    once = assign_roles(curated, SETTINGS)
    everybody = (PEOPLE + SPARE)[::-1]
    shuffled = tmp_path / "shuffled"
    empty = PackedFaces(portraits(PEOPLE).pixels[:0], portraits(PEOPLE).rows.iloc[:0])
    for kind in ("unmasked", "masked", "further_unmasked", "further_masked"):
        faces = portraits(everybody) if kind == "unmasked" else empty
        write_faces(shuffled / kind, faces)
    again = assign_roles(shuffled, SETTINGS)
    pd.testing.assert_frame_equal(once.enrollments, again.enrollments)
    other = [assign_roles(curated, SETTINGS.model_copy(update={"seed": seed})) for seed in range(6)]
    assert len({tuple(one.enrolled(DEV)) for one in other}) > 1


def test_training_people_stand_in_where_nobody_is_dev(curated):
    """They choose thresholds; who is in the study stays as it is, and the held-out never choose."""
    roles = assign_roles(curated, SETTINGS.model_copy(update={"dev_people": 0}))
    assert (roles.choosing, assign_roles(curated, SETTINGS).choosing) == ("train", "dev")
    people = roles.enrollments.set_index("role")
    assert set(roles.enrolled(DEV)) == set(people.loc["train", "image_id"])
    assert set(people.loc["test", "image_id"]) < set(roles.enrolled(STUDY))
    assert set(roles.enrolled(DEV)) < set(roles.enrolled(STUDY))
    probing = roles.probing(DEV, "other_photo", "further_unmasked")
    test = roles.probes.loc[roles.probes["role"] == "test", "image_id"]
    assert len(probing) == 5
    assert not set(probing) & set(test)


def test_too_few_spare_people_name_the_keys(curated):
    wanted = SETTINGS.model_copy(update={"dev_people": 4})
    with pytest.raises(FaceveilError, match=r"are 5 together.*has 4 spare.*curate\.spare_people"):
        assign_roles(curated, wanted)


def test_round_trip(curated, tmp_path):
    roles, folder = assign_roles(curated, SETTINGS), tmp_path / "protocol"
    write_roles(roles, folder / "enrollments.csv", folder / "probes.csv")
    found = read_roles(folder)
    pd.testing.assert_frame_equal(found.enrollments, roles.enrollments, check_dtype=False)
    pd.testing.assert_frame_equal(found.probes, roles.probes, check_dtype=False)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("probes.csv", None, "no protocol here; run `dvc repro protocol`"),
        ("probes.csv", "a,b\n1,2\n", "expected the columns gallery"),
        ("enrollments.csv", "study,guest,00000,00000\n", "unknown role 'guest'"),
        ("enrollments.csv", "study,test,00000,0\ndev,dev,00000,1\n", "enrolled twice"),
        ("probes.csv", "dev,dev,same_photo,masked,00000,0\n", "who is not in that gallery"),
    ],
)
def test_other_files_are_refused(curated, tmp_path, file, text, message):
    folder = tmp_path / "protocol"
    roles = assign_roles(curated, SETTINGS)
    write_roles(roles, folder / "enrollments.csv", folder / "probes.csv")
    if text is None:
        (folder / file).unlink()
    else:
        columns = PROBES if file == "probes.csv" else ENROLLMENTS
        head = "" if text.startswith("a,b") else ",".join(columns) + "\n"
        (folder / file).write_text(head + text)
    with pytest.raises(FaceveilError, match=message):
        read_roles(folder)
