"""Hair: its colour, its strands, and its cuts: a cap on the skull, for long ones a curtain too."""

from dataclasses import dataclass

import numpy as np

from faceveil.rendering.layers import Layer
from faceveil.rendering.noise import Array, bell, colour, planes, ramp, read_tile, step, tile
from faceveil.rendering.person import Person
from faceveil.rendering.surface import Hit, Loft, View, cast, grown, normals

TONES = np.stack([
    colour(26, 21, 20), colour(40, 29, 24), colour(66, 45, 33), colour(98, 69, 47),
    colour(136, 102, 69), colour(178, 142, 98), colour(208, 178, 134),
])  # fmt: skip
RED = colour(142, 72, 38)
GREY = colour(142, 139, 136)


@dataclass(frozen=True)
class Style:
    """A cut: thickness in millimetres on the sides and on top, and how strands lie.

    Attributes:
        sides: Thickness beside the head.
        top: Thickness above the head.
        flow: "down", "across", "back" or "curl".
        curl: How much strands bend, 0 for straight hair.
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
    "curly": Style(10, 19, "curl", curl=3.0),
    "afro": Style(24, 28, "curl", curl=1.5),
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


def strand_colour(person: Person, strands: Array, clumps: Array) -> Array:
    """Albedo [3, H, W] of hair with its noise: dark hair varies more than grey hair."""
    vary = 1 - 0.5 * person.grey
    tone = np.clip(1 + np.float32(vary) * (0.23 * strands + 0.19 * clumps), 0.3, 1.8)
    value: Array = planes(hair_colour(person)) * tone
    if 0.05 < person.grey < 0.95:
        streak = step(strands + clumps, 1.2 - 2.2 * person.grey, 2.4 - 2.2 * person.grey)
        value = value * (1 + 0.25 * streak)
    return value


def strands_on(person: Person, style: Style, hit: Hit) -> tuple[Array, Array]:
    """Fine and coarse noise [H, W] along the strands on the skull."""
    shift = person.skin_seed % 401
    if style.flow == "curl":
        grain = 1.3 if style.curl < 2 else 2.0
        wobble = 3 * read_tile(tile(9, 9), hit.x + shift, hit.y)
        return (read_tile(tile(grain, grain), hit.x + wobble + shift, hit.y + wobble),
                read_tile(tile(4, 4), hit.x + shift, hit.y + hit.z))  # fmt: skip
    across, along = _flow(person, style, hit)
    across = across + 2.5 * read_tile(tile(14, 14), hit.x + shift, hit.y)
    return (read_tile(tile(0.9, 22), 2.0 * across + shift, along + shift),
            read_tile(tile(2.4, 40), 1.6 * across + shift, along))  # fmt: skip


def _flow(person: Person, style: Style, hit: Hit) -> tuple[Array, Array]:
    """Coordinates across and along combed hair, millimetres."""
    if style.flow == "back":
        return hit.x * (1 - 0.0025 * (hit.y + 60)), hit.y
    if style.flow == "across":
        return 0.85 * hit.x + 0.5 * hit.y * np.float32(person.hair_part), hit.y
    # from the parting outward and down, around the face; a fringe falls straight
    front = step(hit.z, 40, 70) * (1.0 if style.hairline else 0.0)
    x = hit.x - np.float32(30 * person.hair_part) * step(hit.y, -20, -60)
    y = np.minimum(hit.y, 0)
    across = (1 - front) * np.hypot(x, 0.85 * y) + front * hit.x * 0.9
    return across, 80 * np.arctan2(x, 20 - y) + front * hit.y + np.maximum(hit.y, 0)


@dataclass(frozen=True)
class Haircut:
    """The layers of a person's hair.

    Attributes:
        behind: Behind neck and head, from back to front.
        cap: On the skull, none on a bald one.
        hanging: In front of ears and cheeks, on long cuts.
    """

    behind: tuple[Layer, ...] = ()
    cap: Layer | None = None
    hanging: Layer | None = None


def cut_hair(person: Person, skull: Loft, view: View) -> Haircut:
    """The hair of a person as seen in `view`."""
    style = STYLES.get(person.hair_style)
    if style is None:
        return Haircut()
    back, cap = _cap(person, style, skull, view)
    if not style.reach:
        return Haircut((back,), cap)
    return Haircut(
        (back, _curtain(person, style, view, in_front=False)),
        cap,
        _curtain(person, style, view, in_front=True),
    )


def _cap(person: Person, style: Style, skull: Loft, view: View) -> tuple[Layer, Layer]:
    """Hair on the skull: what is seen of its far side beside the face, and its near side."""
    view = view.crop(-125, 125, -200, 60)
    volume = 0.7 + 0.6 * person.hair_volume
    upward = style.top * volume if style.top else 1.0
    shape = grown(skull, style.sides * volume, upward, min(0.45 * upward, 9.0))
    hit = cast(shape, view)
    strands, clumps = strands_on(person, style, hit)
    rough = 0.4 * strands + np.float32(0.9 * style.curl) * clumps
    outline = np.clip(0.6 * (hit.inside + rough - 0.8 * style.curl) / view.pixel, 0, 1)
    outline = outline * (hit.inside > 0)
    edge = _hairline(person, style, hit) - hit.y + 1.5 * strands + 1.0 * clumps
    cover = step(edge + 1.5 * strands, -4.0, 6.0) * outline
    depth = hit.depth + 0.12 * strands + np.float32(0.35 + 0.35 * style.curl) * clumps
    root = 0.15 if style.reach else 0.4
    albedo = strand_colour(person, strands, clumps) * (1 - root + root * step(edge, -2, 14))
    if person.hair_style == "buzz":
        albedo, cover = 0.85 * albedo + 0.015, 0.88 * cover
    normal = normals(depth, view.pixel)
    silk = (0.25 if style.flow == "curl" else 0.8) * np.clip(1 + 0.8 * strands, 0, 2)
    end = 24.0 if person.hair_style != "fringe_crown" else 8.0
    far = outline * step(hit.y + 4 * clumps, end, end - 10)
    if person.hair_style in ("fringe_crown", "buzz"):
        far = far * step(hit.y, -40, -20)
    return (
        Layer(view, 0.5 * albedo, far, np.full_like(depth, -20), normal),
        Layer(view, albedo, cover, depth, normal, silk=silk),
    )


def _hairline(person: Person, style: Style, hit: Hit) -> Array:
    """Height [H, W] of the hair's lower edge, by the direction in which the skull is left."""
    angle = np.arctan2(np.abs(hit.x), hit.z)
    if person.hair_style == "fringe_crown":
        return np.where(angle > 0.9, 22 - 60 * step(angle, 1.25, 0.95), -200)
    front = -person.hairline_height + style.hairline
    sweep = 6 * person.hair_part * np.tanh(hit.x / 12) if style.flow == "down" else 0.0
    recess = 0.0 if style.reach else person.hairline_recess
    line = front - recess * bell(angle - 0.55, 0.2) + sweep + 2.5 * bell(angle, 0.12)
    if style.reach:
        value: Array = line + step(angle, 0.35, 1.0) * (34 - line)
        return value
    sideburn = 6 + 16 * person.hair_length if style.sides < 9 else 24
    return line + step(angle, 0.82, 1.2) * (np.float32(sideburn) - line)


