from dataclasses import replace

import numpy as np
import pytest

from faceveil.rendering.hair import STYLES, cut_hair, hair_colour
from faceveil.rendering.head import head_loft
from faceveil.rendering.person import HAIR_STYLES
from faceveil.rendering.surface import look
from tests.rendering.people import frontal, somebody


def cut(style: str):
    person = replace(somebody(), hair_style=style, hairline_height=66.0)
    photo = frontal(person)
    view = look(person, photo, 128)
    return cut_hair(person, head_loft(person, photo), view), view


def test_every_style_but_bald_has_a_cut():
    assert set(STYLES) == set(HAIR_STYLES) - {"bald"}
    hair, _ = cut("bald")
    assert hair.cap is None and hair.hanging is None and hair.behind == ()


@pytest.mark.parametrize("style", sorted(STYLES))
def test_hair_leaves_the_face_free(style):
    hair, view = cut(style)
    rows, columns = hair.cap.view.part_of(view)
    x, y = view.x[rows, columns], view.y[rows, columns]
    face = (np.abs(x) < 30) & (y > -10) & (y < 60)
    assert hair.cap.cover[face].max() < 0.05
    top = (np.abs(x) < 20) & (y > -112) & (y < -98)
    if style not in ("fringe_crown",):
        assert hair.cap.cover[top].mean() > 0.6
    assert (hair.hanging is not None) == bool(STYLES[style].reach)


def test_a_fringe_reaches_lower_than_a_parting():
    def lowest(style):
        hair, view = cut(style)
        rows, columns = hair.cap.view.part_of(view)
        middle = np.abs(view.x[rows, columns]) < 10
        return view.y[rows, columns][middle & (hair.cap.cover > 0.5)].max()

    assert lowest("fringe") > lowest("long") + 15


def test_hair_goes_grey():
    young, old = replace(somebody(), grey=0.0, hair_tone=0.1), replace(somebody(), grey=1.0)
    assert hair_colour(old).mean() > 3 * hair_colour(young).mean()
    assert np.ptp(hair_colour(old)) < 0.1
