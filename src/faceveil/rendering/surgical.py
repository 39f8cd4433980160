"""A surgical mask, put on the photo that has just been rendered.

Its surface is the face's own, smoothed like cloth over nose and chin; its transparency is known
exactly, and takes in the ear straps. Over it lies only hair that hangs in front of the face.
"""

from dataclasses import dataclass, replace

import numpy as np

from faceveil.rendering.camera import develop, shrink
from faceveil.rendering.canvas import read
from faceveil.rendering.head import mouth_height
from faceveil.rendering.mask_coordinates import (
    EYE_DISTANCE,
    LUMINANCE,
    average_height,
    continued,
    on_mask,
)
from faceveil.rendering.noise import Array, bell, colour, planes, read_tile, step, tile
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo
from faceveil.rendering.render import Rendering
from faceveil.rendering.shading import Light, blurred, fill_and_sky, light_of
from faceveil.rendering.surface import Hit, Loft, Relief, View, cast, normals, stroke

CLOTHS = np.stack([
    colour(142, 188, 214), colour(160, 198, 218), colour(126, 174, 208),
    colour(150, 194, 184), colour(170, 200, 190),
])  # fmt: skip
CLOTH_SHARES = (0.4, 0.26, 0.2, 0.08, 0.06)

WHITE = np.float32(0.9)
"""Linear albedo of the cloth that shading is told on."""

NOSE_TIP = 6.5
"""How far the nose's tip is above its lower end, in millimetres."""


@dataclass(frozen=True)
class Cut:
    """How one mask is cut and worn: colour and edges, in millimetres of the head.

    Attributes:
        cloth: Linear RGB [3].
        top: Height of the upper edge at the nose.
        top_side: Height of the upper edge at its ends.
        bottom: Height of the lower edge in the middle.
        bottom_side: Height of the lower edge at its ends.
        half: Half the width between the side edges.
        tilt: Slope of the whole mask.
    """

    cloth: Array
    top: float
    top_side: float
    bottom: float
    bottom_side: float
    half: float
    tilt: float


@dataclass(frozen=True)
class RenderedMask:
    """A mask as it appears in one photo.

    Attributes:
        colour: sRGB [H, W, 3], 0..1; meaningful where transparency is above 0.
        transparency: [H, W], 0..1, 1 where only the mask is seen; a multiple of 1/255.
        coordinates: u, v and shading [3, H, W] of every pixel, as in `mask_coordinates`.
    """

    colour: Array
    transparency: Array
    coordinates: Array

    def over(self, image: Array) -> Array:
        """The photo [H, W, 3] wearing the mask: `image * (1 - a) + colour * a`."""
        a = self.transparency[..., None]
        return image * (1 - a) + self.colour * a


def draw_cut(rng: np.random.Generator, person: Person, worn: str) -> Cut:
    """Draw a mask for a face."""
    nose, mouth, chin = person.nose_length, mouth_height(person), person.chin_drop
    # upper edge at the nose, at the ends; lower edge in the middle, at the ends
    edges = {
        "correct": (0.36 * nose, 0.62 * nose, chin + 6, mouth + 14),
        "nose_mouth": (0.30 * nose, 0.42 * nose, mouth + 13.5, mouth + 2),
        "mouth_chin": (nose + 5.0, nose + 2, chin + 6, mouth + 18),
        "chin": (mouth + 14, mouth - 2, chin + 6, mouth + 24),
    }[worn]
    top, top_side, bottom, bottom_side = np.array(edges) + rng.uniform(-2, 2, 4)
    cloth = CLOTHS[rng.choice(len(CLOTHS), p=CLOTH_SHARES)] * rng.uniform(0.88, 1.04, 3)
    return Cut(
        np.clip(cloth, 0, 0.95).astype(np.float32), float(top), float(top_side),
        float(bottom), float(bottom_side), person.face_width * float(rng.uniform(0.84, 0.92)),
        float(rng.normal(0, 0.02)),
    )  # fmt: skip


