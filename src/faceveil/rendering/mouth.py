"""Lips, teeth and the hair around them."""

import numpy as np

from faceveil.rendering.canvas import Canvas
from faceveil.rendering.head import mouth_height
from faceveil.rendering.noise import Array, bell, colour, planes, ramp, read_tile, step, tile
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo
from faceveil.rendering.skin import skin_colour

LIPSTICK = np.stack([
    colour(164, 60, 62), colour(150, 46, 72), colour(178, 84, 78), colour(128, 40, 46),
    colour(190, 96, 104),
])  # fmt: skip
LIP_REDS = np.array([(0.86, 0.62, 0.60), (0.92, 0.47, 0.46), (0.86, 0.36, 0.40)])
TEETH = colour(222, 212, 198)
INSIDE = colour(52, 20, 20)


def paint_mouth(canvas: Canvas, person: Person, photo: Photo) -> None:
    """Paint lips, and between them, where the mouth is open, teeth."""
    wide = person.mouth_width * (1 + 0.2 * photo.smile)
    level = mouth_height(person)
    part = canvas.window(-wide - 8, wide + 8, level - 22, level + 26)
    u = part.x / np.float32(wide)
    inner = np.clip(1 - u * u, 0, None)
    corner = person.lip_corner + 5.0 * photo.smile
    seam = level + 1.0 * photo.smile - np.float32(corner) * u * u + 0.9 * bell(u, 0.16)
    gap = np.float32(4.2 * photo.mouth_open) * inner**1.2
    upper = part.y - (seam - 0.35 * gap)
    lower = part.y - (seam + 0.65 * gap)
    thin = 1 - 0.22 * photo.smile
    bow = (1 - 0.24 * person.cupid_bow * bell(u, 0.13)) * (1 + 0.10 * bell(np.abs(u) - 0.25, 0.12))
    top = np.float32(person.upper_lip * thin) * bow * inner**0.9
    bottom = np.float32(person.lower_lip * thin) * inner**0.72
    _lip_relief(part, upper / (top + 0.4), lower / (bottom + 0.4), inner)
    _lips(part, (upper, lower, top, bottom), person, photo)
    if photo.mouth_open > 0.02:
        _opening(part, (upper, lower), u, photo)
    _seam(part, (upper, lower), u, photo)


def _lip_relief(part: Canvas, upper: Array, lower: Array, inner: Array) -> None:
    full = inner**0.5
    raised = 2.4 * full * bell(upper + 0.55, 0.38) + 3.2 * full * bell(lower - 0.55, 0.36)
    part.relief[...] += raised
    part.relief[...] -= 1.6 * full * bell(np.minimum(upper + 0.1, 0.1 - lower), 0.2)


def _lips(
    part: Canvas, edges: tuple[Array, Array, Array, Array], person: Person, photo: Photo
) -> None:
    upper, lower, top, bottom = edges
    soft = 1.1
    over = np.clip((upper + top) / soft + 0.5, 0, 1) * (upper <= 0)
    under = np.clip((bottom - lower) / soft + 0.5, 0, 1) * (lower >= 0)
    skin = skin_colour(person)
    red = ramp(person.lip_colour, LIP_REDS)
    natural = skin * red * np.float32(1 - 0.32 * person.lip_darkness)
    stick = ramp((person.skin_seed % 89) / 88, LIPSTICK) * (0.45 + 0.55 * (skin[0] / 0.85))
    shade = natural + np.float32(0.85 * photo.lipstick) * (stick - natural)
    cover = np.clip(over + under, 0, 1)
    part.paint(shade.astype(np.float32), 0.9 * cover)
    part.tint(np.array([0.80, 0.74, 0.74], np.float32), 0.55 * over)
    creases = read_tile(tile(0.9, 5), 3.0 * part.x + 100, 0.6 * part.y)
    part.albedo[...] *= 1 + 0.05 * cover * creases
    part.gloss[...] += (0.5 + 0.9 * photo.lipstick) * under * bell(lower - 0.42 * bottom, 2.0)


