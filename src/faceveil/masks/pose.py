"""How a head stands in a photo, from five landmarks: turn, scale and place of the average head."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from faceveil.masks.head import CHIN_DEPTH, LANDMARKS
from faceveil.rendering.mask_coordinates import CHIN, MOUTH

PRIOR_PITCH = 0.15
"""Spread of nodding in radians; a long nose looks like a nod."""

PRIOR_YAW = 0.7
"""Spread of turning in radians."""

SPREAD = 3.0
"""Spread of landmarks about those of the average head, in millimetres."""

CHINS = (103.0, 123.0)
"""Least and greatest height of the chin, mouth closed or open, in millimetres."""

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Pose:
    """A scaled orthographic view of the head.

    Attributes:
        centre: x and y in pixels of the head's origin, inside the head between the pupils.
        scale: pixels per millimetre.
        yaw: radians, to the image's right.
        pitch: radians, down.
        roll: radians, clockwise.
        chin: height of the chin in millimetres; below the mouth the face is stretched to it.
    """

    centre: tuple[float, float]
    scale: float
    yaw: float
    pitch: float
    roll: float
    chin: float = CHIN

    def project(self, points: Points) -> Points:
        """Return where points of the head, ``[N, 3]`` in millimetres, are seen, ``[N, 2]``."""
        values = (*self.centre, np.log(self.scale), self.yaw, self.pitch, self.roll)
        return _project(np.array(values), points)

    def camera(self, columns: Points, rows: Points) -> tuple[Points, Points]:
        """Return places of the photo in millimetres from the head's origin, roll taken out."""
        right, down = (columns - self.centre[0]) / self.scale, (rows - self.centre[1]) / self.scale
        cosine, sine = np.cos(self.roll), np.sin(self.roll)
        return cosine * right + sine * down, cosine * down - sine * right

    def height(self, down: Points, ahead: Points | float) -> Points:
        """Return heights on the average head, in millimetres.

        Args:
            down: places in the camera's plane, roll taken out, in millimetres.
            ahead: how far before the axis they are met.
        """
        height = (down - np.sin(self.pitch) * ahead) / np.cos(self.pitch)
        below = (height - MOUTH) * ((CHIN - MOUTH) / (self.chin - MOUTH))
        return np.asarray(np.where(height > MOUTH, MOUTH + below, height))


def find_pose(box: Points, landmarks: Points) -> Pose:
    """Return the view in which the average head's landmarks come closest to those found.

    Least squares with weak priors on turning and nodding, which five points tell poorly. The chin
    is where the box ends.

    Args:
        box: float64 ``[4]``, left, top, right, bottom in pixels, MTCNN's.
        landmarks: float64 ``[5, 2]``, x and y in pixels, in MTCNN's order.
    """
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    down = mouth - eyes
    scale = max(float(np.hypot(*down)), 1.0) / MOUTH
    start = np.array([*eyes, np.log(scale), 0.0, 0.0, np.arctan2(-down[0], down[1])])

    def residuals(values: Points) -> Points:
        off = (_project(values, LANDMARKS) - landmarks) / (SPREAD * scale)
        return np.array([*off.ravel(), values[3] / PRIOR_YAW, values[4] / PRIOR_PITCH])

    x, y, size, yaw, pitch, roll = least_squares(residuals, start).x.tolist()
    pose = Pose((x, y), float(np.exp(size)), yaw, pitch, roll)
    column = pose.project(np.array([[0.0, CHIN, CHIN_DEPTH]]))[0, 0]
    _, down = pose.camera(column, box[3])
    height = (down - np.sin(pitch) * CHIN_DEPTH) / np.cos(pitch)
    return replace(pose, chin=float(np.clip(height, *CHINS)))


def _project(values: Points, points: Points) -> Points:
    """Project points ``[N, 3]``; values are x, y, log scale, yaw, pitch and roll."""
    left, top, size, yaw, pitch, roll = values
    x, y, z = points.T
    ahead = z * np.cos(yaw) - x * np.sin(yaw)
    right = x * np.cos(yaw) + z * np.sin(yaw)
    down = y * np.cos(pitch) + ahead * np.sin(pitch)
    turned = (
        right * np.cos(roll) - down * np.sin(roll),
        right * np.sin(roll) + down * np.cos(roll),
    )
    return np.asarray(np.stack(turned, axis=1) * np.exp(size) + (left, top))
