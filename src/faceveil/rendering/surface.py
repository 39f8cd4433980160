"""Shapes in space: a head is a stack of ellipses plus relief, seen along parallel rays.

A loft gives, for each height y of the head, half-width and half-depth of an elliptic section. The
ray of a pixel meets it in closed form, so outlines are exact for every turn of the head; relief
along z is settled by a few rounds of fixed-point iteration.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from faceveil.rendering.noise import Array
from faceveil.rendering.person import Person
from faceveil.rendering.photo import Photo

Relief = Callable[[Array, Array], Array]


@dataclass(frozen=True)
class View:
    """The rays of a picture: position of each pixel in the camera's plane, in millimetres.

    Attributes:
        x: [S, S], to the right, roll taken out, zero at the head's axis.
        y: [S, S], down, zero at the height of the pupils.
        level: [S, S], height of the head that a ray meets at its plain front, millimetres.
        yaw: Radians.
        pitch: Radians.
        pixel: Side of a pixel in millimetres.
        top: First row of the picture that is in view, even.
        left: First column of the picture that is in view, even.
    """

    x: Array
    y: Array
    level: Array
    yaw: float
    pitch: float
    pixel: float
    top: int = 0
    left: int = 0

    def part_of(self, other: "View") -> tuple[slice, slice]:
        """Rows and columns of this view within another one that it was cropped from."""
        height, width = self.x.shape
        top, left = self.top - other.top, self.left - other.left
        return slice(top, top + height), slice(left, left + width)

    def crop(self, left: float, right: float, top: float, bottom: float) -> "View":
        """The rays between bounds in the camera's plane, millimetres; at least four of them."""
        keep = (self.x > left) & (self.x < right) & (self.y > top) & (self.y < bottom)
        rows, columns = _even_span(np.any(keep, axis=1)), _even_span(np.any(keep, axis=0))
        return replace(
            self,
            x=self.x[rows, columns],
            y=self.y[rows, columns],
            level=self.level[rows, columns],
            top=self.top + rows.start,
            left=self.left + columns.start,
        )

    def coarse(self) -> "View":
        """The same view at half the resolution."""
        x, y, level = (0.5 * (a[::2, ::2] + a[1::2, 1::2]) for a in (self.x, self.y, self.level))
        return View(x, y, level, self.yaw, self.pitch, 2 * self.pixel)

    def project(self, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Camera position (x, y, depth) of a point of the head."""
        return _turn(self.yaw, self.pitch, (x, y, z))


def _even_span(keep: NDArray[np.bool_]) -> slice:
    at = np.flatnonzero(keep)
    if not len(at):
        return slice(0, 2)
    return slice(int(at[0]) // 2 * 2, int(at[-1]) // 2 * 2 + 2)


def _turn(
    yaw: float, pitch: float, point: tuple[float, float, float]
) -> tuple[float, float, float]:
    x, y, z = point
    ahead = z * np.cos(yaw) - x * np.sin(yaw)
    return (
        float(x * np.cos(yaw) + z * np.sin(yaw)),
        float(y * np.cos(pitch) + ahead * np.sin(pitch)),
        float(ahead * np.cos(pitch) - y * np.sin(pitch)),
    )


def look(person: Person, photo: Photo, size: int) -> View:
    """The view of a square picture of `size` pixels, framed on the eyes as FFHQ frames them."""
    frame = person.eye_distance / photo.eye_span
    pixel = frame / size
    across = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(pixel)
    # eyes and mouth together hold the face in place, so that turning it does not move it away
    eyes = _turn(photo.yaw, photo.pitch, (0, 0, person.face_depth))
    chin = _turn(photo.yaw, photo.pitch, (0, person.chin_drop, person.face_depth))
    centre_x = 0.5 * (eyes[0] + chin[0])
    centre_y = 0.5 * (eyes[1] + chin[1] - person.chin_drop)
    x = across[None, :] - frame * (0.5 + photo.shift_x)
    y = across[:, None] - frame * (0.425 + photo.shift_y)
    c, s = np.float32(np.cos(photo.roll)), np.float32(np.sin(photo.roll))
    x, y = c * x + s * y + np.float32(centre_x), c * y - s * x + np.float32(centre_y)
    level = (y - np.float32(np.sin(photo.pitch)) * _plain_front(person, x, photo.yaw)) / np.float32(
        np.cos(photo.pitch)
    )
    return View(x, y, level, photo.yaw, photo.pitch, pixel)


def _plain_front(person: Person, x: Array, yaw: float) -> Array:
    """How far before its axis [S, S] a plain upright cylinder of the head's size is met.

    Nodding shifts a place by its distance from the axis. Taking that from a cylinder instead of
    the true surface keeps the heights smooth everywhere, under the chin and beside the head too.
    """
    wide, deep = person.cranial_width, person.face_depth
    c, s = float(np.cos(yaw)), float(np.sin(yaw))
    a = (s / wide) ** 2 + (c / deep) ** 2
    b = x * np.float32(s * c * (1 / deep**2 - 1 / wide**2))
    rest = x * x * np.float32((c / wide) ** 2 + (s / deep) ** 2) - 1
    value: Array = (np.sqrt(np.maximum(b * b - np.float32(a) * rest, 0.1 * a)) - b) / np.float32(a)
    return value


@dataclass(frozen=True)
class Loft:
    """A stack of ellipses: tables of half-width and half-depth (millimetres) by height."""

    y: Array
    width: Array
    depth: Array

    def at(self, y: Array) -> tuple[Array, Array]:
        """Half-width and half-depth at heights `y`, linear between the table's rows."""
        spacing = self.y[1] - self.y[0]
        row = np.clip((y - self.y[0]) * (1 / spacing), 0, len(self.y) - 1.001)
        i = row.astype(np.int32)
        t = row - np.floor(row)  # minus the integers themselves would widen it to float64
        return (
            self.width[i] * (1 - t) + self.width[i + 1] * t,
            self.depth[i] * (1 - t) + self.depth[i + 1] * t,
        )


def loft(width: list[tuple[float, float]], depth: list[tuple[float, float]]) -> Loft:
    """A loft through (height, half-width) and (height, half-depth) points, smooth between.

    The squares are interpolated, so that an end of width zero comes out round, not pointed.
    """
    y = np.linspace(width[0][0], width[-1][0], 512)
    sections = []
    for points in (width, depth):
        at, value = np.array(points).T
        squared = PchipInterpolator(at, value**2)(np.clip(y, at[0], at[-1]))
        sections.append(np.sqrt(np.maximum(squared, 0.25)).astype(np.float32))
    return Loft(y.astype(np.float32), sections[0], sections[1])


def grown(base: Loft, sideways: float, upward: float, forward: float) -> Loft:
    """The loft of something worn on the upper head: thicker and higher by so many millimetres."""
    y, top = base.y, float(base.y[0])
    stretch = np.where(y < 0, (top - upward) / top, 1.0)
    up = np.clip(y / top, 0, 1) ** 0.5
    return Loft(
        np.linspace(top - upward, y[-1], len(y)).astype(np.float32),
        _restack(y, stretch, base.width + np.float32(sideways), upward),
        _restack(y, stretch, base.depth + np.float32(forward) * up, upward),
    )


def _restack(y: Array, stretch: Array, section: Array, upward: float) -> Array:
    target = np.linspace(y[0] - upward, y[-1], len(y))
    rounded = np.interp(target, y * stretch, section)
    end = np.clip((target - target[0]) / 30, 0, 1)
    value: Array = np.maximum(rounded * np.sqrt(1 - (1 - end) ** 2), 0.5).astype(np.float32)
    return value


@dataclass(frozen=True)
class Hit:
    """Where the rays meet a surface; all [S, S], in millimetres.

    ``x``, ``y``, ``z`` are head coordinates, ``depth`` is toward the camera, ``inside`` about the
    distance from the outline, positive inside.
    """

    x: Array
    y: Array
    z: Array
    depth: Array
    inside: Array


def cast(shape: Loft, view: View, relief: Relief | None = None) -> Hit:
    """Meet every ray with the loft; relief is settled in coarse rounds and two fine ones."""
    bump: Array = np.zeros_like(view.x)
    if relief is not None:
        coarse = view.coarse()
        bump = np.zeros_like(coarse.x)
        for _ in range(3):
            bump = _bump(shape, coarse, bump, relief)
        bump = _bump(shape, view, doubled(bump), relief)
    ahead, y, inside = _meet(shape, view, bump)
    s, c = np.float32(np.sin(view.yaw)), np.float32(np.cos(view.yaw))
    nod, up = np.float32(np.cos(view.pitch)), np.float32(np.sin(view.pitch))
    return Hit(view.x * c - ahead * s, y, view.x * s + ahead * c, ahead * nod - y * up, inside)


def _bump(shape: Loft, view: View, bump: Array, relief: Relief) -> Array:
    """Relief at the place that is met when the relief there is taken to be `bump`."""
    ahead, y, _ = _meet(shape, view, bump)
    s, c = np.float32(np.sin(view.yaw)), np.float32(np.cos(view.yaw))
    return relief(view.x * c - ahead * s, y)


def _meet(shape: Loft, view: View, bump: Array) -> tuple[Array, Array, Array]:
    """Distance before the axis, height, and distance from the outline, where a ray is met."""
    s, c = np.float32(np.sin(view.yaw)), np.float32(np.cos(view.yaw))
    y = view.level - bump * np.float32(np.tan(view.pitch))
    width, depth = shape.at(y)
    x0, z0 = view.x * c, view.x * s - bump
    across, along = 1 / (width * width), 1 / (depth * depth)
    a = s * s * across + c * c * along
    b = c * z0 * along - s * x0 * across
    inside = b * b - a * (x0 * x0 * across + z0 * z0 * along - 1)
    ahead = (np.sqrt(np.maximum(inside, 0)) - b) / a
    return ahead, y, np.where(y < shape.y[-1], 0.5 * inside * width * depth * depth, -1)


@cache
def _doubling(size: int) -> Array:
    """Matrix [2 * size, size] of linear interpolation to twice the resolution."""
    at = np.clip((np.arange(2 * size) + 0.5) / 2 - 0.5, 0, size - 1)
    low = np.minimum(at.astype(int), size - 2)
    matrix = np.zeros((2 * size, size), np.float32)
    matrix[np.arange(2 * size), low] = 1 - (at - low)
    matrix[np.arange(2 * size), low + 1] = at - low
    return matrix


def doubled(image: Array) -> Array:
    """An image [H, W] at twice the resolution, bilinear."""
    value: Array = _doubling(image.shape[0]) @ image @ _doubling(image.shape[1]).T
    return value


def normals(depth: Array, pixel: float) -> Array:
    """Unit normals [3, H, W] (x right, y down, z to the camera) of a depth image [H, W]."""
    gap = np.float32(1 / (2 * pixel))
    normal = np.zeros((3, *depth.shape), np.float32)
    normal[0, :, 1:-1] = (depth[:, :-2] - depth[:, 2:]) * gap
    normal[1, 1:-1] = (depth[:-2] - depth[2:]) * gap
    normal[2] = 1
    normal /= np.sqrt(normal[0] ** 2 + normal[1] ** 2 + 1)
    return normal


def stroke(
    view: View, start: tuple[float, float], end: tuple[float, float], thickness: float
) -> Array:
    """Opacity [H, W] of a straight line between two points of the camera's plane, millimetres."""
    along_x, along_y = np.float32(end[0] - start[0]), np.float32(end[1] - start[1])
    x, y = view.x - np.float32(start[0]), view.y - np.float32(start[1])
    t = np.clip((x * along_x + y * along_y) / (along_x**2 + along_y**2), 0, 1)
    off = np.hypot(x - t * along_x, y - t * along_y)
    edge = max(0.6 * view.pixel, 0.3)
    return np.clip((0.5 * thickness - off) / np.float32(edge) + 0.5, 0, 1)
