"""Eyes: white, iris, pupil and catchlight between two lids, lashes, crease; and the brows above."""

from dataclasses import dataclass

import numpy as np

from faceveil.rendering.canvas import Canvas
from faceveil.rendering.noise import Array, bell, colour, planes, ramp, read_tile, step, tile
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo

IRIS = np.stack([
    colour(44, 27, 18), colour(72, 44, 26), colour(104, 70, 38), colour(118, 98, 58),
    colour(106, 118, 96), colour(98, 126, 142), colour(112, 148, 178),
])  # fmt: skip
EYE_SHADOWS = np.stack([
    colour(120, 82, 74), colour(96, 76, 88), colour(88, 88, 92), colour(132, 92, 66),
])  # fmt: skip
WHITE = colour(198, 188, 182)
LASH = colour(26, 18, 15)


@dataclass(frozen=True)
class _Eye:
    """One eye's coordinates on its window: `u` -1 at the inner corner, 1 at the outer one."""

    u: Array
    x: Array
    y: Array
    upper: Array
    lower: Array
    open: Array


def paint_eyes(canvas: Canvas, person: Person, photo: Photo) -> None:
    """Paint both eyes with their lids."""
    for side in (-1.0, 1.0):
        centre = side * person.eye_distance / 2
        part = canvas.window(centre - 23, centre + 23, -17, 15)
        eye = _place(part, person, photo, side)
        _lids(part, eye, person)
        _ball(part, eye, person, photo, side)
        _lash_line(part, eye, person)


def _place(part: Canvas, person: Person, photo: Photo, side: float) -> _Eye:
    crooked = 0.012 * person.asymmetry * side
    x = side * part.x - np.float32(person.eye_distance / 2)
    y = part.y + np.float32(person.eye_tilt + crooked) * x
    u = x / np.float32(person.eye_width)
    squint = 0.13 * photo.smile
    opening = person.eye_opening * (photo.eyelid - squint) * (1 + 0.012 * person.asymmetry * side)
    arch = np.sqrt(np.clip(1 - u * u, 0, None))
    upper = -5.3 * np.float32(opening) * arch ** np.float32(1.15) * (1 - 0.14 * u)
    lower = (4.5 - 1.3 * photo.smile * 0.6) * arch ** np.float32(1.6) * (1 + 0.16 * u)
    inside = np.clip((y - upper) / 0.9 + 0.5, 0, 1) * np.clip((lower - y) / 0.9 + 0.5, 0, 1)
    return _Eye(u, x, y, upper, lower, inside * (np.abs(u) < 1))


def _lids(part: Canvas, eye: _Eye, person: Person) -> None:
    near = step(np.abs(eye.u), 1.3, 0.8)
    crease = 3.0 + 1.4 * person.eye_opening - 1.6 * person.lid_weight
    above = eye.upper - np.float32(crease) + 1.2 * eye.u * eye.u - 0.6 * eye.u
    line = bell(eye.y - above, 0.85) * near
    strength = max(person.lid_crease, 0.0)
    part.tint(np.array([0.42, 0.34, 0.33], np.float32), np.float32(0.75 * strength) * line)
    part.relief[...] -= np.float32(0.8 * strength) * line
    lid = step(eye.y, 0, -1.5) * step(eye.y - above, -2.5, 2) * near
    shadow = max(person.make_up, 0.0)
    hue = ramp((person.skin_seed % 97) / 96, EYE_SHADOWS)
    part.tint(np.array([0.86, 0.76, 0.75], np.float32), 0.6 * lid)
    part.tint(np.clip(1.5 * hue, 0, 1), np.float32(0.5 * shadow) * lid)
    rim = bell(eye.y - eye.lower - 0.7, 0.8) * step(np.abs(eye.u), 1.05, 0.8)
    part.tint(np.array([0.78, 0.58, 0.56], np.float32), 0.7 * rim)


