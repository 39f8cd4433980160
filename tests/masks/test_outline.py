"""Six points of a mask's outline, whatever reaches out of it."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from faceveil.masks.drawn import CUTS, draw_template
from faceveil.masks.outline import find_outline
from faceveil.params.errors import FaceveilError

CORNERS = [(40, 60), (150, 20), (260, 60), (235, 170), (150, 200), (65, 170)]


def drawn(straps=False, corners=CORNERS):
    picture = Image.new("L", (300, 220))
    pen = ImageDraw.Draw(picture)
    pen.polygon([*corners[:3], (262, 120), *corners[3:], (38, 120)], fill=255)
    if straps:
        pen.line([(0, 10), (45, 65)], fill=255, width=9)
        pen.line([(255, 160), (299, 150)], fill=255, width=9)
    return np.asarray(picture)


def corner():
    """A cut-out like the letter Γ: nothing in its lower right."""
    alpha = np.zeros((220, 300), np.uint8)
    alpha[20:90, 20:280] = alpha[20:200, 20:100] = 255
    return alpha


def test_the_six_anchors_are_found():
    outline = find_outline(drawn(), "drawn")
    assert np.abs(outline.anchors - CORNERS)[:3].max() < 6
    # The lower corners are where the diagonals of the extent leave the mask.
    assert np.abs(outline.anchors - CORNERS)[3:].max() < 20
    assert outline.left == pytest.approx(38, abs=2)
    assert outline.right == pytest.approx(263, abs=2)


def test_straps_move_no_anchor():
    bare, strapped = find_outline(drawn(), "bare"), find_outline(drawn(straps=True), "strapped")
    assert np.abs(bare.anchors - strapped.anchors).max() < 4
    assert abs(bare.left - strapped.left) < 3


def test_a_ragged_edge_moves_no_anchor_far():
    rng = np.random.default_rng(0)
    alpha = drawn()
    rim = (alpha > 0) & (np.roll(alpha, 2, 0) == 0)
    ragged = np.where(rim & (rng.random(alpha.shape) < 0.5), 0, alpha)
    found = find_outline(ragged.astype(np.uint8), "ragged").anchors
    assert np.abs(found - find_outline(alpha, "drawn").anchors).max() < 5


def test_a_fold_beside_the_middle_is_the_nose():
    corners = [CORNERS[0], (170, 20), *CORNERS[2:]]
    assert find_outline(drawn(corners=corners), "folded").anchors[1, 0] == pytest.approx(170, abs=5)


@pytest.mark.parametrize("name", sorted(CUTS))
def test_own_templates_are_symmetric(name):
    alpha = draw_template(name)[..., 3]
    anchors = find_outline(alpha, name).anchors
    mirrored = np.array([alpha.shape[1], 0]) + anchors[[2, 1, 0, 5, 4, 3]] * (-1, 1)
    assert np.abs(anchors - mirrored).max() < 2
    assert (anchors[:3, 1] < anchors[3:, 1].min()).all()


@pytest.mark.parametrize(
    ("alpha", "message"),
    [
        (np.full((60, 80), 255, np.uint8), "no transparent background"),
        (np.full((60, 80), 120, np.uint8), "nothing in it is at least half opaque"),
        (np.pad(np.full((20, 20), 255, np.uint8), 90), "its largest part fills"),
        (np.pad(np.full((2, 80), 255, np.uint8), 30), "its largest part fills"),
        (corner(), "no mask seen from the front; its middle"),
        (corner()[:, ::-1], "no mask seen from the front; its middle"),
    ],
)
def test_what_is_no_cutout_of_a_mask_is_one_line(alpha, message):
    with pytest.raises(FaceveilError, match=rf"odd\.png: .*{message}") as refusal:
        find_outline(alpha, "odd.png")
    assert "\n" not in str(refusal.value)
