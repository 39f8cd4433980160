"""Where a gaiter would be, against landmarks, the standard mask and the face's size."""

import numpy as np
import pytest

from faceveil.masks.coordinates import worn_coordinates
from faceveil.masks.gaiter import LID, gaiter_region
from faceveil.masks.placing import Face
from faceveil.masks.region import mask_region
from faceveil.masks.templates import open_templates
from faceveil.rendering.mask_coordinates import EYE_DISTANCE

SIZE = 96
BOX = np.array([24.0, 16.0, 72.0, 84.0])
POINTS = np.array([[37.0, 41.0], [59.0, 41.0], [48.0, 54.0], [39.5, 64.5], [56.5, 64.5]])
TEMPLATE = open_templates("rendered", 0).open("surgical_blue")


def worn(size=SIZE, scale=1.0, moved=(0.0, 0.0)):
    face = Face(scale * BOX + np.tile(moved, 2), scale * POINTS + moved)
    return gaiter_region(worn_coordinates((size, size), face, TEMPLATE)[None])[0, 0]


@pytest.fixture(scope="module")
def region():
    return worn()


def test_it_covers_nose_mouth_chin_and_neck_and_no_eye(region):
    for x, y in [*POINTS[2:], (48.0, 80.0), (48.0, 85.0)]:
        assert region[int(y), int(x)] == 1
    for x, y in [*POINTS[:2], (48.0, 41.0), (5.0, 60.0), (90.0, 60.0), (30.0, 88.0)]:
        assert region[int(y), int(x)] == 0
    assert region.dtype == np.float32


def test_it_covers_all_that_a_mask_does_and_more(region):
    mask = mask_region(SIZE, BOX, POINTS)
    assert (region[mask == 1] == 1).mean() > 0.99
    assert region.sum() > 1.3 * mask.sum()


def test_its_upper_edge_is_level_below_the_eyes(region):
    covered = region[30:70, 32:65].sum(axis=0)
    pixel = EYE_DISTANCE / (POINTS[1, 0] - POINTS[0, 0])
    assert np.ptp(covered) < 1.5
    assert 70 - covered.mean() == pytest.approx(41 + LID / pixel, abs=1.5)


def test_it_is_as_wide_as_the_head_and_narrower_below(region):
    assert region[52].sum() > region[62].sum() > region[74].sum() > region[86].sum() > 0
    # beside the head, places go on from what is nearest, which is not always the mirror's
    assert np.abs(region - region[:, ::-1]).sum() < 0.01 * region.sum()


def test_it_moves_and_grows_with_the_face(region):
    assert worn(moved=(7.0, 0.0)).sum() == pytest.approx(region.sum(), rel=0.02)
    assert worn(2 * SIZE, 2).sum() == pytest.approx(4 * region.sum(), rel=0.03)


def test_each_photo_has_its_own(region):
    planes = worn_coordinates((SIZE, SIZE), Face(BOX, POINTS), TEMPLATE)
    both = gaiter_region(np.stack([planes, planes[:, ::-1]]))
    assert np.array_equal(both[0, 0], region)
    assert np.array_equal(both[1, 0], region[::-1])