def _ball(part: Canvas, eye: _Eye, person: Person, photo: Photo, side: float) -> None:
    look_x, look_y = side * photo.gaze_x, photo.gaze_y - 0.2
    dx, dy = eye.x - np.float32(look_x), eye.y - np.float32(look_y)
    radius = np.sqrt(dx * dx + dy * dy)
    lid_shadow = 0.42 + 0.58 * step(eye.y - eye.upper, 0.0, 3.4)
    roundness = 1 - 0.38 * eye.u * eye.u
    seen = np.float32(1 - 0.45 * person.skin_tone)  # beside dark skin the camera opens up
    white = planes(seen * WHITE) * (lid_shadow * roundness)
    pink = bell(eye.u + 0.93, 0.11)
    white = white + pink * (planes(colour(188, 112, 104)) * lid_shadow - white)
    part.paint(white, eye.open)
    iris = _iris(radius, dx, dy, person)
    disc = np.clip((np.float32(person.iris_size) - radius) / 0.9 + 0.5, 0, 1) * eye.open
    part.paint(iris * lid_shadow, disc)
    light_x = 2.1 * np.sin(photo.light_azimuth) * side
    spot = np.hypot(dx - np.float32(light_x), dy + np.float32(0.9 + 1.4 * photo.light_elevation))
    part.paint(np.float32(1.25) * np.ones(3, np.float32), 0.9 * step(spot, 1.5, 0.5) * eye.open)
    part.gloss[...] *= 1 - 0.6 * eye.open


def _iris(radius: Array, dx: Array, dy: Array, person: Person) -> Array:
    """Colour of the iris [3, H, W]: rays, a lit lower half, a dark ring and the pupil."""
    base = ramp(person.iris_tone, IRIS)
    rays = read_tile(tile(1.2, 9), np.arctan2(dy, dx) * 34 + person.skin_seed % 400, radius * 4)
    lit = 0.85 + 0.32 * np.clip(dy / np.float32(person.iris_size), -0.6, 1) + 0.12 * rays
    ring = 1 - 0.72 * step(radius, 0.62 * person.iris_size, 0.98 * person.iris_size)
    pupil = step(radius, 1.6, 2.5)
    value: Array = planes(base) * (1.25 * lit * ring * pupil + 0.012)
    return value


def _lash_line(part: Canvas, eye: _Eye, person: Person) -> None:
    reach = step(np.abs(eye.u + 0.05), 1.16, 0.9)
    made_up = max(person.make_up, 0.0)
    thick = 0.75 + 0.7 * person.lashes + 0.35 * made_up
    outer = 1 + 0.35 * np.clip(eye.u, -1, 1)
    upper = bell(eye.y - eye.upper + 0.3, thick * 0.8) * reach * outer
    part.paint(LASH, np.clip((0.62 + 0.35 * person.lashes) * upper, 0, 1))
    wing = bell(eye.y - eye.upper + 1.1 + 0.9 * (eye.u - 0.9), 0.9) * bell(eye.u - 1.02, 0.17)
    part.paint(LASH, np.float32(0.55 * person.lashes) * wing)
    lower = bell(eye.y - eye.lower - 0.2, 0.6) * reach * step(eye.u, -0.7, 0.5)
    part.paint(LASH, np.float32(0.22 + 0.3 * person.lashes * made_up) * lower)


def paint_brows(canvas: Canvas, person: Person, photo: Photo, hair: Array) -> None:
    """Paint both brows with hairs of the linear RGB colour `hair` [3]."""
    for side in (-1.0, 1.0):
        lift = 2.0 * photo.brow_raise + 0.5 * person.asymmetry * side
        inner, length = person.brow_gap, person.brow_length
        ends = side * (inner - 8), side * (inner + length + 8)
        part = canvas.window(min(ends), max(ends), -48, -3)
        t = (side * part.x - np.float32(inner)) / np.float32(length)
        bend = person.brow_arch * (1 - ((t - 0.62) / 0.62) ** 2)
        middle = (-person.brow_height - lift - np.float32(person.brow_tilt * length) * (t - 0.4)
                  - bend + photo.frown * 3.0 * step(t, 0.5, 0.0))  # fmt: skip
        taper = step(t, -0.06, 0.12) * step(t, 1.04, 0.5)
        half = np.float32(0.5 * person.brow_thickness) * (0.35 + 0.65 * taper) + 0.25
        off = (part.y - middle) / half
        along = t * np.float32(length)
        hairs = read_tile(tile(0.8, 6), 2.4 * (along + 0.9 * (part.y - middle)) + 60 * side + 200,
                          1.2 * part.y - along)  # fmt: skip
        body = step(np.abs(off) + 0.2 * hairs, 1.5, 0.6) * taper
        cover = np.float32(person.brow_density) * body * np.clip(0.78 + 0.22 * hairs, 0, 1)
        part.paint(hair, np.clip(1.1 * cover, 0, 0.96))
        part.gloss[...] *= 1 - 0.7 * body
        part.relief[...] += 0.5 * body
