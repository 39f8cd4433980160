"""Zones of a face follow its landmarks, and a region covers what lies under it."""

import numpy as np
import pytest

from faceveil.collection.layouts import recognize
from faceveil.collection.measures import face_zones, measure_placement
from faceveil.collection.verdicts import worn as worn_by

LANDMARKS = np.array([[40.0, 40], [80, 40], [60, 58], [45, 80], [75, 80]])


FACE = {"box_left": 0, "box_top": 0, "box_right": 1, "box_bottom": 1, "region_share": 1}


def how_worn(params, **shares: float) -> str:
    row = FACE | {f"{zone}_covered": share for zone, share in shares.items()}
    return worn_by(recognize("00000_Mask.jpg"), row, params)


def rows(first: int, last: int) -> np.ndarray:
    region = np.zeros((128, 128), bool)
    region[first:last] = True
    return region


@pytest.mark.parametrize(
    ("region", "worn"),
    [
        (rows(50, 110), "correct"),
        (rows(50, 87), "nose_mouth"),
        (rows(70, 110), "mouth_chin"),
        (rows(90, 110), "chin"),
        (rows(50, 65), "other"),
        (rows(0, 0), "other"),
    ],
)
def test_how_a_mask_is_worn(params, region, worn):
    assert how_worn(params, **measure_placement(region, LANDMARKS)) == worn


def test_half_a_zone_is_half_covered():
    region = np.zeros((128, 128), bool)
    region[:, :60] = True
    placement = measure_placement(region, LANDMARKS)
    assert list(placement) == ["nose", "mouth", "chin"]
    assert list(placement.values()) == pytest.approx([0.5] * 3, abs=0.06)


def test_zones_turn_and_grow_with_the_face():
    angle = np.deg2rad(30)
    turn = 2 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = face_zones(LANDMARKS @ turn.T)
    for name, points in face_zones(LANDMARKS).items():
        assert np.allclose(turned[name], points @ turn.T)


def test_a_zone_outside_the_photo_is_bare():
    placement = measure_placement(np.ones((82, 128), bool), LANDMARKS)
    assert (placement["nose"], placement["chin"]) == (1.0, 0.0)
    assert 0.5 < placement["mouth"] < 1


def test_thresholds_are_inclusive(params):
    assert how_worn(params, nose=0.5, mouth=0.6, chin=0.2) == "correct"
    assert how_worn(params, nose=0.49, mouth=0.6, chin=0.2) == "mouth_chin"
