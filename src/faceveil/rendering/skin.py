"""The colour of skin: tone, undertone, blush, spots, moles and lines."""

import numpy as np

from faceveil.rendering.canvas import Canvas
from faceveil.rendering.head import mouth_height
from faceveil.rendering.noise import Array, bell, colour, planes, ramp, read_tile, step, tile
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo

# measured by eye on lit cheeks: from very light to very dark, evenly spaced in tone
TONES = np.stack([
    colour(246, 206, 184), colour(239, 190, 160), colour(225, 170, 135), colour(207, 148, 110),
    colour(182, 124, 88), colour(153, 100, 69), colour(122, 79, 55), colour(95, 61, 44),
    colour(74, 48, 37),
])  # fmt: skip


def skin_colour(person: Person) -> Array:
    """Albedo of plain skin, linear RGB [3]."""
    base = ramp(person.skin_tone, TONES)
    warm = np.array([1 + 0.02 * person.undertone, 1, 1 - 0.10 * person.undertone], np.float32)
    return base * warm


def paint_skin(canvas: Canvas, person: Person, photo: Photo) -> None:
    """Cover the canvas with skin, then with what makes it this person's."""
    canvas.albedo[...] = planes(skin_colour(person))
    canvas.gloss[...] = 0.5
    _mottle(canvas, person)
    _blush(canvas, person)
    _oil(canvas, person)
    _freckle(canvas, person)
    _moles(canvas, person)
    _nostrils(canvas, person)
    _lines(canvas, person, photo)


def _mottle(canvas: Canvas, person: Person) -> None:
    shift = person.skin_seed % 509
    broad = read_tile(tile(14, 14), canvas.x + shift, canvas.y + 3 * shift)
    fine = read_tile(tile(1.5, 1.5), canvas.x * 1.6 + shift, canvas.y * 1.6)
    amount = np.float32(0.015 + 0.03 * person.mottling)
    spots = amount * broad + np.float32(0.6) * amount * fine
    canvas.albedo[...] *= 1 + np.array([0.7, 1.1, 1.2], np.float32).reshape(3, 1, 1) * spots


def _blush(canvas: Canvas, person: Person) -> None:
    ruddy = 0.35 + 0.65 * person.ruddiness
    side = np.abs(canvas.x)
    cheeks = bell(side - 37, 13) * bell(canvas.y - 32, 12)
    nose = bell(canvas.x, 11) * bell(canvas.y - (person.nose_length - 8), 9)
    chin = bell(canvas.x, 14) * bell(canvas.y - (person.chin_drop - 10), 8)
    rouge = 1 + 0.5 * max(person.make_up, 0.0)
    canvas.tint(
        np.array([1.03, 0.80, 0.78], np.float32),
        np.float32(ruddy) * (np.float32(0.8 * rouge) * cheeks + 0.6 * nose + 0.3 * chin),
    )
    eye = person.eye_distance / 2
    circles = bell(side - (eye - 4), 11) * bell(canvas.y - 11, 5)
    sockets = bell(side - eye, 15) * bell(canvas.y + 4, 9)
    dark = np.array([0.72, 0.64, 0.66], np.float32)
    canvas.tint(dark, (0.12 + 0.4 * np.float32(person.dark_circles)) * circles)
    canvas.tint(dark, (0.15 + 0.25 * np.float32(person.dark_circles)) * sockets)


def _oil(canvas: Canvas, person: Person) -> None:
    """Gloss of the T-zone and the cheekbones."""
    nose = bell(canvas.x, 8) * bell(canvas.y - (person.nose_length - 14), 18)
    forehead = bell(canvas.x, 26) * bell(canvas.y + 48, 16)
    bones = bell(np.abs(canvas.x) - 44, 12) * bell(canvas.y - 17, 9)
    shine = np.float32(0.35 + 0.9 * person.shine)
    canvas.gloss[...] += shine * (0.8 * nose + 0.55 * forehead + 0.5 * bones)


def _freckle(canvas: Canvas, person: Person) -> None:
    if person.freckles <= 0:
        return
    shift = person.skin_seed % 499
    spots = read_tile(tile(1.1, 1.1), canvas.x * 1.25 + shift, canvas.y * 1.25 + shift)
    where = bell(canvas.x, 38) * bell(canvas.y - 18, 20) + 0.35 * bell(canvas.y + 45, 25)
    cover = step(spots, 0.9, 2.0) * where * np.float32(0.85 * person.freckles)
    canvas.tint(np.array([0.62, 0.42, 0.33], np.float32), cover)


