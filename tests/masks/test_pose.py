"""How a head stands, from five landmarks."""

import numpy as np
import pytest

from faceveil.masks.head import CHIN_DEPTH, LANDMARKS
from faceveil.masks.pose import CHINS, Pose, find_pose
from faceveil.rendering.mask_coordinates import CHIN

POSES = [
    Pose((60.0, 50.0), 0.7, yaw, pitch, roll)
    for yaw, pitch, roll in [
        (0, 0, 0), (0.3, 0, 0), (-0.6, 0.1, 0.2), (0.5, -0.1, -0.5), (0.0, 0.0, 1.5), (0.1, 0, 3.0),
    ]
]  # fmt: skip


def box_of(pose, chin=CHIN):
    """A box that ends at the chin."""
    bottom = pose.project(np.array([[0.0, chin, CHIN_DEPTH]]))[0, 1]
    return np.array([0.0, 0.0, 100.0, bottom])


@pytest.mark.parametrize("pose", POSES, ids=str)
def test_a_known_pose_is_found_again(pose):
    found = find_pose(box_of(pose), pose.project(LANDMARKS))
    # The priors hold back a little.
    assert found.yaw == pytest.approx(pose.yaw, abs=0.04)
    assert found.pitch == pytest.approx(pose.pitch, abs=0.06)
    assert np.cos(found.roll - pose.roll) > 0.999
    assert found.scale == pytest.approx(pose.scale, rel=0.03)
    assert np.abs(found.project(LANDMARKS) - pose.project(LANDMARKS)).max() < 1.5


def test_the_camera_undoes_the_projection():
    for pose in POSES:
        point = np.array([[10.0, 40.0, 90.0]])
        column, row = pose.project(point)[0]
        x, y = pose.camera(column, row)
        ahead = 90 * np.cos(pose.yaw) - 10 * np.sin(pose.yaw)
        assert x == pytest.approx(10 * np.cos(pose.yaw) + 90 * np.sin(pose.yaw))
        assert pose.height(y, ahead) == pytest.approx(40)


def test_size_and_place_carry_over():
    pose = POSES[2]
    near = find_pose(box_of(pose), pose.project(LANDMARKS))
    far = find_pose(3 * box_of(pose) + 7, 3 * pose.project(LANDMARKS) + 7)
    assert far.scale == pytest.approx(3 * near.scale, rel=1e-3)
    assert far.yaw == pytest.approx(near.yaw, abs=1e-3)
    assert far.centre == pytest.approx(tuple(3 * c + 7 for c in near.centre), abs=0.1)


@pytest.mark.parametrize("chin", [105.0, CHIN, 120.0])
def test_the_chin_is_where_the_box_ends(chin):
    pose = POSES[0]
    found = find_pose(box_of(pose, chin), pose.project(LANDMARKS))
    assert found.chin == pytest.approx(chin, abs=1)
    assert found.height(np.array(chin), 0.0) == pytest.approx(CHIN, abs=2)
    assert found.height(np.array(50.0), 0.0) == pytest.approx(50, abs=1)


@pytest.mark.parametrize(("chin", "bound"), [(60.0, CHINS[0]), (200.0, CHINS[1])])
def test_an_odd_box_moves_the_chin_no_farther_than_a_mouth_opens(chin, bound):
    pose = POSES[0]
    assert find_pose(box_of(pose, chin), pose.project(LANDMARKS)).chin == bound


def test_landmarks_in_one_point_give_a_pose_all_the_same():
    pose = find_pose(np.array([0.0, 0, 10, 10]), np.full((5, 2), 5.0))
    assert np.isfinite([*pose.centre, pose.scale, pose.yaw, pose.pitch, pose.roll]).all()
