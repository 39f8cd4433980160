from dataclasses import replace

import numpy as np
import pytest

from faceveil.rendering.surface import View, cast, doubled, loft, look, normals, stroke
from tests.rendering.people import frontal, somebody


@pytest.fixture
def view() -> View:
    person = somebody()
    return look(person, frontal(person), 64)


def cylinder(radius: float, depth: float):
    return loft([(-200, radius), (200, radius)], [(-200, depth), (200, depth)])


def test_a_cylinder_is_met_where_geometry_says(view):
    hit = cast(cylinder(60, 80), view)
    inside = np.abs(view.x) < 59
    expected = 80 * np.sqrt(1 - (view.x[inside] / 60) ** 2)
    assert np.allclose(hit.depth[inside], expected, atol=0.05)
    assert (hit.inside[np.abs(view.x) > 61] < 0).all()


def test_turning_a_round_cylinder_changes_nothing_seen(view):
    turned = replace(view, yaw=0.3)
    straight, skewed = cast(cylinder(70, 70), view), cast(cylinder(70, 70), turned)
    inside = np.abs(view.x) < 69
    assert np.allclose(straight.depth[inside], skewed.depth[inside], atol=0.05)
    # but another side of it faces the camera
    middle = np.argmin(np.abs(view.x[32]))
    assert skewed.x[32, middle] == pytest.approx(-70 * np.sin(0.3), abs=2.5)


def test_the_outline_of_a_turned_ellipse_is_exact(view):
    hit = cast(cylinder(60, 90), replace(view, yaw=0.35))
    half = np.sqrt((60 * np.cos(0.35)) ** 2 + (90 * np.sin(0.35)) ** 2)
    seen = np.abs(view.x[hit.inside > 0]).max()
    assert seen == pytest.approx(half, abs=view.pixel)


def test_relief_comes_toward_the_camera(view):
    def bump(x, y):
        return 10 * np.exp(-0.5 * (x**2 + y**2) / 15**2)

    turned = replace(view, yaw=0.2)
    plain = cast(cylinder(70, 90), turned)
    raised = cast(cylinder(70, 90), turned, bump)
    inside = plain.inside > 0
    assert np.allclose(
        raised.z[inside] - bump(raised.x, raised.y)[inside],
        90 * np.sqrt(np.clip(1 - (raised.x[inside] / 70) ** 2, 0, 1)),
        atol=1.0,
    )
    assert raised.depth.max() > plain.depth.max() + 8


def test_a_loft_ends_round():
    ball = loft([(-50, 0), (0, 50), (50, 0)], [(-50, 0), (0, 50), (50, 0)])
    width, depth = ball.at(np.array([-45.0, 0.0, 45.0], np.float32))
    assert width[1] == pytest.approx(50, abs=0.5) and depth[1] == pytest.approx(50, abs=0.5)
    assert width[0] > 10 and width[2] > 10


def test_crop_keeps_the_rays_and_knows_its_place(view):
    part = view.crop(-40, 40, -20, 60)
    rows, columns = part.part_of(view)
    assert np.array_equal(view.x[rows, columns], part.x)
    assert part.x.shape[0] % 2 == 0 and part.x.shape[1] % 2 == 0
    again = part.crop(-10, 10, 0, 20)
    assert np.array_equal(view.y[again.part_of(view)], again.y)
    assert view.crop(900, 901, 0, 1).x.size > 0


def test_framing_puts_the_eyes_where_ffhq_has_them():
    person = somebody()
    for yaw in (-0.3, 0.0, 0.3):
        photo = replace(frontal(person), yaw=yaw)
        view = look(person, photo, 256)
        x, y, _ = view.project(0, 0, person.face_depth)
        row, column = np.unravel_index(np.argmin(np.hypot(view.x - x, view.y - y)), view.x.shape)
        assert 0.40 <= row / 256 <= 0.45
        assert 0.42 <= column / 256 <= 0.58
        assert person.eye_distance / view.pixel / 256 == pytest.approx(photo.eye_span, rel=1e-4)


def test_doubling_is_linear_and_keeps_constants():
    image = np.full((6, 8), 3.0, np.float32)
    assert np.allclose(doubled(image), 3) and doubled(image).shape == (12, 16)
    slope = np.tile(np.arange(8, dtype=np.float32), (6, 1))
    assert np.allclose(np.diff(doubled(slope)[5])[2:-2], 0.5)


def test_normals_of_a_slope():
    depth = np.tile(np.arange(10, dtype=np.float32), (10, 1))
    normal = normals(depth, 1.0)[:, 5, 5]
    assert np.allclose(normal, np.array([-1, 0, 1]) / np.sqrt(2), atol=1e-6)


def test_a_stroke_lies_on_its_line(view):
    cover = stroke(view, (-30, 0), (30, 0), 6.0)
    on = (np.abs(view.y) < 1.5) & (np.abs(view.x) < 25)
    off = (np.abs(view.y) > 8) | (np.abs(view.x) > 40)
    assert cover[on].min() == 1 and cover[off].max() == 0
