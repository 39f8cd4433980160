"""Masks on real photos: they are put on nearly all, and where masks are worn."""

import pytest

from faceveil.collection.images import read_image
from faceveil.collection.measures import measure_placement
from faceveil.masks.originals import find_originals
from faceveil.masks.person_files import find_faces
from faceveil.masks.placing import put_on
from faceveil.masks.templates import open_templates
from faceveil.params.curate import Curate
from tests.collection.test_placement import how_worn

pytestmark = pytest.mark.real

PEOPLE, PHOTOS = 30, 4


@pytest.fixture(scope="module")
def shots(real_data):
    """Some photos of the first people, as they are looked at."""
    people = find_originals(real_data / "lfw").people[:PEOPLE]
    return [
        shot
        for person in people
        for shot in find_faces(real_data / "lfw", person.photos[:PHOTOS], 0.75)
    ]


@pytest.mark.parametrize("templates", ["rendered", "mask_templates"])
def test_masks_are_put_on_and_worn_correctly(real_data, shots, templates):
    folder = templates if templates == "rendered" else str(real_data / templates)
    wardrobe = open_templates(folder, 2021)
    worn = []
    for shot in (shot for shot in shots if shot.face):
        photo = read_image(real_data / "lfw" / shot.path)
        mask = put_on(photo, shot.face, wardrobe.open(wardrobe.choose(shot.path)))
        covered = measure_placement(mask[..., 3] >= 128, shot.face.landmarks)
        worn.append(how_worn(Curate(), **covered))
    assert len(worn) >= 0.97 * len(shots)
    assert worn.count("correct") >= 0.97 * len(shots)