def _moles(canvas: Canvas, person: Person) -> None:
    rng = np.random.default_rng(person.skin_seed)
    for _ in range(max(0, round(person.moles))):
        x, y = rng.uniform(-52, 52), rng.uniform(-50, 95)
        radius = rng.uniform(0.8, 1.9)
        spot = canvas.window(x - 5, x + 5, y - 5, y + 5)
        cover = step(np.hypot(spot.x - np.float32(x), spot.y - np.float32(y)),
                     radius + 0.6, radius - 0.5)  # fmt: skip
        spot.tint(np.array([0.30, 0.20, 0.17], np.float32), 0.85 * cover)


def _nostrils(canvas: Canvas, person: Person) -> None:
    level = person.nose_length - 1.2
    part = canvas.window(-22, 22, level - 9, level + 6)
    side = np.abs(part.x)
    hole = np.hypot((side - (0.48 * person.nose_width - 1.0)) / np.float32(3.1),
                    (part.y - np.float32(level) + 0.16 * side) / np.float32(1.5))  # fmt: skip
    part.tint(np.array([0.20, 0.13, 0.12], np.float32), 0.85 * step(hole, 1.35, 0.6))
    wing = bell(side - person.nose_width - 0.5, 1.2) * bell(part.y - (level - 5), 4.5)
    part.tint(np.array([0.62, 0.48, 0.46], np.float32), 0.7 * wing)


def _groove(canvas: Canvas, distance: Array, along: Array, depth: float, width: float) -> None:
    """A line in the skin: a darker, slightly sunken stroke where `distance` is small."""
    stroke = bell(distance, width) * along
    canvas.tint(np.array([0.58, 0.46, 0.44], np.float32), np.float32(0.55 * depth) * stroke)
    canvas.relief[...] -= np.float32(1.0 * depth) * stroke


def _lines(canvas: Canvas, person: Person, photo: Photo) -> None:
    _nasolabial(canvas, person, photo)
    brow = canvas.window(-50, 50, -78, -22)
    wave = 1.6 * np.cos(brow.x * np.float32(0.11)) + 0.02 * np.abs(brow.x)
    depth = person.forehead_lines * (0.55 + 0.5 * max(photo.brow_raise, 0.0))
    for k, y in enumerate((-34.0, -43.0, -52.0)):
        _groove(brow, brow.y - wave - np.float32(y), bell(brow.x + 4 * (k - 1), 24), depth, 1.1)
    frown = canvas.window(-14, 14, -34, -6)
    depth = 0.5 * person.forehead_lines + 0.5 * photo.frown
    _groove(frown, np.abs(frown.x) - 4.5, bell(frown.y + 18, 6), depth, 1.0)
    _eye_lines(canvas, person, photo)


def _nasolabial(canvas: Canvas, person: Person, photo: Photo) -> None:
    top, mouth = person.nose_length - 7, mouth_height(person)
    part = canvas.window(-56, 56, top - 4, mouth + 22)
    t = (part.y - np.float32(top)) / np.float32(mouth - top + 6)
    path = person.nose_width + 2 + (9 + 5 * photo.smile) * np.clip(t, 0, 2) ** 0.9
    path = path - 5 * np.clip(t - 1, 0, 2)
    along = step(t, -0.05, 0.2) * step(t, 1.35, 0.75)
    depth = 0.12 + 0.8 * person.nasolabial_lines + 0.5 * photo.smile
    _groove(part, np.abs(part.x) - path, along, depth, 1.9)


def _eye_lines(canvas: Canvas, person: Person, photo: Photo) -> None:
    eye = person.eye_distance / 2
    depth = person.crows_feet * (0.35 + 0.9 * photo.smile)
    corner = canvas.window(-70, 70, -16, 20)
    outward = np.abs(corner.x) - np.float32(eye + person.eye_width + 3)
    along = step(outward, 0, 3) * step(outward, 15, 6)
    for slope in (-0.45, 0.0, 0.45):
        _groove(corner, corner.y - 1 - slope * outward, along, depth, 0.8)
    bag = canvas.window(-eye - 22, eye + 22, 3, 20)
    across = (np.abs(bag.x) - eye) / np.float32(15)
    lower = 12.5 - 4.5 * across**2
    _groove(bag, bag.y - lower, step(np.abs(across), 1.0, 0.5), 0.75 * person.eye_bags, 1.5)
