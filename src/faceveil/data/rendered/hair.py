"""Hair: a cap on the skull, and for long styles a curtain beside and behind the face."""

from dataclasses import dataclass

import numpy as np

from faceveil.data.rendered.layers import Layer
from faceveil.data.rendered.noise import Array, bell, colour, planes, ramp, read_tile, step, tile
from faceveil.data.rendered.person import Person
from faceveil.data.rendered.surface import Hit, Loft, View, cast, grown, normals

TONES = np.stack([
    colour(24, 20, 19), colour(38, 28, 23), colour(62, 43, 32), colour(94, 66, 46),
    colour(132, 98, 66), colour(176, 140, 96), colour(208, 178, 132),
])  # fmt: skip
RED = colour(142, 72, 38)
GREY = colour(168, 165, 162)


@dataclass(frozen=True)
class Style:
    """A cut: thickness in millimetres on the sides and on top, and how strands lie.

    Attributes:
        sides: Thickness beside the head.
        top: Thickness above the head.
        flow: "down", "across", "back" or "curl".
        curl: Size of the curls, 0 for straight hair.
        hairline: How far the front edge is moved down, millimetres.
        reach: Where the curtain ends, millimetres below the pupils; 0 without one.
    """

    sides: float
    top: float
    flow: str
    curl: float = 0.0
    hairline: float = 0.0
    reach: float = 0.0


STYLES = {
    "fringe_crown": Style(4, 0, "across"),
    "buzz": Style(1.5, 3, "across"),
    "short": Style(4, 11, "across"),
    "side": Style(5, 16, "down"),
    "back": Style(4, 14, "back"),
    "curly": Style(10, 19, "curl", curl=5.0),
    "afro": Style(26, 30, "curl", curl=1.8),
    "fringe": Style(8, 12, "down", hairline=30, reach=62),
    "bob": Style(9, 12, "down", reach=78),
    "long": Style(8, 11, "down", reach=190),
    "long_wavy": Style(11, 14, "down", curl=1.0, reach=190),
    "bun": Style(2.5, 7, "back"),
}


def hair_colour(person: Person) -> Array:
    """Albedo of the hair, linear RGB [3]."""
    base = ramp(person.hair_tone, TONES)
    red = max(person.hair_red - 0.55, 0.0) * 2 * (1 - abs(2 * person.hair_tone - 1))
    base = base + np.float32(red) * (RED - base)
    return base + np.float32(0.92 * person.grey) * (GREY - base)


def hair_layers(person: Person, skull: Loft, view: View) -> list[Layer]:
    """Layers in front of the head, from back to front: cap, then curtain."""
    if person.hair_style == "bald":
        return []
    style = STYLES[person.hair_style]
    layers = [_cap(person, style, skull, view)]
    if style.reach:
        layers.append(_curtain(person, style, view, in_front=True))
    return layers


def hair_behind(person: Person, view: View) -> list[Layer]:
    """Layers behind neck and head."""
    style = STYLES.get(person.hair_style)
    if style is None or not style.reach:
        return []
    return [_curtain(person, style, view, in_front=False)]


def _cap(person: Person, style: Style, skull: Loft, view: View) -> Layer:
    view = view.crop(-125, 125, -200, 60)
    volume = 0.7 + 0.6 * person.hair_volume
    upward = style.top * volume if style.top else 1.0
    shape = grown(skull, style.sides * volume, upward, min(0.45 * upward, 9.0))
    hit = cast(shape, view, rounds=3)
    strands, clumps = _strands(person, style, hit)
    angle = np.arctan2(np.abs(hit.x), hit.z)
    edge = _hairline(person, style, hit, angle) - hit.y + 1.3 * strands + 1.2 * clumps
    fuzz = 1.0 + 2.5 * style.curl
    outline = np.clip(0.6 * hit.inside / view.pixel + 0.35 * fuzz * strands, 0, 1)
    thin = 0.9 if person.hair_style == "buzz" else 1.0
    cover = thin * step(edge, -3.5, 5.0) * outline * (hit.inside > 0)
    depth = hit.depth + 0.12 * strands + (0.4 + 0.4 * style.curl) * clumps
    root = 0.55 + 0.45 * step(edge, -1, 14)
    albedo = _shaded(person, strands, clumps) * root
    if person.hair_style == "buzz":
        albedo = 0.8 * albedo + 0.02
    silk = (0.25 if style.flow == "curl" else 0.8) * np.clip(1 + 0.8 * strands, 0, 2)
    return Layer(view, albedo, cover, depth, normals(depth, view.pixel), silk=silk)


def _hairline(person: Person, style: Style, hit: Hit, angle: Array) -> Array:
    """Height of the hair's lower edge [S, S] at each direction `angle` from straight ahead."""
    front = -person.hairline_height + style.hairline
    recess = 0.0 if style.hairline else person.hairline_recess
    if person.hair_style == "fringe_crown":
        return np.where(angle > 0.9, 22 - 60 * step(angle, 1.25, 0.95), -200)
    sweep = 6 * person.hair_part * np.tanh(hit.x / 12) if style.flow == "down" else 0.0
    line = front - recess * bell(angle - 0.55, 0.2) + sweep + 2.5 * bell(angle, 0.12)
    temple = step(angle, 0.82 - 0.05 * (style.hairline > 0), 1.2)
    sideburn = 6 + 16 * person.hair_length if style.sides < 9 else 34
    return line + temple * (np.float32(sideburn) - line)