def put_on(photographed: Rendering, person: Person, photo: Photo, cut: Cut) -> RenderedMask:
    """The mask `cut` on a rendered face, as the same camera sees it."""
    size = photographed.image.shape[0]
    view = photographed.view.crop(-90, 90, min(cut.top, cut.top_side) - 30, 200)
    hit = cast(_shape(photographed.skull), view, _cloth_relief(photographed))
    cover, across, down = _cover(hit, cut, view)
    light = light_of(photo)
    folds = _folds(hit, across, down)
    lit = _lit(normals(hit.depth, view.pixel), light)
    radiance = planes(cut.cloth) * folds * lit
    part = view.part_of(photographed.view)
    # a strap is seen before the head, not beside it: there it runs behind the cheek
    straps = _straps(view, cut, person) * (1 - cover) * photographed.person[part]
    cover = cover + straps
    strap = planes(0.72 * light.key + 0.1)
    radiance += straps * (strap - radiance)
    cover *= 1 - photographed.hair[part]
    layers = np.zeros((4, *photographed.hair.shape), np.float32)
    layers[:, *part] = np.concatenate([radiance * cover, cover[None]])
    seen = shrink(layers, size, photo.blur)
    shown = develop(seen[:3] / np.maximum(seen[3], 1e-3), photo, photographed.exposure)
    white = WHITE * folds * lit
    white += straps * (strap - white)
    return RenderedMask(
        np.clip(shown + photographed.grain, 0, 1),
        np.round(255 * np.clip(seen[3], 0, 1)) / np.float32(255),
        _coordinates((photographed, person, photo), hit, white, part),
    )


def _coordinates(
    taken: tuple[Rendering, Person, Photo], hit: Hit, white: Array, part: tuple[slice, slice]
) -> Array:
    """u, v and shading [3, H, W], from rays that meet the mask and white cloth [3, h, w] there.

    A pixel at the head's outline takes the mean of those of its rays that meet the head. Places of
    hair before the mask are those of the mask under it.
    """
    photographed, person, photo = taken
    size = photographed.image.shape[0]
    met = ((hit.inside > 0) & (hit.z > 0)).astype(np.float32)
    layers = np.zeros((6, *photographed.hair.shape), np.float32)
    layers[:, *part] = np.concatenate([on_mask(*_on_average(hit, person)), white, met[None]]) * met
    sharp, seen = shrink(layers[[0, 1, 5]], size), shrink(layers[2:], size, photo.blur)
    # where the mask is opaque, its colour divided by that of flat white cloth in unit light
    shown = develop(seen[:3] / np.maximum(seen[3], 1e-3), photo, photographed.exposure)
    plain = develop(np.full((3, 1, 1), WHITE, np.float32), replace(photo, warmth=0.0), 1.0)
    shading = (shown @ LUMINANCE) / (plain @ LUMINANCE)
    where = sharp[:2] / np.maximum(sharp[2], 1e-3)
    return continued(np.concatenate([where, shading[None]]), sharp[2] > 0.5)


def _on_average(hit: Hit, person: Person) -> tuple[Array, Array]:
    """Where on the average head [H, W] rays meet that of a person, in millimetres."""
    scale = EYE_DISTANCE / person.eye_distance
    tip, mouth = person.nose_length - NOSE_TIP, mouth_height(person)
    heights = (scale * one for one in (tip, mouth, person.chin_drop))
    return scale * hit.x, average_height(scale * hit.y, *heights)


def _shape(skull: Loft) -> Loft:
    """The mask's own loft: a little wider than the face and reaching under the chin."""
    y, end = skull.y, float(skull.y[-1])
    longer = np.linspace(float(y[0]), end + 8, len(y)).astype(np.float32)
    source = np.where(longer > 60, 60 + (longer - 60) * (end - 60) / (end - 52), longer)
    width = np.interp(source, y, skull.width) + 2.0
    depth = np.interp(source, y, skull.depth) + 1.0
    return Loft(longer, width.astype(np.float32), depth.astype(np.float32))


