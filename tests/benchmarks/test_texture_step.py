"""The benchmark of a step of textures, on a few photos."""

import pytest
import torch

from benchmarks import texture_step
from benchmarks.texture_step import RandomWearers, measure, networks, prepared
from faceveil.params.train_texture import TrainTexture


@pytest.fixture(scope="module")
def built():
    return networks()


def test_the_prepared_networks_see_what_the_bare_ones_see(built):
    for name, network in built.items():
        side = network.trunk.view.input_size
        photos = torch.rand(2, 3, side, side)
        seen = prepared(name, network).recognizer.trunk(photos)
        assert torch.allclose(seen, network.trunk(photos), rtol=1e-3, atol=1e-4)


def test_crops_of_the_photos_are_their_faces():
    photos = RandomWearers().photos(RandomWearers().labels[:2])
    assert photos.places.found.all()
    covered = photos.coordinates[:, :2].where(photos.transparency > 0, 0)
    assert covered.abs().amax(dim=(2, 3)).flatten().tolist() == pytest.approx([1, 1] * 2, abs=0.05)


@pytest.mark.slow
def test_a_small_step_is_measured(monkeypatch):
    monkeypatch.setattr(texture_step, "ROUNDS", 1)
    few = {"optimised": 1, "kept": 1, "photos_per_step": 2, "height": 16, "width": 16}
    result = measure(TrainTexture.model_validate({"start": "noise", **few}))
    assert result["worn_photos"] == 2
    assert min(result["ms_per_worn_photo"].values()) > 0
    assert result["time_over_bare"] > 0
    assert result["memory_over_bare"] > 0
