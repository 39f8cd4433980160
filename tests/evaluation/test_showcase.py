"""The photos of the figure: held-out people, first designs, nothing picked."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from faceveil.evaluation.controls import sample_designs
from faceveil.evaluation.showcase import ORIGINAL, held_out_people, showcase, wearing
from faceveil.params.errors import FaceveilError
from faceveil.protection.designs.generators import load_generator
from faceveil.store.faces import PackedFaces, write_faces
from tests.evaluation.world import GAME, PEOPLE, SETTINGS, LowerHalf, portraits, write_world


@pytest.fixture
def params():
    experiments = {"exp1": None, "exp0": None}
    report = SimpleNamespace(people_shown=3)
    return SimpleNamespace(
        experiments=experiments, evaluate=SETTINGS, report=report, game=lambda _: GAME
    )


def test_rows_are_plain_masks_and_then_each_experiment(tmp_path, params, monkeypatch):
    write_world(tmp_path)
    monkeypatch.setattr("faceveil.evaluation.projection.load_projector", lambda _: LowerHalf())
    gans = tmp_path / "models/gan"
    ids, photos = showcase(tmp_path / "data/curated", tmp_path, gans, params)
    assert ids == PEOPLE[5:8]
    assert list(photos) == [ORIGINAL, "exp1", "exp0"]
    plain = portraits(PEOPLE[5:8], noise=1).pixels / 255
    np.testing.assert_allclose(photos[ORIGINAL], plain, atol=1e-6)
    designs = sample_designs(load_generator(gans / "exp0"), SETTINGS)
    for number in range(3):
        worn = photos["exp0"][number]
        np.testing.assert_allclose(worn[:8], plain[number][:8], atol=1e-6)
        expected = designs[number].permute(1, 2, 0)[8:]
        np.testing.assert_allclose(worn[8:], expected, atol=1e-6)


def test_fewer_designs_than_people_are_dealt_around():
    faces = portraits(PEOPLE[:3])
    designs = torch.stack([torch.zeros(3, 16, 16), torch.ones(3, 16, 16)])
    assert wearing(faces, designs)[:, 12, 0, 0].tolist() == [0, 1, 0]


def test_people_come_in_the_order_of_their_ids(tmp_path):
    write_faces(tmp_path / "masked", portraits(PEOPLE[::-1]))
    people = held_out_people(tmp_path, 2)
    assert people.rows["subject_id"].tolist() == PEOPLE[5:7]
    np.testing.assert_array_equal(people.pixels, portraits(PEOPLE[5:7]).pixels)


def test_nobody_held_out_is_refused(tmp_path):
    faces = portraits(PEOPLE[:3])
    write_faces(tmp_path / "masked", PackedFaces(faces.pixels, faces.rows))
    with pytest.raises(FaceveilError, match="nobody is held out"):
        held_out_people(tmp_path, 2)
