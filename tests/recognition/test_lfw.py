"""The given weights behind our interface, on Labeled Faces in the Wild."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from facenet_pytorch import MTCNN, extract_face
from PIL import Image

from faceveil.metrics.verification import auc, verification_accuracy
from faceveil.recognition.network import View
from faceveil.recognition.origins import read_facenet

PHOTOS, PAIRS, SIZE = 5, 1000, 160
"""Photos per person, pairs of each kind, and height and width of a crop in pixels."""


def crop(photo: Image.Image, boxes) -> torch.Tensor:
    """Cut out the face nearest the middle, where LFW has its subject; all if none is found."""
    middle = np.array(photo.size) / 2
    boxes = np.array([[0, 0, *photo.size]]) if boxes is None else np.array(boxes, dtype=float)
    away = np.linalg.norm((boxes[:, :2] + boxes[:, 2:]) / 2 - middle, axis=1)
    return extract_face(photo, boxes[away.argmin()], image_size=SIZE) / 255


def embedded(paths: list[Path], weights: Path) -> np.ndarray:
    recognizer = read_facenet(weights, View(SIZE, 127.5, 128))
    detector, found = MTCNN(min_face_size=60), []
    with torch.no_grad():
        for start in range(0, len(paths), 50):
            photos = [Image.open(path).convert("RGB") for path in paths[start : start + 50]]
            boxes, _ = detector.detect(photos)
            crops = [crop(*pair) for pair in zip(photos, boxes, strict=True)]
            found.append(recognizer(torch.stack(crops)))
    return torch.cat(found).numpy()


@pytest.mark.real
@pytest.mark.slow
def test_verification_of_balanced_pairs(real_data):
    people = sorted(path for path in (real_data / "lfw").iterdir() if path.is_dir())
    paths = [path for person in people for path in sorted(person.glob("*.jpg"))[:PHOTOS]]
    names = np.array([path.parent.name for path in paths])
    embeddings = embedded(paths, real_data / "weights" / "facenet-vggface2-fp16.safetensors")
    pairs = np.random.default_rng(0).permutation(list(combinations(range(len(paths)), 2)))
    same = names[pairs[:, 0]] == names[pairs[:, 1]]
    mated, nonmated = (
        np.array([embeddings[a] @ embeddings[b] for a, b in chosen[:PAIRS]])
        for chosen in (pairs[same], pairs[~same])
    )
    assert len(mated) == len(nonmated) == PAIRS
    accuracy, area = verification_accuracy(mated, nonmated), auc(mated, nonmated)
    print(f"LFW: accuracy {accuracy:.4f}, auc {area:.4f}")
    assert accuracy >= 0.98
    assert area >= 0.995
