"""Masks on photos: on the face, inside the photo, and mixed by the equation."""

import numpy as np
import pytest

from faceveil.collection.detection import detect_faces
from faceveil.collection.measures import measure_placement
from faceveil.masks.drawn import CUTS
from faceveil.masks.head import LANDMARKS
from faceveil.masks.placing import Face, over, put_on
from faceveil.masks.pose import Pose
from faceveil.masks.templates import open_templates
from tests.masks.by_person import photo_of

WARDROBE = open_templates("rendered", 0)
GREY = np.full((160, 120, 3), 90, np.uint8)


def face_at(centre=(60.0, 60.0), scale=0.7, yaw=0.0, pitch=0.0, roll=0.0):
    """Return the face of an average head."""
    pose = Pose(centre, scale, yaw, pitch, roll)
    corners = pose.project(np.array([(x, y, 85.0) for x in (-60, 60) for y in (-60, 111)]))
    box = np.concatenate([corners.min(axis=0), corners.max(axis=0)])
    return Face(box, pose.project(LANDMARKS))


def opacity(cutout):
    return cutout[..., 3]


@pytest.mark.parametrize("name", sorted(CUTS))
@pytest.mark.parametrize("number", range(2))
def test_it_is_worn_correctly_by_a_rendered_face(name, number):
    photo = photo_of(number, number)
    found = detect_faces([photo])[0]
    worn = put_on(photo, Face(found.boxes[0], found.landmarks[0]), WARDROBE.open(name))
    placement = measure_placement(opacity(worn) >= 128, found.landmarks[0])
    assert min(placement.values()) > 0.8


@pytest.mark.parametrize("roll", [-0.6, 0.0, 0.6])
@pytest.mark.parametrize("pitch", [-0.25, 0.0, 0.25])
@pytest.mark.parametrize("yaw", [-0.8, -0.4, 0.0, 0.4, 0.8])
def test_it_follows_the_head(yaw, pitch, roll):
    face = face_at(yaw=yaw, pitch=pitch, roll=roll, centre=(60.0, 70.0), scale=0.5)
    worn = put_on(GREY, face, WARDROBE.open("surgical_blue"))
    placement = measure_placement(opacity(worn) >= 128, face.landmarks)
    assert placement["mouth"] == 1
    assert placement["nose"] >= 0.5
    eyes = np.rint(face.landmarks[:2]).astype(int)
    assert (opacity(worn)[eyes[:, 1], eyes[:, 0]] == 0).all()


def test_photo_and_mask_are_mixed_by_the_equation():
    photo = photo_of(0, 0)
    found = detect_faces([photo])[0]
    worn = put_on(photo, Face(found.boxes[0], found.landmarks[0]), WARDROBE.open("cone_white"))
    a = opacity(worn)[..., None] / 255
    exact = photo * (1 - a) + worn[..., :3] * a
    # Rounded once: nothing is farther than half a level.
    assert np.abs(over(photo, worn) - exact).max() <= 0.5 + 1e-9
    assert len(np.unique(opacity(worn))) > 30
    assert (over(photo, worn) == photo)[opacity(worn) == 0].all()
    assert (over(photo, worn) == worn[..., :3])[opacity(worn) == 255].all()


def test_a_mirrored_face_wears_the_mirrored_mask():
    face = face_at(yaw=0.4, roll=0.2)
    width = GREY.shape[1]
    mirrored = Face(
        np.array([width - face.box[2], face.box[1], width - face.box[0], face.box[3]]),
        (face.landmarks * (-1, 1) + (width, 0))[[1, 0, 2, 4, 3]],
    )
    one, other = (
        opacity(put_on(GREY, f, WARDROBE.open("surgical_blue"))) for f in (face, mirrored)
    )
    assert np.abs(one.astype(int) - other[:, ::-1]).mean() < 1


@pytest.mark.parametrize(
    "place",
    [
        {"centre": (-500.0, 60.0)},
        {"centre": (60.0, 900.0)},
        {"centre": (0.0, 0.0)},
        {"centre": (119.0, 159.0)},
        {"centre": (60.0, 60.0), "scale": 0.01},
        {"centre": (60.0, 60.0), "scale": 30.0},
        {"centre": (60.0, 60.0), "yaw": 1.5},
        {"centre": (60.0, 60.0), "pitch": 1.2},
        {"centre": (60.0, 60.0), "roll": np.pi},
    ],
    ids=str,
)
def test_no_place_or_turn_of_a_face_breaks_it(place):
    worn = put_on(GREY, face_at(**place), WARDROBE.open("ffp2_white"))
    assert worn.shape == (160, 120, 4)
    assert over(GREY, worn).shape == GREY.shape


def test_a_face_outside_of_the_photo_gets_no_mask():
    worn = put_on(GREY, face_at((-500.0, 60.0)), WARDROBE.open("ffp2_white"))
    assert not worn.any()


def test_a_mask_looks_alike_at_any_size():
    small = put_on(GREY, face_at(), WARDROBE.open("surgical_green"))
    large = put_on(
        np.zeros((640, 480, 3), np.uint8),
        face_at((240.0, 240.0), 2.8),
        WARDROBE.open("surgical_green"),
    )
    shrunk = large.reshape(160, 4, 120, 4, 4).mean(axis=(1, 3))
    assert np.abs(shrunk[..., 3] - small[..., 3]).mean() < 1
    inside = (small[..., 3] == 255) & (shrunk[..., 3] == 255)
    assert np.abs(shrunk[inside] - small[inside]).mean() < 3