def _cloth_relief(photographed: Rendering) -> Relief:
    """Relief of cloth over the face: tight on nose and chin, bridging what lies between."""
    canvas = photographed.canvas
    face = canvas.relief
    tent = blurred(face, 8 / canvas.cell) * 1.15 + 3.0
    cloth = blurred(np.maximum(face - 1.0, tent), 4.5 / canvas.cell) + 2.0
    return lambda x, y: read(cloth, canvas, x, y)


def _edges(cut: Cut, x: Array) -> tuple[Array, Array]:
    """Heights of the upper and the lower edge at distances `x` from the middle."""
    across = np.clip(np.abs(x) / np.float32(cut.half), 0, 1.2)
    lean = np.float32(cut.tilt) * x
    top = cut.top + (cut.top_side - cut.top) * across**1.4 + lean
    bottom = cut.bottom + (cut.bottom_side - cut.bottom) * across**2.2 + lean
    return top, bottom


def _cover(hit: Hit, cut: Cut, view: View) -> tuple[Array, Array, Array]:
    """Opacity, and position across (-1..1) and down (0..1) the mask; all [H, W]."""
    top, bottom = _edges(cut, hit.x)
    down = (hit.y - top) / np.maximum(bottom - top, 5)
    side = (np.float32(cut.half) - np.abs(hit.x) - 2.5 * (down - 0.5) ** 2 * 4) * 0.6
    inside = np.minimum(np.minimum(hit.y - top, bottom - hit.y), side)
    inside = np.minimum(inside, hit.inside)
    cover = np.clip(inside / np.float32(1.3 * view.pixel) + 0.5, 0, 1) * (hit.z > 0)
    return cover, hit.x / np.float32(cut.half), down


def _folds(hit: Hit, across: Array, down: Array) -> Array:
    """Factor on the cloth's albedo [H, W]: pleats, hems, the band over the nose, weave."""
    shade = 1 + 0.025 * read_tile(tile(0.8, 0.8), 2 * hit.x + 200, 2 * hit.y)
    shade += 0.03 * read_tile(tile(9, 9), hit.x + 100, hit.y)
    for fold in (0.34, 0.50, 0.66):
        off = down - np.float32(fold) - 0.02 * across * across
        shade -= 0.30 * bell(off - 0.012, 0.014) - 0.10 * bell(off + 0.02, 0.02)
        shade -= 0.09 * step(off, 0, 0.012) * step(off, 0.10, 0.0)
    hem = np.minimum(np.minimum(down, 1 - down) * 8, (1 - np.abs(across)) * 6)
    shade += 0.06 * step(hem, 0.55, 0.35) - 0.16 * bell(hem - 0.55, 0.09)
    band = bell(down - 0.055, 0.012) * step(np.abs(across), 0.55, 0.42)
    shade += 0.14 * band - 0.12 * bell(down - 0.085, 0.012) * step(np.abs(across), 0.55, 0.42)
    value: Array = np.clip(shade, 0.2, 1.3)
    return value


def _lit(normal: Array, light: Light) -> Array:
    """Light on cloth [3, H, W]: soft, since it shines through."""
    facing = np.tensordot(light.direction, normal, 1)
    key = np.clip((facing + 0.35) / 1.35, 0, 1)
    value: Array = planes(light.key) * key + fill_and_sky(normal, light)
    return value


def _straps(view: View, cut: Cut, person: Person) -> Array:
    """Opacity [H, W] of the four straps between the mask's corners and the ears."""
    cover = np.zeros_like(view.x)
    wide = person.face_width
    z_corner = person.face_depth * float(np.sqrt(max(1 - (cut.half / wide) ** 2, 0.05)))
    for side in (-1.0, 1.0):
        for corner, ear in ((cut.top_side + 3, 2.0), (cut.bottom_side - 3, 30.0)):
            start = view.project(side * cut.half * 0.98, corner, z_corner)
            end = view.project(side * (wide + 2.0), ear, 2.0)
            if side * (end[0] - start[0]) > 1:
                cover = np.maximum(cover, stroke(view, start[:2], end[:2], 2.0))
    return cover * np.float32(0.9)
