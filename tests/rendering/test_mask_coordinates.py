"""Coordinates are those of the face: a texel is where it was, however a photo shows it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import LinearNDInterpolator

from faceveil.rendering.mask_coordinates import (
    CHIN,
    HALF_WIDTH,
    MOUTH,
    NOSE,
    average_height,
    continued,
    lower_edge,
    on_average,
    on_mask,
    upper_edge,
)
from faceveil.rendering.photo import draw_photo
from faceveil.rendering.render import render
from faceveil.rendering.surface import cast
from faceveil.rendering.surgical import _cloth_relief, _shape, draw_cut, put_on
from tests.rendering.people import frontal, somebody

SIZE = 96
TEXELS = tuple(np.meshgrid(np.linspace(-0.8, 0.8, 7), np.linspace(0.15, 0.85, 7)))


def wear(person, photo, number=0):
    rendering = render(person, photo, SIZE)
    cut = draw_cut(np.random.default_rng(number), person, "correct")
    return rendering, put_on(rendering, person, photo, cut)


def places(rendering, worn):
    """True places on the person's head, in millimetres, where a photo shows the texels."""
    truth = cast(_shape(rendering.skull), rendering.view.coarse(), _cloth_relief(rendering))
    seen = worn.transparency > 0.5
    u, v, _ = worn.coordinates[:, seen]
    return LinearNDInterpolator((u, v), np.stack([truth.x[seen], truth.y[seen]], 1))(*TEXELS)


@pytest.mark.parametrize("number", range(3))
def test_a_texel_lies_on_the_same_place_in_two_photos(number):
    person = somebody(20 + number)
    photos = [draw_photo(np.random.default_rng([number, i]), person) for i in range(2)]
    turned = replace(photos[0], yaw=0.25, pitch=-0.1), replace(photos[1], yaw=-0.2, pitch=0.1)
    one, other = (places(*wear(person, photo, i)) for i, photo in enumerate(turned))
    off = np.linalg.norm(one - other, axis=-1)
    assert np.isfinite(off).sum() > 20
    assert np.nanmedian(off) < 0.015 * 2 * HALF_WIDTH


def test_how_a_mask_is_cut_moves_no_texel():
    person = somebody(4)
    _, one = wear(person, frontal(person), 0)
    _, other = wear(person, frontal(person), 1)
    assert np.abs(one.transparency - other.transparency).max() > 0.5
    assert np.array_equal(one.coordinates[:2], other.coordinates[:2])


@pytest.mark.parametrize("number", range(3))
def test_like_places_of_other_people_have_like_coordinates(number):
    person = somebody(number)
    own = (
        person.nose_length - 6.5,
        min(person.nose_length + person.mouth_drop, person.chin_drop - 37),
        person.chin_drop,
    )
    found = average_height(np.array([0.0, *own]), *own)
    np.testing.assert_allclose(found, [0, NOSE, MOUTH, CHIN], atol=1e-4)
    assert (np.diff(average_height(np.arange(-130.0, 240), *own)) > 0).all()


def test_the_edges_of_the_standard_mask_are_the_ends_of_u_and_v():
    x = np.linspace(-HALF_WIDTH, HALF_WIDTH, 9)
    np.testing.assert_allclose(on_mask(x, upper_edge(x))[1], 0, atol=1e-6)
    np.testing.assert_allclose(on_mask(x, lower_edge(x))[1], 1, atol=1e-6)
    assert on_mask(x, x)[0][[0, 4, 8]].tolist() == [-1, 0, 1]


def test_coordinates_go_on_smoothly_beyond_what_is_known():
    rows, columns = np.indices((64, 64)).astype(np.float32)
    known = np.hypot(rows - 32, columns - 30) < 15
    planes = np.stack([(columns - 30) / 40, (rows - 10) / 50, np.ones_like(rows)])
    found = continued(np.where(known, planes, 99), known)
    # A plane is continued exactly; clipped at the ends of its range.
    np.testing.assert_allclose(found, planes, atol=1e-4)


def test_of_a_face_that_is_not_seen_nothing_is_made_up():
    planes = np.full((3, 8, 8), np.nan, np.float32)
    found = continued(planes, np.zeros((8, 8), bool))
    assert (found[:, 0, 0] == np.float32([0, 0.5, 1])).all() and np.isfinite(found).all()


def test_no_seam_and_no_fold_around_the_mask():
    person = somebody(6)
    photo = replace(draw_photo(np.random.default_rng(2), person), yaw=0.25)
    _, worn = wear(person, photo)
    u, v, shading = worn.coordinates
    assert worn.coordinates.shape == (3, SIZE, SIZE) and np.isfinite(worn.coordinates).all()
    near = (worn.transparency > 0.02) & (v > -0.45)  # a strap reaches above what v can say
    # Where the outline of a turned head is continued, neighbours may be nearly alike.
    assert (np.diff(u, axis=1)[near[:, 1:]] > -0.02).all()
    assert (np.diff(v, axis=0)[near[1:]] > -0.02).all()
    # Nowhere two neighbours are farther apart than an eighth of the mask.
    assert max(np.abs(np.diff(plane, axis=a)).max() for plane in (u, v) for a in (0, 1)) < 0.25
    assert shading.min() >= 0 and shading.max() <= 2


def test_shading_is_how_the_cloth_is_displayed():
    """White cloth shows its shading; brighter light makes more of it, a warm camera does not."""
    person = somebody(3)
    photo = replace(frontal(person), warmth=0.0, light_warmth=0.0)
    rendering = render(person, photo, SIZE)
    cut = draw_cut(np.random.default_rng(0), person, "correct")
    white = replace(cut, cloth=np.full(3, 0.9, np.float32))
    worn = put_on(rendering, person, photo, white)
    whole = worn.transparency == 1
    shown = (worn.colour - rendering.grain)[whole] @ np.float32([0.2126, 0.7152, 0.0722])
    ratio = shown / worn.coordinates[2][whole]
    assert np.std(ratio) / np.mean(ratio) < 0.02
    coloured = put_on(rendering, person, photo, cut)
    assert np.array_equal(coloured.coordinates, worn.coordinates)
    dark = put_on(replace(rendering, exposure=0.5 * rendering.exposure), person, photo, white)
    assert (dark.coordinates[2] < worn.coordinates[2])[whole].all()


def test_places_on_the_head_come_back_from_their_coordinates():
    x, y = np.meshgrid(np.linspace(-80, 80, 9), np.linspace(-20, 140, 9))
    np.testing.assert_allclose(on_average(*on_mask(x, y)), (x, y), atol=1e-4)
