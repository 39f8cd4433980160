"""Spectacles: two rims, a bridge, the shadow and the glint of the lenses."""

import numpy as np

from faceveil.rendering.layers import Scene
from faceveil.rendering.noise import Array, bell, colour, planes, ramp, step
from faceveil.rendering.person import Person
from faceveil.rendering.surface import View, stroke

FRAMES = np.stack([
    colour(22, 20, 20), colour(60, 38, 26), colour(110, 78, 46), colour(130, 128, 126),
    colour(40, 48, 72),
])  # fmt: skip


def wear_glasses(scene: Scene, person: Person, hair: Array) -> None:
    """Put the person's glasses on the scene, their arms under `hair` (opacity [S, S])."""
    view = scene.view
    rims, lenses = _front(person, view, drop=0.0)
    arms = _arms(person, view) * (1 - lenses) * (1 - hair)
    shadow, _ = _front(person, view, drop=3.0)
    scene.albedo[...] *= 1 - 0.22 * shadow - 0.05 * lenses
    frame = np.maximum(rims, arms)
    scene.albedo[...] += frame * (planes(ramp(person.glasses_tone, FRAMES)) - scene.albedo)
    scene.gloss[...] += frame * (1.2 - scene.gloss)


def _size(person: Person) -> tuple[float, float]:
    """Half-width and half-height of a lens, millimetres."""
    wide = 21.5 + 3.5 * person.glasses_size
    tall = 0.88 if person.glasses_style == "round" else 0.64 + 0.12 * person.glasses_size
    return wide, tall * wide


def _front(person: Person, view: View, drop: float) -> tuple[Array, Array]:
    """Opacity of rims and bridge, and of the lenses [S, S], moved down by `drop` millimetres."""
    y = view.y - np.float32(view.project(0, 3.0, person.face_depth + 4)[1] + drop)
    wide, tall = _size(person)
    power = 2.4 if person.glasses_style == "round" else 5.0
    thick = {"round": 1.0, "rectangular": 1.5, "rimless": 0.45}[person.glasses_style]
    rims, lenses = np.zeros_like(y), np.zeros_like(y)
    for side in (-1.0, 1.0):
        centre = view.project(side * (person.eye_distance / 2 + 1.0), 0, person.face_depth - 4)
        width = np.float32(wide * np.cos(view.yaw + 0.12 * side))
        across = np.abs(view.x - np.float32(centre[0])) / width
        radius = (across**power + np.abs(y / np.float32(tall)) ** power + 1e-6) ** (1 / power)
        off = (radius - 1) * np.float32(0.5 * (wide + tall))
        rims = np.maximum(rims, step(np.abs(off), thick + 0.5, thick - 0.4))
        lenses = np.maximum(lenses, step(off, 0.5, -0.5))
    middle = view.project(0, 0, person.face_depth + 8)[0]
    bridge = bell(y + 4.0, 0.9) * step(np.abs(view.x - np.float32(middle)), 13, 10)
    return np.maximum(rims, bridge * (1 - lenses)), lenses


def _arms(person: Person, view: View) -> Array:
    """Opacity [S, S] of the arms between the rims and the ears, where they are in sight."""
    wide, _ = _size(person)
    arms = np.zeros_like(view.x)
    for side in (-1.0, 1.0):
        outer = side * (person.eye_distance / 2 + 1.0 + wide)
        hinge = view.project(outer, -3.0, person.face_depth - 14)
        ear = view.project(side * (person.face_width + 2.0), -3.0, 4.0)
        if side * (ear[0] - hinge[0]) > 0:
            arms = np.maximum(arms, stroke(view, hinge[:2], ear[:2], 2.4))
    return arms