def _opening(part: Canvas, edges: tuple[Array, Array], u: Array, photo: Photo) -> None:
    upper, lower = edges
    hole = np.clip(upper / 0.8 + 0.5, 0, 1) * np.clip(0.5 - lower / 0.8, 0, 1) * (np.abs(u) < 1)
    part.paint(INSIDE, hole)
    row = step(np.abs(u), 0.98, 0.55)
    reach = 1.5 + 5.0 * photo.mouth_open
    teeth = hole * step(upper, reach, reach - 1.2) * row
    gaps = 1 - 0.16 * bell((np.abs(part.x) % 7.6) - 3.8, 0.5)
    shade = (0.55 + 0.35 * row) * gaps * (0.72 + 0.28 * step(upper, 0.0, 2.0))
    part.paint(planes(TEETH) * shade, 0.95 * teeth)
    part.gloss[...] *= 1 - 0.7 * hole


def _seam(part: Canvas, edges: tuple[Array, Array], u: Array, photo: Photo) -> None:
    upper, lower = edges
    along = step(np.abs(u), 1.08, 0.96)
    line = np.maximum(bell(upper, 0.75), bell(lower, 0.65)) * along
    closed = 0.85 - 0.35 * min(photo.mouth_open, 1.0)
    part.tint(np.array([0.32, 0.20, 0.20], np.float32), np.float32(closed) * line)
    corner = bell(np.abs(u) - 1.02, 0.07) * bell(upper, 1.6)
    part.tint(np.array([0.42, 0.32, 0.32], np.float32), 0.8 * corner)


def beard_thickness(person: Person) -> float:
    """How far a beard widens the jaw, in millimetres."""
    return 7.0 * person.beard_density if person.beard_style == "full" else 0.0


def paint_beard(canvas: Canvas, person: Person, hair: Array) -> None:
    """Paint beard and moustache with hairs of the linear RGB colour `hair` [3]."""
    if person.beard_style == "none":
        return
    mouth = mouth_height(person)
    part = canvas.window(-80, 80, person.nose_length - 8, 130)
    where = _beard_region(part, person, mouth)
    hairs = read_tile(tile(0.9, 7), 2.0 * part.x + 0.25 * part.y + 37, 1.1 * part.y)
    fine = read_tile(tile(0.9, 0.9), 1.6 * part.x, 1.6 * part.y)
    if person.beard_style == "stubble":
        cover = where * (0.30 + 0.05 * fine) * np.float32(person.beard_density)
        part.paint(0.55 * hair + 0.2 * skin_colour(person), np.clip(cover, 0, 1))
        return
    clump = step(where + 0.16 * hairs + 0.06 * fine, 0.25, 0.62)
    part.paint(planes(hair) * (1 + 0.35 * hairs), clump * np.float32(0.97))
    part.gloss[...] *= 1 - 0.75 * clump
    part.relief[...] += clump * (1.6 + 0.55 * hairs)


def _beard_region(part: Canvas, person: Person, mouth: float) -> Array:
    """Where a beard of this style grows [H, W], 0..1, soft at its borders."""
    side = np.abs(part.x)
    wide = person.mouth_width
    above = part.y - (mouth - person.upper_lip - 3.4) - 0.008 * side**2
    lip = bell(side, 0.85 * wide) * bell(above, 4.2)
    moustache = step(lip, 0.25, 0.75)
    below = bell(side, 0.62 * wide) * step(part.y, mouth + 9, mouth + 16)
    ring = bell(side - wide - 2.5, 4.5) * step(part.y, mouth - 8, mouth)
    ring = ring * step(part.y, mouth + 26, mouth + 14)
    chin = step(np.maximum(below, ring), 0.3, 0.75)
    line = mouth - 6 - 0.9 * np.clip(side - 30, 0, 40) + 0.012 * np.clip(30 - side, 0, 30) ** 2
    jaw = step(part.y - line, -3, 7) * step(side + 0.5 * (part.y - mouth), 16, 26)
    goatee = np.maximum(moustache, chin)
    full = np.maximum(goatee, jaw)
    styles = {"moustache": moustache, "goatee": goatee, "full": full, "stubble": full}
    tall = np.where(part.y < mouth, person.upper_lip + 1.5, person.lower_lip + 2.5)
    lips = np.hypot(side / (wide + 3), (part.y - np.float32(mouth + 0.5)) / tall)
    value: Array = styles[person.beard_style] * step(lips, 0.85, 1.15)
    return value
