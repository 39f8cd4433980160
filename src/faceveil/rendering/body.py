"""What carries and frames the face: neck, shoulders and clothes, ears, spectacles."""

import numpy as np

from faceveil.rendering.head import mouth_height
from faceveil.rendering.layers import Layer, Scene
from faceveil.rendering.noise import Array, bell, colour, planes, ramp, read_tile, step, tile
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo
from faceveil.rendering.skin import skin_colour
from faceveil.rendering.surface import Hit, Loft, View, normals, stroke

CLOTHES = np.stack([
    colour(38, 42, 52), colour(58, 70, 96), colour(120, 124, 130), colour(200, 196, 188),
    colour(232, 230, 226), colour(96, 44, 46), colour(62, 84, 70), colour(150, 120, 92),
    colour(86, 104, 128), colour(140, 74, 62), colour(30, 30, 32), colour(176, 150, 160),
])  # fmt: skip


def neck_layer(person: Person, view: View) -> Layer:
    """Neck and the slope of the shoulders, as bare skin."""
    view = view.crop(-200, 200, 15, 300)
    x = view.x - np.float32(-25 * np.sin(view.yaw))
    y = view.y
    level = mouth_height(person) + 40
    flare = 26 * step(y, level + 6, level + 52) ** 2 + 190 * step(y, level + 40, level + 90) ** 2
    wide = np.float32(person.neck_width) + flare
    across = x / wide
    round_ = np.sqrt(np.clip(1 - across * across, 0, 1))
    muscle = bell(np.abs(x) - 0.42 * wide + 0.25 * (y - level), 6) * 1.2
    depth = -42 + 0.8 * np.float32(person.neck_width) * round_ + muscle
    cover = np.clip((1 - np.abs(across)) * wide / view.pixel + 0.5, 0, 1)
    cover = cover * step(y, 20, 40)
    tone = skin_colour(person) * np.array([0.94, 0.9, 0.88], np.float32)
    normal = normals(depth, view.pixel)
    return Layer(view, planes(tone), cover, depth, normal, gloss=0.12)


def clothes_layer(person: Person, photo: Photo, view: View) -> Layer:
    """A shirt, a jumper or a jacket, below the neck."""
    rng = np.random.default_rng(photo.seed)
    view = view.crop(-250, 250, mouth_height(person) + 20, 400)
    x = view.x - np.float32(-25 * np.sin(view.yaw))
    y = view.y
    level = mouth_height(person) + rng.uniform(64, 78)
    slope = np.float32(rng.uniform(0.22, 0.42))
    kind, wide = int(rng.integers(3)), person.neck_width + 2
    side = np.abs(x)
    opening = (rng.uniform(8, 18), rng.uniform(22, 46), rng.uniform(0, 6))[kind]
    if kind == 1:
        neckline = level + opening * (1 - side / wide)
    else:
        neckline = level + opening * np.sqrt(np.clip(1 - (side / wide) ** 2, 0, 1))
    line = np.where(side < wide, neckline, level + slope * (side - wide))
    collar = rng.uniform(6, 12) if kind == 2 else rng.uniform(1.5, 4)
    over = y - line + collar * bell(side - wide, 6)
    cover = step(over, -0.6 * view.pixel, 0.6 * view.pixel)
    folds = read_tile(tile(9, 26), 0.7 * x + 0.5 * y + photo.seed % 300, y + 0.3 * side)
    bend = 40 * np.sqrt(np.clip(1 - (side / 175) ** 2, 0, 1))
    depth = (-42 + bend + 1.8 * folds + 2.0 * step(over, 0, 5)).astype(np.float32)
    first, second = CLOTHES[rng.permutation(len(CLOTHES))[:2]]
    albedo = planes(first)
    if rng.uniform() < 0.2:
        stripes = step(np.sin(y * np.float32(rng.uniform(0.25, 0.6))), 0.2, 0.5)
        albedo = albedo + stripes * (planes(second) - albedo)
    hem = 1 - 0.35 * bell(over - collar * 0.9, 0.9)
    return Layer(view, albedo * hem, cover, depth, normals(depth, view.pixel))


