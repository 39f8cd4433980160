"""Faces in photos: boxes, probabilities and five landmarks, by facenet-pytorch's MTCNN.

Its weights are part of the package. It takes only photos of one size at a time, gives object arrays
and ``None``, and fails on a batch in which its second network has nothing left to look at; all of
that stays in this module. (Zhang et al. 2016, "Joint face detection and alignment using multi-task
cascaded convolutional networks".)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from facenet_pytorch.models.mtcnn import MTCNN
from numpy.typing import NDArray

LEAST_FACE_SHARE = 0.1
"""Smaller faces, as share of the photo's shorter side, are not searched: time grows as 1/share²."""

CERTAIN = 0.9
"""Probability from which a face is ranked by its size, before all that are less certain."""

BATCH_SIZE = 16
"""Photos per pass; the fastest on one core at 128 pixels (8 to 32 differ by little)."""


@dataclass(frozen=True)
class Faces:
    """The faces of one photo, the largest certain one first.

    Attributes:
        boxes: float64 ``[N, 4]``, left, top, right, bottom, in pixels; may reach out of the photo.
        probabilities: float64 ``[N]`` in [0, 1].
        landmarks: float64 ``[N, 5, 2]``, x and y of the eyes, the nose and the mouth's corners,
            left as seen in the photo first.
    """

    boxes: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    landmarks: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def heights(self) -> NDArray[np.float64]:
        """Heights of the boxes, in pixels."""
        return self.boxes[:, 3] - self.boxes[:, 1]


NO_FACE = Faces(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))


def detect_faces(photos: Sequence[NDArray[np.uint8]]) -> list[Faces]:
    """Find the faces in photos of any sizes.

    Args:
        photos: uint8 ``[H, W, 3]`` each, RGB.

    Returns:
        The faces of each photo, in the order of the photos.
    """
    found = [NO_FACE] * len(photos)
    for shape in sorted({photo.shape for photo in photos}):
        same = [row for row, photo in enumerate(photos) if photo.shape == shape]
        for start in range(0, len(same), BATCH_SIZE):
            rows = same[start : start + BATCH_SIZE]
            faces = _detect_batch(np.stack([photos[row] for row in rows]))
            for row, face in zip(rows, faces, strict=True):
                found[row] = face
    return found


def _detect_batch(photos: NDArray[np.uint8]) -> list[Faces]:
    """Find the faces in photos of one size, uint8 ``[B, H, W, 3]``."""
    detector = _detector(max(12, round(LEAST_FACE_SHARE * min(photos.shape[1:3]))))
    try:
        with torch.inference_mode():
            boxes, probabilities, landmarks = detector.detect(photos, landmarks=True)
    except (RuntimeError, IndexError, ValueError):
        # MTCNN fails where no candidate survives; one such photo must not cost the others.
        if len(photos) == 1:
            return [NO_FACE]
        return [_detect_batch(photo[None])[0] for photo in photos]
    return [_as_faces(*found) for found in zip(boxes, probabilities, landmarks, strict=True)]


def _as_faces(boxes: Any, probabilities: Any, landmarks: Any) -> Faces:
    """Turn MTCNN's arrays of objects, or None, into numbers, the largest certain face first."""
    if boxes is None:
        return NO_FACE
    corners = np.asarray(boxes, dtype=np.float64)
    certain = np.asarray(probabilities, dtype=np.float64)
    heights = corners[:, 3] - corners[:, 1]
    order = np.lexsort((-heights, certain < CERTAIN))
    order = _one_per_face(corners, order)
    return Faces(corners[order], certain[order], np.asarray(landmarks, np.float64)[order])


def _one_per_face(boxes: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Drop boxes with their middle inside an earlier one: MTCNN at times finds a face twice."""
    chosen: list[int] = []
    for row in order:
        middle = boxes[row].reshape(2, 2).mean(axis=0)
        earlier = boxes[chosen].reshape(-1, 2, 2)
        inside = ((earlier[:, 0] < middle) & (middle < earlier[:, 1])).all(axis=1)
        if not inside.any():
            chosen.append(int(row))
    return np.array(chosen, dtype=np.int64)


@lru_cache(maxsize=8)
def _detector(least_face: int) -> MTCNN:
    """Build the detector, on the CPU: curation runs one per process."""
    return MTCNN(keep_all=True, min_face_size=least_face, device="cpu")
