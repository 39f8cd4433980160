"""Where a mask would be, against rendered masks and against the photo's own turn and size."""

import numpy as np
import pytest

from faceveil.masks.coordinates import worn_coordinates
from faceveil.masks.placing import Face, put_on
from faceveil.masks.region import mask_region
from faceveil.masks.templates import open_templates

SIZE = 96
BOX = np.array([24.0, 16.0, 72.0, 84.0])
POINTS = np.array([[37.0, 41.0], [59.0, 41.0], [48.0, 54.0], [39.5, 64.5], [56.5, 64.5]])
TEMPLATE = open_templates("rendered", 0)


@pytest.fixture(scope="module")
def region():
    return mask_region(SIZE, BOX, POINTS)


def centre(region: np.ndarray) -> np.ndarray:
    down, right = np.indices(region.shape) + 0.5
    return np.array([(region * right).sum(), (region * down).sum()]) / region.sum()


def test_it_covers_nose_tip_mouth_and_chin_and_no_eye(region):
    for x, y in [*POINTS[2:], (48.0, 80.0)]:
        assert region[int(y), int(x)] == 1
    for x, y in [*POINTS[:2], (5.0, 60.0), (90.0, 60.0), (48.0, 93.0)]:
        assert region[int(y), int(x)] == 0
    assert region.dtype == np.float32
    assert set(np.unique(region)) <= {0, 0.25, 0.5, 0.75, 1}


def test_a_frontal_face_has_a_symmetric_one(region):
    assert np.abs(region - region[:, ::-1]).max() <= 0.25
    assert centre(region)[0] == pytest.approx(48, abs=0.1)


def test_it_is_about_where_a_template_is_put(region):
    photo, template = np.zeros((SIZE, SIZE, 3), np.uint8), TEMPLATE.open("surgical_blue")
    worn = put_on(photo, Face(BOX, POINTS), template)[..., 3] > 127
    both, either = (worn & (region > 0.5)).sum(), (worn | (region > 0.5)).sum()
    assert both / either > 0.75


def test_it_is_what_lies_between_the_standard_edges(region):
    u, v, _ = worn_coordinates((SIZE, SIZE), Face(BOX, POINTS), TEMPLATE.open("surgical_blue"))
    inside = (np.abs(u) < 0.9) & (v > 0.08) & (v < 0.92)
    outside = (np.abs(u) > 1.1) | (v < -0.08) | (v > 1.08)
    assert (region[inside] > 0.5).mean() > 0.99
    assert (region[outside] < 0.5).all()


@pytest.mark.parametrize("moved", [(7.0, 0.0), (-5.0, 3.0)])
def test_it_moves_with_the_face(region, moved):
    found = mask_region(SIZE, BOX + np.tile(moved, 2), POINTS + moved)
    np.testing.assert_allclose(centre(found), centre(region) + moved, atol=0.15)
    assert found.sum() == pytest.approx(region.sum(), rel=0.02)


def test_it_grows_with_the_face():
    small, large = (mask_region(2 * SIZE, k * BOX, k * POINTS).sum() for k in (1, 2))
    assert large == pytest.approx(4 * small, rel=0.03)
