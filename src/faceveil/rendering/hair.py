"""What all hair has in common: its cut, its colour and the noise of its strands."""

from dataclasses import dataclass

import numpy as np

from faceveil.rendering.noise import Array, colour, planes, ramp, read_tile, step, tile
from faceveil.rendering.person import Person
from faceveil.rendering.surface import Hit

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