def _curtain(person: Person, style: Style, view: View, in_front: bool) -> Layer:
    """Hair hanging on both sides of the face (`in_front`) or behind it."""
    plane = 22.0 if in_front else -38.0
    x = (view.x - np.float32(plane * np.sin(view.yaw))) / np.float32(np.cos(view.yaw))
    y = view.y - np.float32(plane * np.sin(view.pitch))
    shift = person.skin_seed % 401 + (0 if in_front else 57)
    wave = _wave(style, x + shift, y)
    side = np.abs(x) + 0.5 * wave
    inner, outer = _curtain_edges(person, style, y)
    strands = read_tile(tile(0.9, 22), 2.0 * (x + wave) + shift, y)
    clumps = read_tile(tile(2.4, 40), 1.6 * (x + wave) + shift, y)
    ends = style.reach + 14 * person.hair_length + 4 * strands + 3 * clumps
    cover = step(side - outer - 1.5 * strands, 2.0, -1.5) * step(y - ends, 4, -4)
    if in_front:
        across = np.clip((side - inner) / np.maximum(outer - inner, 1), 0, 1)
        cover = cover * step(side - inner + 2 * strands, -1.5, 2.5) * step(y, -74, -52)
        tone, lean, silk = 0.62 + 0.38 * step(across, 0, 0.45), 0.45, 0.6
    else:
        across = np.clip(side / outer, 0, 1)
        cover = cover * step(y, -60, -30)
        tone, lean, silk = np.full_like(across, 0.42), 0.3, 0.2
    normal = np.stack([np.sign(x) * (1.35 * across - lean) + 0.12 * clumps, 0.1 + 0 * x, 1 + 0 * x])
    normal /= np.sqrt((normal**2).sum(0))
    depth = np.float32(plane) + 22 * np.sqrt(np.clip(1 - (2 * across - 1) ** 2, 0, 1))
    shine = silk * np.clip(1 + 0.8 * strands, 0, 2)
    albedo = strand_colour(person, strands, clumps) * tone
    return Layer(view, albedo, cover, depth, normal, silk=shine)


def _wave(style: Style, x: Array, y: Array) -> Array:
    """How far sideways [H, W] hanging strands sway, millimetres."""
    sway = 2.5 * read_tile(tile(14, 30), 0.6 * x, y)
    if style.curl:
        turn = y / 12 + 1.6 * read_tile(tile(14, 30), x, 0.5 * y) + 0.03 * x
        sway = sway + np.float32(3.2 * style.curl) * np.sin(turn) * step(y, -60, 30)
    return sway


def _curtain_edges(person: Person, style: Style, y: Array) -> tuple[Array, Array]:
    """Inner and outer distance [H, W] of a curtain from the middle, at each height."""
    spread, flare = -9 + 8 * person.hair_width, 4 + 12 * person.hair_width
    wide = person.cranial_width + style.sides * (0.7 + 0.6 * person.hair_volume)
    short = style.reach < 100
    # height; inner edge by the face's width and the spread; outer edge beyond the cap, by the flare
    table = np.array([
        (-80, 0.55, 0.0, -8, 0.0), (-45, 0.72, 0.0, 0, 0.0), (-20, 0.88, 0.0, 0, 0.0),
        (10, 0.97, 0.2, 0, 0.1), (40, 0.96, 0.4, 0, 0.4), (70, 0.88, 0.5, -6 * short, 0.7),
        (110, 0.84, 1.0, -18 * short, 1.0), (160, 0.90, 1.0, 0, 0.9),
    ])  # fmt: skip
    inner = table[:, 1] * person.face_width + table[:, 2] * spread
    outer = wide + table[:, 3] + table[:, 4] * flare
    return (np.interp(y, table[:, 0], inner).astype(np.float32),
            np.interp(y, table[:, 0], outer).astype(np.float32))  # fmt: skip
