"""The lower face as a texture, against the photo that it is taken from."""

import numpy as np
import pytest
import torch
from scipy.interpolate import griddata

from faceveil.rendering.lower_face import SIZE, _between, _from_the_front, lower_face
from faceveil.rendering.person import draw_person
from faceveil.rendering.render import render
from faceveil.rendering.surgical import draw_cut, put_on
from faceveil.wearing.texture import wear_texture


@pytest.fixture(scope="module")
def person():
    return draw_person(np.random.default_rng(4))


@pytest.fixture(scope="module")
def face(person):
    return lower_face(person, 126, 144, seed=9)


def test_it_is_a_texture_in_range(face):
    assert face.shape == (3, 126, 144)
    assert face.dtype == np.float32
    assert 0 <= face.min() < face.max() <= 1


def test_who_wears_the_own_lower_face_looks_bare(person, face):
    """Each part lies over its own place: seen from the front, the mask is gone."""
    photo = _from_the_front(person, 9)
    rendering = render(person, photo, SIZE)
    worn = put_on(rendering, person, photo, draw_cut(np.random.default_rng(9), person, "correct"))
    coordinates = torch.from_numpy(worn.coordinates)[None].clone()
    coordinates[:, 2] = 1  # as lit as it is
    image = torch.from_numpy(np.moveaxis(rendering.image, 2, 0))[None].float()
    transparency = torch.from_numpy(worn.transparency)[None, None].float()
    dressed = wear_texture(image, transparency, coordinates, torch.from_numpy(face)[None])
    inside = (transparency[0, 0] > 0.99) & (coordinates[0, 0].abs() < 0.9)
    inside &= (coordinates[0, 1] > 0.05) & (coordinates[0, 1] < 0.9)
    assert inside.sum() > 1000
    assert (dressed - image).abs()[0, :, inside].mean() < 0.01
    plain = wear_texture(image, transparency, coordinates, torch.full((1, 3, 8, 8), 0.5))
    assert (plain - image).abs()[0, :, inside].mean() > 0.03


def test_colours_lie_between_those_around_them():
    """Against SciPy's own interpolation, which takes long where triangles are thin."""
    draw = np.random.default_rng(3)
    places, colours = draw.random((60, 2), np.float32), draw.random((60, 3), np.float32)
    texels = np.meshgrid(np.linspace(-0.1, 1.1, 13), np.linspace(0, 1, 9))
    found = _between(places, colours, texels)
    linear = griddata(places, colours, tuple(texels), method="linear")
    nearest = griddata(places, colours, tuple(texels), method="nearest")
    outside = np.isnan(linear)
    assert 0.1 < outside.mean() < 0.9
    wanted = np.where(outside, nearest, linear).transpose(2, 0, 1)
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_same_person_and_seed_give_the_same_face(person, face):
    assert np.array_equal(lower_face(person, 126, 144, seed=9), face)


def test_another_person_has_another_face(face):
    other = lower_face(draw_person(np.random.default_rng(5)), 126, 144, seed=9)
    assert np.abs(other - face).mean() > 0.02