def ear_layer(person: Person, skull: Loft, head: tuple[Hit, View], side: float) -> Layer:
    """One ear (`side` -1 left in the picture, 1 right), hidden where the head is nearer."""
    hit, whole = head
    level, size = 11.0, person.ear_size
    width = float(skull.at(np.array([level], np.float32))[0][0])
    root = whole.project(side * (width - 2.0), level, -2.0)
    rim = whole.project(side * (width + person.ear_protrusion), level, -30.0)
    reach = max(side * (rim[0] - root[0]), 0.5)
    ends = root[0] - side * 0.5 * reach - 2 * side, rim[0] + 4 * side
    view = whole.crop(min(ends), max(ends), root[1] - size - 2, root[1] + size + 2)
    p = side * (view.x - np.float32(root[0])) / np.float32(reach)
    q = (view.y - np.float32(root[1])) / np.float32(size)
    tilt = p - 0.10 + 0.12 * q
    edge = np.sqrt(np.clip(1 - q * q, 0, None)) * (1 - 0.30 * np.clip(q, 0, 1))
    inside = (edge - tilt) * np.float32(reach / view.pixel)
    cover = np.clip(inside + 0.5, 0, 1) * step(p, -0.35, 0.15) * (np.abs(q) < 1)
    part = view.part_of(whole)
    visible = step(np.float32(root[2]) - hit.depth[part], -16, -7) + (hit.inside[part] <= 0)
    cover = cover * np.clip(visible, 0, 1)
    fold = bell(tilt - 0.62 * edge, 0.16)
    shell = bell(tilt - 0.30, 0.20) * bell(q - 0.02, 0.36)
    tone = 1 + 0.12 * bell(tilt - 0.88 * edge, 0.15) - 0.38 * fold - 0.55 * shell
    red = np.array([1.02, 0.84, 0.80], np.float32)
    albedo = planes(skin_colour(person) * red) * tone
    turn = np.clip(side * (0.15 + 0.65 * tilt), -0.9, 0.9)
    normal = np.stack([turn, 0.25 * q, np.sqrt(np.clip(1 - turn**2 - 0.06, 0.1, 1))])
    depth = np.full_like(cover, root[2] - 6)
    return Layer(view, albedo, cover, depth, normal, gloss=0.4)


def head_layer(layers: Array, hit: Hit, view: View) -> Layer:
    """The head itself from the canvas read at its hits [5, H, W]."""
    cover = np.clip(hit.inside / np.float32(view.pixel), 0, 1)
    return Layer(
        view, layers[:3], cover, hit.depth, normals(hit.depth, view.pixel), gloss=layers[3]
    )


FRAMES = np.stack([
    colour(22, 20, 20), colour(60, 38, 26), colour(110, 78, 46), colour(130, 128, 126),
    colour(40, 48, 72),
])  # fmt: skip


def wear_glasses(scene: Scene, person: Person, hair: Array) -> None:
    """Put the person's glasses on the scene, their arms under `hair` (opacity [S, S])."""
    view = scene.view
    rims, lenses = _front(person, view, drop=0.0)
    arms = _arms(person, view) * (1 - lenses) * (1 - hair)
    shadow, _ = _front(person, view, drop=3.0)
    scene.albedo[...] *= 1 - 0.22 * shadow - 0.05 * lenses
    frame = np.maximum(rims, arms)
    scene.albedo[...] += frame * (planes(ramp(person.glasses_tone, FRAMES)) - scene.albedo)
    scene.gloss[...] += frame * (1.2 - scene.gloss)


def _size(person: Person) -> tuple[float, float]:
    wide = 21.5 + 3.5 * person.glasses_size
    tall = 0.88 if person.glasses_style == "round" else 0.64 + 0.12 * person.glasses_size
    return wide, tall * wide


def _front(person: Person, view: View, drop: float) -> tuple[Array, Array]:
    """Opacity of rims and bridge, and of the lenses [S, S], moved down by `drop` millimetres."""
    y = view.y - np.float32(view.project(0, 3.0, person.face_depth + 4)[1] + drop)
    wide, tall = _size(person)
    power = 2.4 if person.glasses_style == "round" else 5.0
    thick = {"round": 1.0, "rectangular": 1.5, "rimless": 0.45}[person.glasses_style]
    rims, lenses = np.zeros_like(y), np.zeros_like(y)
    for side in (-1.0, 1.0):
        centre = view.project(side * (person.eye_distance / 2 + 1.0), 0, person.face_depth - 4)
        width = np.float32(wide * np.cos(view.yaw + 0.12 * side))
        across = np.abs(view.x - np.float32(centre[0])) / width
        radius = (across**power + np.abs(y / np.float32(tall)) ** power + 1e-6) ** (1 / power)
        off = (radius - 1) * np.float32(0.5 * (wide + tall))
        rims = np.maximum(rims, step(np.abs(off), thick + 0.5, thick - 0.4))
        lenses = np.maximum(lenses, step(off, 0.5, -0.5))
    middle = view.project(0, 0, person.face_depth + 8)[0]
    bridge = bell(y + 4.0, 0.9) * step(np.abs(view.x - np.float32(middle)), 13, 10)
    return np.maximum(rims, bridge * (1 - lenses)), lenses


def _arms(person: Person, view: View) -> Array:
    """Opacity [S, S] of the arms between the rims and the ears, where they are in sight."""
    wide, _ = _size(person)
    arms = np.zeros_like(view.x)
    for side in (-1.0, 1.0):
        outer = side * (person.eye_distance / 2 + 1.0 + wide)
        hinge = view.project(outer, -3.0, person.face_depth - 14)
        ear = view.project(side * (person.face_width + 2.0), -3.0, 4.0)
        if side * (ear[0] - hinge[0]) > 0:
            arms = np.maximum(arms, stroke(view, hinge[:2], ear[:2], 2.4))
    return arms
