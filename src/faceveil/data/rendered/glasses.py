"""Spectacles: two rims, a bridge, the shadow and the glint of the lenses."""

import numpy as np

from faceveil.data.rendered.layers import Scene
from faceveil.data.rendered.noise import Array, bell, colour, planes, ramp, step
from faceveil.data.rendered.person import Person
from faceveil.data.rendered.surface import View

FRAMES = np.stack([
    colour(22, 20, 20), colour(60, 38, 26), colour(110, 78, 46), colour(130, 128, 126),
    colour(40, 48, 72),
])  # fmt: skip


def wear_glasses(scene: Scene, person: Person, view: View) -> None:
    """Put the person's glasses on the scene."""
    rim, lens = _shape(person, view, lift=0.0)
    shadow, _ = _shape(person, view, lift=3.0)
    scene.albedo[...] *= 1 - 0.22 * shadow - 0.05 * lens
    tone = ramp(person.glasses_tone, FRAMES)
    scene.albedo[...] += rim * (planes(tone) - scene.albedo)
    scene.gloss[...] += rim * (1.2 - scene.gloss)


def _shape(person: Person, view: View, lift: float) -> tuple[Array, Array]:
    """Opacity of the frame and of the lenses [S, S], each moved down by `lift` millimetres."""
    _, level, _ = view.project(0, 3.0, person.face_depth + 4)
    y = view.y - np.float32(level + lift)
    wide = 23 + 4 * person.glasses_size
    tall = (0.62 + 0.14 * person.glasses_size) * wide
    power = 5.0 if person.glasses_style != "round" else 2.4
    if person.glasses_style == "round":
        tall = 0.86 * wide
    thick = {"round": 1.0, "rectangular": 1.5, "rimless": 0.45}[person.glasses_style]
    frame, lenses = np.zeros_like(y), np.zeros_like(y)
    for side in (-1.0, 1.0):
        centre = view.project(side * (person.eye_distance / 2 + 1.5), 0, person.face_depth - 4)
        x = view.x - np.float32(centre[0])
        width = np.float32(wide * np.cos(view.yaw + 0.12 * side))
        radius = (np.abs(x / width) ** power + np.abs(y / tall) ** power + 1e-6) ** (1 / power)
        off = (radius - 1) * np.float32(0.5 * (wide + tall))
        frame = np.maximum(frame, step(np.abs(off), thick + 0.5, thick - 0.4))
        lenses = np.maximum(lenses, step(off, 0.5, -0.5))
    middle = view.project(0, 0, person.face_depth + 8)[0]
    bridge = bell(y + 4.0, 0.9) * step(np.abs(view.x - np.float32(middle)), 11, 8)
    return np.clip(np.maximum(frame, bridge * (1 - lenses)), 0, 1), lenses
