"""What a mask covers: its region against the nose, the mouth and the chin.

The zones are ellipses in the frame of the face. Its unit ``d`` is the distance between the middle
of the eyes and the middle of the mouth, its vertical axis runs through both, so that size and roll
of the head do not matter. The chin is not among the five landmarks: it is looked for below the
mouth.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = range(5)

CHIN_BELOW_MOUTH = 0.36
"""From the middle of the mouth to the middle of the chin's zone, in ``d``."""

RADII = {"nose": (0.14, 0.10), "mouth": (0.30, 0.12), "chin": (0.22, 0.08)}
"""Half width and half height of each zone, in ``d``."""

WORN = {
    (True, True, True): "correct",
    (True, True, False): "nose_mouth",
    (False, True, True): "mouth_chin",
    (False, False, True): "chin",
}
"""How a mask is worn, by whether it covers nose, mouth and chin; all else is ``other``."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """Shares in [0, 1] of each zone that lie under the mask; a zone outside the photo is bare."""

    nose: float
    mouth: float
    chin: float

    def worn(self, nose: float, mouth: float, chin: float) -> str:
        """Say how the mask is worn if zones count as covered from these shares on."""
        covered = (self.nose >= nose, self.mouth >= mouth, self.chin >= chin)
        return WORN.get(covered, "other")


def measure_placement(region: NDArray[np.bool_], landmarks: Points) -> Placement:
    """Measure which zones of a face a region covers.

    Args:
        region: where the mask is, bool ``[H, W]``.
        landmarks: float64 ``[5, 2]``, x and y in pixels, in MTCNN's order.
    """
    zones = face_zones(landmarks)
    return Placement(*(_covered(region, zones[name]) for name in ("nose", "mouth", "chin")))


def face_zones(landmarks: Points) -> dict[str, Points]:
    """Return points spread evenly over each zone, float64 ``[N, 2]``, x and y in pixels."""
    eyes = landmarks[[LEFT_EYE, RIGHT_EYE]].mean(axis=0)
    mouth = landmarks[[LEFT_MOUTH, RIGHT_MOUTH]].mean(axis=0)
    down = mouth - eyes
    across = np.array([down[1], -down[0]])
    centres = {"nose": landmarks[NOSE], "mouth": mouth, "chin": mouth + CHIN_BELOW_MOUTH * down}
    return {
        name: centre + np.outer(_DISC[:, 0] * RADII[name][0], across)
        + np.outer(_DISC[:, 1] * RADII[name][1], down)
        for name, centre in centres.items()
    }  # fmt: skip


def _covered(region: NDArray[np.bool_], points: Points) -> float:
    """Return the share of points that lie in the region."""
    height, width = region.shape
    columns, rows = np.floor(points).astype(np.int64).T
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    covered = region[rows[inside], columns[inside]]
    return float(np.count_nonzero(covered) / len(points))


def _even_disc(side: int) -> Points:
    """Return the points of a square grid that lie in the unit disc."""
    steps = np.linspace(-1, 1, side)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    return np.asarray(grid[(grid**2).sum(axis=1) <= 1])


_DISC = _even_disc(15)
