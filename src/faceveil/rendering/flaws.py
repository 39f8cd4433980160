"""Photos that a curator must refuse: each flaw unmistakable, its name in the truth table."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter

from faceveil.rendering.camera import shrink
from faceveil.rendering.noise import Array
from faceveil.rendering.person import Person, draw_person
from faceveil.rendering.photo import Photo, draw_photo
from faceveil.rendering.render import Rendering, render
from faceveil.rendering.surgical import draw_cut, put_on

FLAWS = ("two_faces", "blurred", "no_mask", "out_of_frame")

BLUR = 3.2 / 128
"""Deviation of the blur, as a part of the picture's width."""


@dataclass(frozen=True)
class Pair:
    """A photo, the same photo wearing a mask, and the mask alone.

    Attributes:
        unmasked: sRGB [H, W, 3], 0..1.
        masked: The same where a mask is worn.
        cutout: The mask's sRGB and its transparency [H, W, 4], 0..1.
        coordinates: Mask coordinates [3, H, W] of the first person; None without a mask.
    """

    unmasked: Array
    masked: Array
    cutout: Array
    coordinates: Array | None = None


def take_pair(rng: np.random.Generator, person: Person, size: int, way: str, flaw: str) -> Pair:
    """Photograph a person without and with a mask.

    Args:
        rng: Source of the photo, the mask and the flaw.
        person: Who is photographed.
        size: Height and width in pixels.
        way: How the mask is worn: "correct", "nose_mouth", "chin", "mouth_chin", or "none".
        flaw: "" or one of `FLAWS`; "no_mask" leaves the masked photo without its mask.
    """
    photo = draw_photo(rng, person)
    if flaw == "two_faces":
        return _two_faces(rng, person, photo, size)
    if flaw == "out_of_frame":
        photo = replace(photo, shift_x=0.5 * float(rng.choice((-1.0, 1.0))))
    pair, _ = _photograph(rng, person, photo, size, way)
    if flaw == "no_mask":
        return replace(pair, masked=pair.unmasked, coordinates=None)
    if flaw == "blurred":
        unmasked, masked = _blurred(pair.unmasked), _blurred(pair.masked)
        return replace(pair, unmasked=unmasked, masked=masked)
    return pair


def _photograph(
    rng: np.random.Generator, person: Person, photo: Photo, size: int, way: str
) -> tuple[Pair, Rendering]:
    rendering = render(person, photo, size)
    if way == "none":
        bare = np.zeros((size, size, 4), np.float32)
        return Pair(rendering.image, rendering.image, bare), rendering
    worn = put_on(rendering, person, photo, draw_cut(rng, person, way))
    cutout = np.concatenate([worn.colour, worn.transparency[..., None]], axis=2)
    masked = worn.over(rendering.image)
    return Pair(rendering.image, masked, cutout, worn.coordinates), rendering


def _two_faces(rng: np.random.Generator, person: Person, photo: Photo, size: int) -> Pair:
    """Two people side by side, the other one a little in front, both masked in the masked copy."""
    span = float(rng.uniform(0.135, 0.155))
    side = float(rng.choice((-1.0, 1.0)))
    other = draw_person(rng)
    left = replace(photo, eye_span=span, shift_x=0.24 * side, shift_y=0.05)
    right = replace(draw_photo(rng, other), eye_span=span * float(rng.uniform(0.95, 1.05)),
                    shift_x=-0.24 * side, shift_y=0.05)  # fmt: skip
    back, _ = _photograph(rng, person, left, size, "correct")
    front, rendering = _photograph(rng, other, right, size, "correct")
    cover = np.clip(shrink(rendering.person, size), 0, 1)[..., None]
    return Pair(
        back.unmasked + cover * (front.unmasked - back.unmasked),
        back.masked + cover * (front.masked - back.masked),
        back.cutout,
        back.coordinates,
    )


def _blurred(image: Array) -> Array:
    sigma = BLUR * image.shape[0]
    value: Array = gaussian_filter(image, (sigma, sigma, 0), mode="nearest")
    return value
