"""Faces in photos: boxes, probabilities and five landmarks, by facenet-pytorch's MTCNN.

Its weights are part of the package. It takes only photos of one size at a time, gives object arrays
and ``None``, and fails on a batch in which its second network has nothing left to look at; all of
that stays in this module. (Zhang et al. 2016, "Joint face detection and alignment using multi-task
cascaded convolutional networks".)
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from faceveil.collection.images import Pixels

LEAST_FACE_SHARE = 0.1
"""Smaller faces, as share of the photo's shorter side, are not searched: time grows as 1/share²."""

CERTAIN = 0.9
"""Probability from which a face is ranked by its size, before all that are less certain."""

BATCH_SIZE = 16
"""Photos per pass; the fastest on one core at 128 pixels (8 to 32 differ by little)."""

BATCH_PIXELS = BATCH_SIZE * 256**2
"""Pixels per pass, at most: memory does not grow with photos of 512 pixels, as many as they are."""

MARGIN = 0.25
"""Margin around a photo whose face reaches out of it, as share of the photo's longer side."""


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
    def sizes(self) -> NDArray[np.float64]:
        """Roots of the boxes' areas, in pixels: steadier than a height or a width."""
        return np.asarray(np.sqrt(np.prod(self.boxes[:, 2:] - self.boxes[:, :2], axis=1)))


NO_FACE = Faces(np.zeros((0, 4)), np.zeros(0), np.zeros((0, 5, 2)))


def detect_faces(photos: Sequence[Pixels]) -> list[Faces]:
    """Find the faces in photos of any sizes.

    A face that reaches out of its photo is looked for again with a margin around the photo: MTCNN
    squeezes what it sees to the inside, and its landmarks go astray.

    Args:
        photos: uint8 ``[H, W, 3]`` each, RGB.

    Returns:
        The faces of each photo, in the order of the photos.
    """
    found = _detect(photos)
    cut = [row for row, photo in enumerate(photos) if _reaches_out(found[row], photo)]
    margins = [round(MARGIN * max(photos[row].shape)) for row in cut]
    padded = [
        np.pad(photos[row], ((margin, margin), (margin, margin), (0, 0)))
        for row, margin in zip(cut, margins, strict=True)
    ]
    for row, margin, faces in zip(cut, margins, _detect(padded), strict=True):
        if len(faces):
            found[row] = replace(
                faces, boxes=faces.boxes - margin, landmarks=faces.landmarks - margin
            )
    return found


def _detect(photos: Sequence[Pixels]) -> list[Faces]:
    found = [NO_FACE] * len(photos)
    for shape in sorted({photo.shape for photo in photos}):
        same = [row for row, photo in enumerate(photos) if photo.shape == shape]
        size = max(1, min(BATCH_SIZE, BATCH_PIXELS // (shape[0] * shape[1])))
        for start in range(0, len(same), size):
            rows = same[start : start + size]
            faces = _detect_batch(np.stack([photos[row] for row in rows]))
            for row, face in zip(rows, faces, strict=True):
                found[row] = face
    return found


def _reaches_out(faces: Faces, photo: Pixels) -> bool:
    if not len(faces):
        return False
    left, top, right, bottom = faces.boxes[0]
    height, width = photo.shape[:2]
    return bool(left < 0 or top < 0 or right > width or bottom > height)


def _detect_batch(photos: Pixels) -> list[Faces]:
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
    arrays = (np.asarray(one, dtype=np.float64) for one in (boxes, probabilities, landmarks))
    faces = Faces(*arrays)
    order = np.lexsort((-faces.sizes, faces.probabilities < CERTAIN))
    order = _one_per_face(faces.boxes, order)
    return Faces(faces.boxes[order], faces.probabilities[order], faces.landmarks[order])


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
def _detector(least_face: int) -> Any:
    """Build the detector, on the CPU: curation runs one per process."""
    # It brings torch's compiler, which takes a second that only those who detect should spend.
    mtcnn: Any = importlib.import_module("facenet_pytorch.models.mtcnn")
    return mtcnn.MTCNN(keep_all=True, min_face_size=least_face, device="cpu")
