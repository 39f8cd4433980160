"""Where the places of a chart are in a photo of it: a homography, and a thin plate for the rest."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.optimize import least_squares
from scipy.spatial import ConvexHull, cKDTree

from faceveil.params.errors import FaceveilError
from faceveil.printing.chart import CORNERS, marks
from faceveil.printing.worn_lengths import Floats

LEAST_MARKS = 9
"""Marks that must be found, of 14."""

NEAR = 4.0
"""How far from its place a mark may be found, in millimetres, before the thin plate."""

STIFFNESS = 2.0
"""Smoothing of the thin plate, in squared pixels: marks are found to a fraction of a pixel."""

MOST_OUTER = 12
"""Corners of the marks' convex hull that are tried as the chart's."""


@dataclass(frozen=True)
class Registration:
    """A chart found in a photo.

    Attributes:
        homography: float64 ``[3, 3]``, millimetres of the chart to pixels.
        plate: what is added to it in pixels, or None if it is too little known.
        found: how many marks were found.
        error_mm: root mean square distance, in millimetres of the chart, between where a mark is
            and where the registration by all others expects it.
    """

    homography: Floats
    plate: Any
    found: int
    error_mm: float

    def pixels(self, places: Floats) -> Floats:
        """Return where places of the chart ``[..., 2]`` are, x and y in pixels."""
        flat = places.reshape(-1, 2)
        at = project(self.homography, flat)
        return np.asarray(at + self.plate(flat) if self.plate else at).reshape(places.shape)


def register(found: Floats, name: str) -> Registration:
    """Find the chart among what looks like its marks.

    Args:
        found: float64 ``[N, 2]``, pixels.
        name: what the photo is called in messages.
    """
    places, at = _matched(found, name)
    homography, plate = _fitted(places, at)
    return Registration(homography, plate, len(places), _left_out_error(places, at))


def project(homography: Floats, places: Floats) -> Floats:
    """Return places ``[N, 2]`` under a homography."""
    ends = np.column_stack([places, np.ones(len(places))]) @ homography.T
    return np.asarray(ends[:, :2] / ends[:, 2:])


def fit_homography(places: Floats, at: Floats) -> Floats:
    """Return the homography of least squared distances in pixels, from four pairs or more.

    It starts from the direct linear transform of centred and scaled coordinates (Hartley 1997).
    """
    first, second = _centred(places), _centred(at)
    x, y = project(first, places).T
    u, v = project(second, at).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    rows = np.concatenate([
        np.stack([x, y, one, zero, zero, zero, -u * x, -u * y, -u], axis=1),
        np.stack([zero, zero, zero, x, y, one, -v * x, -v * y, -v], axis=1),
    ])  # fmt: skip
    start = np.linalg.inv(second) @ np.linalg.svd(rows)[2][-1].reshape(3, 3) @ first
    start /= start[2, 2]
    if len(places) == 4:
        return np.asarray(start)

    def misses(values: Floats) -> Floats:
        return (project(np.append(values, 1).reshape(3, 3), places) - at).ravel()

    return np.append(least_squares(misses, start.ravel()[:8], x_scale="jac").x, 1).reshape(3, 3)


def _centred(points: Floats) -> Floats:
    """Return the similarity that moves points around zero, a distance of about one away."""
    middle, scale = points.mean(axis=0), 1 / points.std()
    return np.array([(scale, 0, -scale * middle[0]), (0, scale, -scale * middle[1]), (0, 0, 1)])


def _fitted(places: Floats, at: Floats) -> tuple[Floats, Any]:
    homography = fit_homography(places, at)
    rest = at - project(homography, places)
    return homography, RBFInterpolator(places, rest, smoothing=STIFFNESS)


def _left_out_error(places: Floats, at: Floats) -> float:
    """Return the error at marks that the registration does not know, in millimetres."""
    squares = []
    for number in range(len(places)):
        others = np.arange(len(places)) != number
        homography, plate = _fitted(places[others], at[others])
        here = places[number : number + 1]
        miss = project(homography, here) + plate(here) - at[number]
        squares.append(float((miss**2).sum()) / _pixels_per_mm(homography, here) ** 2)
    return float(np.sqrt(np.mean(squares)))


def _pixels_per_mm(homography: Floats, here: Floats) -> float:
    """Return the scale at a place: the root of how much larger a small area becomes."""
    right, down = (project(homography, here + by) for by in ((1.0, 0.0), (0.0, 1.0)))
    centre = project(homography, here)
    (a, b), (c, d) = (right - centre)[0], (down - centre)[0]
    return float(np.sqrt(abs(a * d - b * c)))


def _matched(found: Floats, name: str) -> tuple[Floats, Floats]:
    """Return the marks of the chart that were found: their places, and where in the photo."""
    best: list[tuple[int, Floats, Floats]] = []
    for corners in _outer(found):
        for turned in range(4):
            best.append(_tried(np.roll(found[list(corners)], turned, axis=0), found))
    best.sort(key=lambda one: -one[0])
    if not best or best[0][0] < LEAST_MARKS:
        raise FaceveilError(
            f"{name}: found {best[0][0] if best else min(len(found), 3)} of the chart's "
            f"{len(marks())} round marks, {LEAST_MARKS} are needed; photograph the whole page, "
            "sharp and from above, at 1500 pixels or more along its longer side"
        )
    # Two ways round that explain as much differ in the two marks that say which is right.
    rivals = [one for one in best[1:] if one[0] == best[0][0] and not _alike(one, best[0])]
    if rivals:
        raise FaceveilError(
            f"{name}: which way up the chart lies is not seen, since the two marks beside the "
            "first corner are hidden; photograph the whole chart page"
        )
    return best[0][1], best[0][2]


def _alike(first: tuple[int, Floats, Floats], second: tuple[int, Floats, Floats]) -> bool:
    return first[1].shape == second[1].shape and bool(np.allclose(first[1:], second[1:]))


def _outer(found: Floats) -> list[tuple[int, ...]]:
    """Return all choices of four corners among the outermost, each clockwise as seen."""
    if len(found) < 4 or np.linalg.matrix_rank(found - found.mean(axis=0), tol=1.0) < 2:
        return []
    # Qhull goes counterclockwise with y up, which is clockwise with y down.
    hull = np.asarray(ConvexHull(found).vertices)
    if len(hull) > MOST_OUTER:
        spread = np.argsort(-np.linalg.norm(found[hull] - found.mean(axis=0), axis=1))
        hull = hull[np.sort(spread[:MOST_OUTER])]
    return [(a, b, c, d) for a, b, c, d in combinations([int(one) for one in hull], 4)]


def _tried(corners: Floats, found: Floats) -> tuple[int, Floats, Floats]:
    """Return how many marks are where four corners would have them, which, and where."""
    homography = fit_homography(marks()[list(CORNERS)], corners)
    with np.errstate(all="ignore"):
        expected = project(homography, marks())
        scale = [_pixels_per_mm(homography, one[None]) for one in marks()]
    if not (np.isfinite(expected).all() and np.isfinite(scale).all()):
        return 0, marks()[:0], found[:0]
    distance, nearest = (np.asarray(one) for one in cKDTree(found).query(expected))
    there = distance < NEAR * np.array(scale)
    if len(set(nearest[there])) < there.sum():
        return 0, marks()[:0], found[:0]
    return int(there.sum()), marks()[there], found[nearest[there]]
