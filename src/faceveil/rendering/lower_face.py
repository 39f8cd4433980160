"""The lower face of a person as a texture: what a mask shows that is printed with it."""

from collections.abc import Sequence

import numpy as np
from matplotlib.tri import LinearTriInterpolator, Triangulation
from scipy.interpolate import NearestNDInterpolator
from scipy.spatial import Delaunay

from faceveil.rendering.noise import Array
from faceveil.rendering.person import Person, draw_person
from faceveil.rendering.photo import Photo
from faceveil.rendering.render import render
from faceveil.rendering.surgical import draw_cut, put_on

SIZE = 256
"""Side of the rendered picture: a texel of a texture 144 wide is about as large as its pixel."""

REACH = 1.2
"""How far beyond a mask's edges places are looked at, in units of u; so that edges are found."""


def lower_face(person: Person, height: int, width: int, seed: int) -> Array:
    """The face from nose to chin, seen from the front, without expression, in soft light.

    Texel (i, j) lies at ``v = (i + 0.5) / height``, ``u = -1 + 2 (j + 0.5) / width`` of the
    coordinates of a mask on this person's face: printed on it, each part lies over its own place.

    Args:
        person: Whose face it is.
        height: Texels from nose to chin.
        width: Texels across.
        seed: Of the skin's detail and the mask's place.

    Returns:
        sRGB float32 [3, height, width], 0..1.
    """
    photo = _from_the_front(person, seed)
    rendering = render(person, photo, SIZE)
    cut = draw_cut(np.random.default_rng(seed), person, "correct")
    u, v, _ = put_on(rendering, person, photo, cut).coordinates
    near = (np.abs(u) < REACH) & (v > -0.2) & (v < REACH)
    across = -1 + 2 * (np.arange(width) + 0.5) / width
    down = (np.arange(height) + 0.5) / height
    places, colours = np.stack([u[near], v[near]], axis=1), rendering.image[near]
    return _between(places, colours, np.meshgrid(across, down))


def _between(places: Array, colours: Array, texels: Sequence[Array]) -> Array:
    """Interpolate colours ``[N, 3]`` at places ``[N, 2]`` at texels ``[H, W]``: ``[3, H, W]``."""
    # SciPy finds a texel's triangle by walking, which here takes longer than all else.
    triangles = Triangulation(places[:, 0], places[:, 1], Delaunay(places).simplices)
    finder = triangles.get_trifinder()
    found = [LinearTriInterpolator(triangles, colour, finder)(*texels) for colour in colours.T]
    # Under the chin no ray meets the head: there the nearest place that one meets.
    beyond = np.moveaxis(NearestNDInterpolator(places, colours)(tuple(texels)), 2, 0)
    face = np.ma.stack(found)
    return np.where(face.mask, beyond, face.data).astype(np.float32)


def drawn_lower_face(seed: int, height: int, width: int) -> Array:
    """The lower face, as :func:`lower_face` returns it, of a person drawn from the same seed."""
    return lower_face(draw_person(np.random.default_rng(seed)), height, width, seed)


def _from_the_front(person: Person, seed: int) -> Photo:
    return Photo(
        yaw=0.0, pitch=0.0, roll=0.0, eye_span=0.24, shift_x=0.0, shift_y=0.0,
        light_azimuth=0.0, light_elevation=0.6, light_strength=0.6, light_warmth=0.0, fill=0.75,
        smile=0.0, mouth_open=0.0, brow_raise=0.0, frown=0.0, eyelid=0.97, gaze_x=0.0, gaze_y=0.0,
        glasses=False, lipstick=person.make_up, exposure=1.0, blur=0.0, noise=0.0, warmth=0.0,
        seed=seed,
    )  # fmt: skip