def _strands(person: Person, style: Style, hit: Hit) -> tuple[Array, Array]:
    """Fine and coarse noise [S, S] along the strands' direction."""
    shift = person.skin_seed % 401
    part = 30 * person.hair_part
    if style.flow == "curl":
        fine = tile(1.6, 1.6) if style.curl < 3 else tile(2.2, 2.2)
        scale = 1.1 if style.curl < 3 else 0.9
        wobble = 3 * read_tile(tile(9, 9), hit.x + shift, hit.y)
        return (read_tile(fine, scale * hit.x + wobble + shift, scale * hit.y + wobble),
                read_tile(tile(5, 5), hit.x + shift, hit.y + hit.z))  # fmt: skip
    if style.flow == "back":
        across, along = hit.x * (1 - 0.0025 * (hit.y + 60)), hit.y
    elif style.flow == "across":
        across, along = 0.85 * hit.x + 0.5 * hit.y * np.float32(person.hair_part), hit.y
    else:
        front = step(hit.z, 40, 70) * (1.0 if style.hairline else 0.0)
        x, y = hit.x - np.float32(part * step(hit.y, -20, -60)), np.minimum(hit.y, 0)
        across = (1 - front) * np.hypot(x, 0.85 * y) + front * hit.x * 0.9
        along = 80 * np.arctan2(x, -y + 20) + front * hit.y + np.maximum(hit.y, 0)
    across = across + 2.5 * read_tile(tile(14, 14), hit.x + shift, hit.y)
    return (read_tile(tile(0.9, 22), 2.0 * across + shift, along + shift),
            read_tile(tile(2.4, 40), 1.6 * across + shift, along))  # fmt: skip


def _shaded(person: Person, strands: Array, clumps: Array) -> Array:
    tone = np.clip(1 + 0.30 * strands + 0.22 * clumps, 0.25, 2.0)
    value: Array = planes(hair_colour(person)) * tone
    if person.grey > 0.05:
        streak = step(strands + clumps, 1.2 - 2.2 * person.grey, 2.4 - 2.2 * person.grey)
        value = value * (1 + 0.35 * streak)
    return value


def _curtain(person: Person, style: Style, view: View, in_front: bool) -> Layer:
    """Hair hanging on both sides of the face (`in_front`) or behind it."""
    plane = 22.0 if in_front else -38.0
    x = (view.x - np.float32(plane * np.sin(view.yaw))) / np.float32(np.cos(view.yaw))
    y = view.y - np.float32(plane * np.sin(view.pitch))
    shift = person.skin_seed % 401 + (0 if in_front else 57)
    wave = style.curl * 4.0 * np.sin(
        y / 11 + 1.3 * read_tile(tile(14, 30), x + shift, 0.5 * y)
    ) + 2.5 * read_tile(tile(14, 30), 0.6 * x + shift, y)
    side = np.abs(x) + 0.5 * wave
    inner, outer = _curtain_edges(person, style, y)
    strands = read_tile(tile(0.9, 22), 2.0 * (x + wave) + shift, y)
    clumps = read_tile(tile(2.4, 40), 1.6 * (x + wave) + shift, y)
    ends = style.reach + 14 * person.hair_length + 5 * strands + 4 * clumps
    cover = step(side - outer - 1.5 * strands, 2.0, -1.5) * step(y - ends, 3, -3)
    across = np.clip((side - inner) / np.maximum(outer - inner, 1), 0, 1)
    if in_front:
        cover = cover * step(side - inner + 2 * strands, -1.2, 2.0) * step(y, -62, -44)
    else:
        cover = cover * step(y, -60, -30)
        across = np.clip(side / outer, 0, 1)
    tilt = np.sign(x) * (1.35 * across - (0.45 if in_front else 0.3)) + 0.16 * clumps
    normal = np.stack([tilt, 0.1 + 0 * tilt, 1 + 0 * tilt])
    normal /= np.sqrt((normal**2).sum(0))
    tone = (0.62 + 0.38 * step(across, 0, 0.45)) if in_front else 0.42 + 0 * across
    albedo = _shaded(person, strands, clumps) * tone
    depth = np.float32(plane) + 22 * np.sqrt(np.clip(1 - (2 * across - 1) ** 2, 0, 1))
    silk = (0.6 if in_front else 0.2) * np.clip(1 + 0.8 * strands, 0, 2)
    return Layer(view, albedo, cover, depth, normal, silk=silk)


def _curtain_edges(person: Person, style: Style, y: Array) -> tuple[Array, Array]:
    """Inner and outer distance from the middle [S, S] of a curtain at each height."""
    face = person.face_width
    heights = [-70, -45, -20, 10, 40, 70, 110, 160]
    open_face = -9 + 8 * person.hair_width
    inner = [
        0.50 * face,
        0.74 * face,
        0.90 * face,
        0.97 * face + 0.2 * open_face,
        0.96 * face + 0.4 * open_face,
        0.88 * face + 0.5 * open_face,
        0.84 * face + open_face,
        0.9 * face + open_face,
    ]
    broad = style.sides * (0.7 + 0.6 * person.hair_volume)
    flare = 4 + 12 * person.hair_width
    wide = person.cranial_width + broad
    outer = [
        wide - 6,
        wide,
        wide,
        wide + 0.1 * flare,
        wide + 0.4 * flare,
        wide + 0.7 * flare,
        wide + flare,
        wide + 0.9 * flare,
    ]
    if style.reach < 100:
        outer[5] -= 6
        outer[6] -= 18
    return (np.interp(y, heights, inner).astype(np.float32),
            np.interp(y, heights, outer).astype(np.float32))  # fmt: skip
