"""Cut-outs spread out over the average head."""

import numpy as np
import pytest
from PIL import Image

from faceveil.masks.drawn import CUTS, draw_template
from faceveil.masks.head import LANDMARKS
from faceveil.masks.outline import find_outline
from faceveil.masks.templates import BOTTOM, CELL, LEFT, LEVELS, RIGHT, TOP, lay_on_head
from faceveil.params.errors import FaceveilError
from faceveil.rendering.mask_coordinates import CHIN, HALF_WIDTH, upper_edge


@pytest.fixture(scope="module", params=sorted(CUTS))
def template(request):
    return lay_on_head(draw_template(request.param), request.param)


def at(template, x, y, step=0.2):
    found = template.read(np.array([[x]], np.float32), np.array([[y]], np.float32), step)
    return found[:, 0, 0]


def test_it_covers_nose_mouth_and_chin_and_leaves_the_eyes(template):
    nose, mouth = LANDMARKS[2], LANDMARKS[3:]
    for x, y in [nose[:2], *mouth[:, :2], (0, CHIN), (0, 20)]:
        assert at(template, x, y)[3] > 0.99
    for x, y in [*LANDMARKS[:2, :2], (0, 10), (0, CHIN + 9), (HALF_WIDTH + 4, 60)]:
        assert at(template, x, y)[3] < 0.01


def test_its_edge_over_the_nose_is_where_masks_begin(template):
    y = np.arange(5, 30, 0.1, dtype=np.float32)[:, None]
    opacity = template.read(np.zeros_like(y), y, 0.1)[3, :, 0]
    edge = float(y[np.argmax(opacity > 0.5), 0])
    assert edge == pytest.approx(float(upper_edge(np.array(0.0))), abs=1.5)


def test_nothing_lies_outside(template):
    for x, y in [(LEFT - 5, 50), (RIGHT + 5, 50), (0, TOP - 5), (0, BOTTOM + 5)]:
        assert (at(template, x, y) == 0).all()


def test_coarse_levels_are_means_of_fine_ones(template):
    assert len(template.levels) == LEVELS
    for fine, coarse in zip(template.levels, template.levels[1:], strict=False):
        assert fine.shape[1:] == (2 * coarse.shape[1], 2 * coarse.shape[2])
        assert abs(float(fine.mean()) - float(coarse.mean())) < 0.5


def test_colour_is_that_of_the_cutout():
    plain = np.zeros((200, 260, 4), np.uint8)
    plain[20:180, 30:230] = (200, 40, 90, 255)
    template = lay_on_head(plain, "plain")
    for step in (CELL, 2, 20):
        np.testing.assert_allclose(255 * at(template, 0, 60, step), (200, 40, 90, 255), atol=1)


def test_the_size_of_the_picture_does_not_matter():
    picture = Image.fromarray(draw_template("surgical_blue"))
    large = picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.BICUBIC)
    both = [lay_on_head(np.asarray(image), "mask").levels[2] for image in (picture, large)]
    assert np.abs(both[0].astype(int) - both[1]).mean() < 1


def test_colour_beneath_transparency_bleeds_in_nowhere():
    loud = draw_template("cloth_black").copy()
    loud[loud[..., 3] == 0] = (255, 0, 255, 0)
    quiet = draw_template("cloth_black")
    pair = [lay_on_head(picture, "mask").levels[0] for picture in (loud, quiet)]
    assert np.abs(pair[0].astype(int) - pair[1]).max() <= 1


def test_a_cutout_without_shape_is_one_line(monkeypatch):
    def flat(alpha, name):
        found = find_outline(alpha, name)
        found.anchors[:] = found.anchors[0]
        return found

    monkeypatch.setattr("faceveil.masks.templates.find_outline", flat)
    monkeypatch.setattr("faceveil.masks.templates._targets", lambda outline: outline.anchors)
    with pytest.raises(FaceveilError, match="mask: no mask seen from the front"):
        lay_on_head(draw_template("cloth_black"), "mask")
