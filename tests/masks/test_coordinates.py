"""Coordinates of masks put on, and estimated ones, against the head that was rendered."""

from dataclasses import replace

import numpy as np
import pytest

from faceveil.collection.detection import detect_faces
from faceveil.masks.coordinates import LONGEST_SIDE, SHADES, estimate_coordinates, worn_coordinates
from faceveil.masks.drawn import CUTS
from faceveil.masks.head import mask_loft, relief
from faceveil.masks.placing import put_on
from faceveil.masks.pose import find_pose
from faceveil.masks.shading import seen_shading
from faceveil.masks.templates import open_templates
from faceveil.rendering.mask_coordinates import CHIN, HALF_WIDTH, MOUTH, NOSE, on_mask
from faceveil.rendering.photo import draw_photo
from tests.masks.test_placing import GREY, face_at
from tests.rendering.people import somebody
from tests.rendering.test_mask_coordinates import places, wear

WARDROBE = open_templates("rendered", 0)


def at(planes, points):
    columns, rows = np.floor(points).astype(int).T
    return planes[:, rows, columns]


@pytest.mark.parametrize("yaw", [-0.4, 0.0, 0.4])
@pytest.mark.parametrize("roll", [0.0, 0.5])
def test_a_place_of_the_masks_surface_has_its_own_coordinates(yaw, roll):
    face = face_at(yaw=yaw, roll=roll)
    found = worn_coordinates(GREY.shape, face, WARDROBE.open("surgical_blue"))
    x, y = np.array([(0, 40), (-20, 50), (20, 50), (0, 65), (-30, 60), (30, 60)]).T
    # All above the mouth: below it faces are stretched to their chin.
    width, depth = mask_loft().at(y)
    points = np.stack([x, y, depth * np.sqrt(1 - (x / width) ** 2) + relief(x, y)], axis=1)
    seen = at(found, find_pose(face.box, face.landmarks).project(points))
    # A pixel is 1.4 mm: 0.024 of u, 0.014 to 0.03 of v; half of it is lost in rounding.
    np.testing.assert_allclose(seen[:2], on_mask(x, y), atol=0.05)


@pytest.mark.parametrize("name", sorted(CUTS))
def test_colour_times_shading_is_the_mask_that_was_put_on(name):
    face = face_at()
    cutout = put_on(GREY, face, WARDROBE.open(name))
    shading = worn_coordinates(GREY.shape, face, WARDROBE.open(name))[2]
    whole = cutout[..., 3] == 255
    expected = np.clip(np.array(CUTS[name].colour) * shading[whole][:, None], 0, 255)
    assert np.abs(expected - cutout[whole][:, :3]).mean() < 3


def test_a_larger_photo_has_the_same_coordinates():
    face = face_at()
    small = worn_coordinates(GREY.shape, face, WARDROBE.open("cone_white"))
    large = face_at((1200.0, 1200.0), 14.0)
    found = worn_coordinates((3200, 2400, 3), large, WARDROBE.open("cone_white"))
    assert found.shape == (3, LONGEST_SIDE, round(LONGEST_SIDE * 0.75))
    again = found[:, 1::2, 1::2][:2]
    rows, columns = np.arange(again.shape[1]) * 160 // 256, np.arange(again.shape[2]) * 120 // 192
    assert np.median(np.abs(again - small[:2][:, rows[:, None], columns])) < 0.02


def test_odd_sizes_are_no_hindrance():
    found = worn_coordinates((161, 121, 3), face_at(), WARDROBE.open("ffp2_white"))
    even = worn_coordinates(GREY.shape, face_at(), WARDROBE.open("ffp2_white"))
    assert found.shape == (3, 161, 121)
    assert np.abs(found[:2, 70:110, 40:80] - even[:2, 70:110, 40:80]).max() < 0.01


def test_estimated_ones_are_those_of_a_mask_put_on():
    face = face_at(yaw=0.3)
    cutout = put_on(GREY, face, WARDROBE.open("surgical_blue"))
    exact = worn_coordinates(GREY.shape, face, WARDROBE.open("surgical_blue"))
    found = estimate_coordinates(cutout[..., :3], cutout[..., 3], face.box, face.landmarks)
    assert np.array_equal(found[:2], exact[:2])
    whole = cutout[..., 3] == 255
    assert np.corrcoef(found[2][whole], exact[2][whole])[0, 1] > 0.8
    assert SHADES[0] <= found[2].min() and found[2].max() <= SHADES[1]


def test_shading_is_luminance_in_units_of_its_median():
    colour = np.full((3, 6, 6), 100, np.uint8)
    colour[:, :2], colour[:, 5] = 50, 7
    opacity = np.full((6, 6), 255, np.uint8)
    opacity[5] = 0
    found = seen_shading(colour, opacity)
    assert found[:, 3].tolist() == pytest.approx([0.5, 0.5, 1, 1, 1, 1])
    assert (seen_shading(colour, np.zeros((6, 6), np.uint8)) == 1).all()


def test_the_standard_mask_reaches_from_the_nose_to_under_the_chin():
    u, v = on_mask(np.array([0.0, 0.0, 0.0, HALF_WIDTH]), np.array([NOSE, MOUTH, CHIN, MOUTH]))
    assert u.tolist() == [0, 0, 0, 1]
    assert 0 < v[0] < v[1] < v[2] < 1
    face = face_at()
    assert find_pose(face.box, face.landmarks).yaw == pytest.approx(0, abs=0.02)


def test_an_estimated_texel_lies_on_the_same_place_in_two_photos():
    """Landmarks are found on the same photo without mask; the truth is the renderer's."""
    off = []
    for number in range(4):
        person = somebody(30 + number)
        shots = [
            wear(person, draw_photo(np.random.default_rng([number, i]), person)) for i in range(2)
        ]
        bare = [np.round(255 * rendering.image).astype(np.uint8) for rendering, _ in shots]
        both = []
        for photo, found, (rendering, worn) in zip(bare, detect_faces(bare), shots, strict=True):
            alpha = np.round(255 * worn.transparency).astype(np.uint8)
            place = found.boxes[0], found.landmarks[0]
            estimated = estimate_coordinates(photo, alpha, *place)
            both.append(places(rendering, replace(worn, coordinates=estimated)))
        off.append(np.linalg.norm(both[0] - both[1], axis=-1).ravel())
    assert np.isfinite(off).mean() > 0.5
    assert np.nanmedian(off) < 0.04 * 2 * HALF_WIDTH
