"""One photo of one person, from numbers to pixels."""

from dataclasses import dataclass

import numpy as np

from faceveil.rendering.backdrop import backdrop
from faceveil.rendering.body import clothes_layer, ear_layer, head_layer, neck_layer, wear_glasses
from faceveil.rendering.camera import develop, grain, shrink
from faceveil.rendering.canvas import Canvas, blank, read
from faceveil.rendering.eyes import paint_brows, paint_eyes
from faceveil.rendering.hair import cut_hair, hair_colour
from faceveil.rendering.head import head_loft, raise_relief
from faceveil.rendering.layers import Scene
from faceveil.rendering.mouth import beard_thickness, paint_beard, paint_mouth
from faceveil.rendering.noise import Array
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo
from faceveil.rendering.shading import light_of, shade
from faceveil.rendering.skin import paint_skin, skin_colour
from faceveil.rendering.surface import Loft, View, cast, look

SUPERSAMPLING = 2


@dataclass(frozen=True)
class Rendering:
    """A rendered photo and what a mask needs to be put on it.

    Attributes:
        image: sRGB [H, W, 3], 0..1.
        grain: Sensor noise that is in the image [H, W, 3].
        canvas: The painted face, with its relief.
        skull: The head's loft.
        view: The rays at `SUPERSAMPLING` times the size.
        hair: Opacity of hair before the face [S, S], at the rays.
        person: Opacity of the whole person [S, S], at the rays.
        exposure: Gain that was applied to linear light.
    """

    image: Array
    grain: Array
    canvas: Canvas
    skull: Loft
    view: View
    hair: Array
    person: Array
    exposure: float


def render(person: Person, photo: Photo, size: int) -> Rendering:
    """Render one photo of `size` pixels."""
    view = look(person, photo, SUPERSAMPLING * size)
    canvas = paint_face(person, photo, size)
    skull = head_loft(person, photo, beard_thickness(person))
    scene, hair = _assemble((person, photo), canvas, skull, view)
    linear = shrink(shade(scene, light_of(photo)) * scene.cover, size, photo.blur)
    linear += (1 - shrink(scene.cover, size, photo.blur)) * backdrop(photo, size)
    exposure = _exposure(person, photo)
    noise = grain(photo, size)
    image = np.clip(develop(linear, photo, exposure) + noise, 0, 1)
    return Rendering(image, noise, canvas, skull, view, hair, scene.cover, exposure)


def paint_face(person: Person, photo: Photo, size: int) -> Canvas:
    """Paint a person's face for one photo, spread out flat."""
    canvas = blank(0.8 * min(1.0, 128 / size))
    raise_relief(canvas, person, photo)
    paint_skin(canvas, person, photo)
    hair = hair_colour(person)
    paint_mouth(canvas, person, photo)
    paint_beard(canvas, person, 0.8 * hair)
    paint_eyes(canvas, person, photo)
    paint_brows(canvas, person, photo, 0.7 * hair)
    return canvas


def _assemble(
    who: tuple[Person, Photo], canvas: Canvas, skull: Loft, view: View
) -> tuple[Scene, Array]:
    """All layers from back to front, and the opacity of hair in front of the face."""
    person, photo = who
    relief = np.ascontiguousarray(canvas.relief)
    near = view.crop(-108, 108, -140, 150)
    hit = cast(skull, near, lambda x, y: read(relief, canvas, x, y))
    scene = Scene(view)
    hair = cut_hair(person, skull, view)
    for layer in hair.behind:
        scene.lay(layer)
    scene.lay(neck_layer(person, view))
    scene.lay(clothes_layer(person, photo, view))
    scene.lay(head_layer(read(canvas.layers, canvas, hit.x, hit.y), hit, near))
    before: Array = np.zeros_like(scene.depth)
    if hair.cap is not None:
        scene.lay(hair.cap)
        before[hair.cap.view.part_of(view)] = hair.cap.cover
    for side in () if hair.hanging else (-1.0, 1.0):
        scene.lay(ear_layer(person, skull, (hit, near), side))
    if hair.hanging is not None:
        scene.lay(hair.hanging)
        part = before[hair.hanging.view.part_of(view)]
        np.maximum(part, hair.hanging.cover, out=part)
    if photo.glasses:
        wear_glasses(scene, person, before)
    return scene, before


def _exposure(person: Person, photo: Photo) -> float:
    """Gain of a camera that meters on the face, without making all skins alike."""
    light = float(skin_colour(person) @ np.array([0.21, 0.72, 0.07], np.float32))
    return float(1.02 * photo.exposure * (0.38 / light) ** 0.32)
