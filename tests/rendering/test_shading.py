from dataclasses import replace

import numpy as np

from faceveil.rendering.layers import Layer, Scene
from faceveil.rendering.shading import blurred, light_of, openness, shade, sunlit
from faceveil.rendering.surface import look
from tests.rendering.people import frontal, somebody


def test_blur_keeps_constants_and_spreads():
    assert np.allclose(blurred(np.full((20, 30), 2.0, np.float32), 3), 2, atol=1e-5)
    spike = np.zeros((41, 41), np.float32)
    spike[20, 20] = 1
    assert blurred(spike, 2)[20, 20] < 0.1


def test_a_pit_sees_less_sky():
    depth = np.zeros((64, 64), np.float32)
    depth[28:36, 28:36] = -12
    sky = openness(depth, 1.0)
    assert sky[32, 32] < 0.5 < sky[4, 4]
    assert sky.max() <= 1.001


def test_a_wall_throws_its_shadow_away_from_the_light():
    person = somebody()
    light = light_of(replace(frontal(person), light_azimuth=0.9, light_elevation=0.0))
    depth = np.zeros((96, 96), np.float32)
    depth[:, 46:50] = 25  # the light comes from the right
    lit = sunlit(depth, light, 1.0)
    assert lit[48, 38] < 0.3
    assert lit[48, 62] > 0.9


def test_the_side_toward_the_lamp_is_brighter():
    person = somebody()
    view = look(person, frontal(person), 64)
    ones = np.ones_like(view.x)
    slope = np.where(view.x > 0, 0.6, -0.6).astype(np.float32)
    normal = np.stack([slope, 0 * ones, 0.8 * ones])
    scene = Scene(view)
    scene.lay(Layer(view, 0.5 * np.ones((3, *ones.shape), np.float32), ones, 0 * ones, normal))
    right = light_of(replace(frontal(person), light_azimuth=0.8))
    image = shade(scene, right)
    assert image[:, view.x > 5].mean() > 1.3 * image[:, view.x < -5].mean()
    assert scene.cover.min() == 1
