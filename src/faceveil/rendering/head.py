"""The bones and soft parts of a head: its loft and the bumps that make a face of it."""

import numpy as np
from scipy.interpolate import PchipInterpolator

from faceveil.rendering.canvas import Canvas
from faceveil.rendering.noise import Array, bell, step
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo
from faceveil.rendering.surface import Loft, loft

Bump = tuple[float, float, float, float, float]


def mouth_height(person: Person) -> float:
    """Height of the line between the lips, millimetres below the pupils."""
    return min(person.nose_length + person.mouth_drop, person.chin_drop - 37)


def head_loft(person: Person, photo: Photo, beard: float = 0.0) -> Loft:
    """The head without features; a beard of `beard` millimetres widens jaw and chin."""
    top, chin = -person.cranial_height, person.chin_drop + 3 * photo.mouth_open
    wide, deep, mouth = person.cranial_width, person.face_depth, mouth_height(person)
    temple = wide + 2.5 * person.forehead_width
    soft = person.cheek_fullness + 1.5 * photo.smile
    width = [
        (top, 0.0), (0.96 * top, 0.43 * wide), (0.86 * top, 0.71 * wide), (0.7 * top, 0.90 * wide),
        (0.5 * top, temple), (0.28 * top, 0.985 * temple),
        (0.0, 0.35 * temple + 0.65 * person.face_width), (20.0, person.face_width),
        (46.0, 0.45 * person.face_width + 0.55 * person.jaw_width + 0.8 * soft + 0.4 * beard),
        (mouth, person.jaw_width + 0.7 * soft + beard),
        (chin - 13, person.chin_width + 0.5 * soft + 1.3 * beard), (chin + 1.2 * beard, 0.0),
    ]  # fmt: skip
    depth = [
        (top, 0.0), (0.93 * top, 0.46 * deep), (0.8 * top, 0.74 * deep), (0.6 * top, 0.91 * deep),
        (0.35 * top, deep), (-12.0, deep), (20.0, 0.985 * deep), (mouth, 0.965 * deep),
        (chin - 11, 0.945 * deep), (chin - 4, 0.895 * deep),
        (chin + 1.2 * beard + 0.1, 0.80 * deep),
    ]  # fmt: skip
    return loft(width, depth)


def raise_relief(canvas: Canvas, person: Person, photo: Photo) -> None:
    """Add bones, nose and soft parts to the canvas's relief."""
    bumps = np.array(_bone_bumps(person) + _soft_bumps(person, photo), np.float32)
    x, y, wide, high, height = bumps.T[:, :, None]
    columns = np.exp(-0.5 * ((canvas.x - x) / wide) ** 2)
    rows = np.exp(-0.5 * ((canvas.y.T - y) / high) ** 2) * height
    canvas.relief[...] += rows.T @ columns
    around = canvas.window(-44, 44, -30, person.nose_length + 14)
    around.relief[...] += _nose(around, person)


def _both(x: float, y: float, wide: float, high: float, height: float) -> list[Bump]:
    return [(-x, y, wide, high, height), (x, y, wide, high, height)]


def _bone_bumps(person: Person) -> list[Bump]:
    eye, brow, chin = person.eye_distance / 2, -person.brow_height + 2, person.chin_drop
    return [
        *_both(eye - 6, brow, 13, 6.5, 0.55 * person.brow_ridge),
        (0, brow + 3, 10, 7, 0.4 * person.brow_ridge),
        *_both(eye + 0.5, 0, 12, 8.5, -person.eye_depth),
        *_both(15, -2, 5, 8, -0.35 * person.eye_depth),
        *_both(eye, 0.5, 8.5, 6.5, 2.2 + 0.45 * person.eye_depth),
        *_both(0.7 * person.face_width, person.cheekbone_height, 13, 9, 0.75 * person.cheekbones),
        *_both(0.8 * person.cranial_width, -28, 12, 16, -2.5),
        *_both(24, -44, 16, 14, 1.2),
        (0, chin - 11, person.chin_width * 0.5, 8, 4.5 + person.chin_projection),
        (0, chin - 9, 2.2, 5, -1.6 * max(person.chin_cleft, 0.0)),
    ]


def _soft_bumps(person: Person, photo: Photo) -> list[Bump]:
    mouth, smile = mouth_height(person), photo.smile
    hollow = 0.5 * person.cheek_fullness - 0.25 * person.cheekbones
    wide = person.mouth_width * (1 + 0.2 * smile)
    fold = 0.4 + 1.1 * person.nasolabial_lines
    return [
        (0, mouth - 2, 21, 16, 5.0),
        (0, mouth + 17, 13, 4.5, -3.4),
        (0, mouth - 14, 2.2, 5, -0.9),
        *_both(0.64 * person.face_width, 50, 13, 15, hollow),
        *_both(35, 30 - 3 * smile, 11, 9, 1.2 + 2.6 * smile + 0.3 * person.cheek_fullness),
        *_both(wide + 5, mouth + 3, 4, 7, -1.0 - 1.2 * smile),
        *_both(wide + 4, mouth + 16, 8, 9, 1.2 + fold),
    ]


def _nose(canvas: Canvas, person: Person) -> Array:
    """The nose [H, W]: a ridge whose height and width follow curves along it, tip and wings."""
    end = person.nose_length
    y, rise, spread = _nose_profile(person)
    side = np.abs(canvas.x)
    # the lower edge curls up toward the sides, which rounds the tip
    along = (canvas.y + np.float32(0.022) * np.minimum(side, 18) ** 2).ravel()
    height = np.interp(along, y, rise).astype(np.float32).reshape(canvas.relief.shape)
    width = np.interp(canvas.y[:, 0], y, spread).astype(np.float32)[:, None]
    ridge: Array = height * np.exp(-((side / width) ** 2) * np.float32(0.62))
    wings = bell(side - (person.nose_width - 4.5), 3.7) * bell(canvas.y - (end - 5.5), 4.6)
    crease = bell(side - (person.nose_width + 1.6), 1.6) * bell(canvas.y - (end - 6.5), 5.0)
    under = step(canvas.y, end + 4, end - 2)
    high = np.float32(0.34 * person.nose_projection)
    return ridge + high * wings * under - np.float32(1.2) * crease


def _nose_profile(person: Person) -> tuple[Array, Array, Array]:
    """Heights of the face, and the ridge's height and half-width there; all in millimetres."""
    end, root, high = person.nose_length, person.nose_bridge_height, person.nose_projection
    tip, bridge, point = (
        end - 6.5 - 0.4 * person.nose_tip_lift, person.nose_bridge_width, person.nose_tip_width
    )  # fmt: skip
    middle = 0.62 * root + 0.3 * (high - root) + person.nose_hump
    # height on the face, height of the ridge, half-width of the ridge
    table = np.array([
        (-24, 0, 15), (-10, 0.35 * root, 10), (0, 0.62 * root, 0.85 * bridge),
        (0.45 * tip, middle, 0.95 * bridge), (tip - 8, 0.8 * high, 0.5 * (bridge + point)),
        (tip, high, point), (tip + 4.5, 0.82 * high, point), (end + 1, 0.42 * high, point),
        (end + 5, 0.1 * high, point), (end + 10, 0, point),
    ])  # fmt: skip
    y = np.arange(-30, 75, 0.5)
    smooth = PchipInterpolator(table[:, 0], table[:, 1:])(np.clip(y, table[0, 0], table[-1, 0]))
    return y, smooth[:, 0], smooth[:, 1]
