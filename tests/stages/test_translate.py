"""The stage ``translate``: photos in, people with masks put on and with theirs taken off out."""

from pathlib import Path

import numpy as np
import pytest

from faceveil.protection.translation.translate import face_of
from faceveil.store.photos import open_photos
from faceveil.store.protocol import read_roles
from tests.stages.declared import enter, refused, succeed


@pytest.fixture
def at(translated_world, here):
    return lambda name="paired", without="": enter(translated_world, "translate", name, without)


@pytest.mark.parametrize("name", ["paired", "cyclegan"])
def test_stores_hold_judged_people_alone_one_photo_each(at, name):
    at(name)
    [out] = succeed("translate", name)
    assert {path.name for path in out.iterdir()} == {"put_on", "back", "plain", "exp1"}
    trained = set(read_roles(Path("data/protocol")).of_role("train"))
    for store in out.iterdir():
        rows = open_photos(store).rows
        assert not set(rows["subject_id"]) & trained
        assert set(rows["protocol"]) == {"other_photo"}
        assert (rows.groupby(["subject_id", "protection"]).size() == 1).all()
    faces = [set(face_of(open_photos(store).rows["image_id"])) for store in out.iterdir()]
    assert all(one == faces[0] for one in faces)  # the same photos bare, and in all that is worn
    assert set(open_photos(out / "put_on").rows["protection"]) == {f"put_on_{name}"}
    assert set(open_photos(out / "plain").rows["role"]) == {"test"}


def test_outside_of_the_mask_nothing_changes_but_for_rounding(at):
    at()
    [out] = succeed("translate", "paired")
    made, worn = open_photos(out / "plain"), open_photos(Path("data/protected/plain"))
    flat = worn.rows[worn.rows["condition"] == ""]
    place = flat.reset_index().set_index("image_id")["index"]
    before = worn.pixels[place.loc[made.rows["image_id"]].to_numpy()]
    top = slice(0, 12)  # masks begin at row 16, and their rims two pixels above
    assert np.array_equal(made.pixels[:, top], before[:, top])
    assert not np.array_equal(made.pixels[:, 20:], before[:, 20:])


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        (
            "models/translation",
            "no such weights; run `dvc repro pipelines/unmasking/dvc.yaml:train",
        ),
        ("data/protected", "no protected photos here; run `dvc repro protect"),
        ("data/transparencies", "no transparencies here; run `dvc repro project` first"),
    ],
)
def test_a_missing_input_is_one_line(at, missing, line):
    at(without=missing)
    assert line in refused("translate", "paired")
