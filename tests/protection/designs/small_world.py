"""A training that takes milliseconds: ten people of 16 pixels and a recognizer of two layers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from faceveil.params.gan_training import GanTraining
from faceveil.protection.designs.training_data import Surrogate, TrainingData, join_subjects
from faceveil.store.embeddings import EmbeddingTable
from faceveil.store.faces import PackedFaces
from faceveil.store.protocol import PROBES, Roles

SIZE = 16
SUBJECTS = tuple(f"{number:05d}" for number in range(10))
TRAINED = 7  # not a multiple of the batch size
SETTINGS = {
    "ensemble": (),
    "gallery_people": None,
    "logit_scale": 10.0,
    "penalty": {"weight": 0.01, "reduction": "mean", "anchor": "initial"},
    "latent": {"size": 8, "distribution": "normal"},
    "designs_per_batch": 3,
    "precision": "float32",
    "epochs": 4,
    "batch_size": 3,
    "learning_rate": 0.01,
    "recognizer_learning_rate": 0.001,
    "checkpoint_epochs": 1,
    "trainings": 1,
    "seed": 5,
    "recognizer_learns_from": (),
}
SOURCES: dict[str, tuple[str, ...]] = {
    "exp0": (),
    "exp1": ("generated",),
    "exp2": ("generated", "unmasked"),
    "exp3": ("generated", "masked", "unmasked"),
}


class SmallHead(nn.Module):
    """The last linear layer, batch norm and unit norm."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(12, 128) / 128**0.5)
        self.norm = nn.BatchNorm1d(12)

    def forward(self, features: Tensor) -> Tensor:
        return functional.normalize(self.norm(features @ self.weight.T), dim=1)


class SmallRecognizer(nn.Module):
    """A trunk with batch norm and dropout, which must never run in training mode."""

    def __init__(self, seed: int = 3) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.trunk = nn.Sequential(
            nn.Conv2d(3, 8, 5, stride=2, padding=2),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Dropout(0.5),
        )
        self.head = SmallHead()
        self.eval()
        with torch.no_grad():  # statistics of its people, so that it tells them apart
            seen = self.trunk(photos(1, "").images(slice(None))) @ self.head.weight.T
        self.head.norm.running_var, self.head.norm.running_mean = torch.var_mean(seen, 0)


def gan(**changes: Any) -> GanTraining:
    """Return the settings of the small training, some of them changed."""
    return GanTraining.model_validate({**SETTINGS, **changes})


def photos(seed: int, suffix: str, subjects: Sequence[str] = SUBJECTS) -> PackedFaces:
    """Return a photo of each person, blocks of colour."""
    image_ids = [subject + suffix for subject in subjects]
    rows = pd.DataFrame({"subject_id": subjects, "image_id": image_ids})
    return PackedFaces(np.stack([_photo(seed, int(subject)) for subject in subjects]), rows)


def _photo(seed: int, number: int) -> NDArray[np.uint8]:
    blocks = np.random.default_rng(number).integers(0, 200, (4, 4, 3))
    noise = np.random.default_rng([seed, number]).integers(0, 56, (SIZE, SIZE, 3))
    return (blocks.repeat(4, 0).repeat(4, 1) + noise).astype(np.uint8)


def masked_photos(subjects: Sequence[str] = SUBJECTS) -> PackedFaces:
    """Return photos whose lower half is a mask with a soft upper edge."""
    shade = np.clip((np.arange(SIZE) - 6) * 64, 0, 255).astype(np.uint8)
    transparency = np.broadcast_to(shade[None, :, None], (len(subjects), SIZE, SIZE)).copy()
    return replace(photos(2, "_Mask", subjects), transparency=transparency)


def table(recognizer: SmallRecognizer, faces: PackedFaces) -> EmbeddingTable:
    """Return the stored features of some photos."""
    with torch.no_grad():
        features = recognizer.trunk(faces.images(slice(None)))
        embeddings = recognizer.head(features)
    return EmbeddingTable(faces.rows, features.numpy(), embeddings.numpy())


def tables(recognizer: SmallRecognizer) -> dict[str, EmbeddingTable]:
    """Return the stored features of all kinds."""
    return {
        "unmasked": table(recognizer, photos(1, "")),
        "masked": table(recognizer, masked_photos()),
        "further_unmasked": table(recognizer, photos(4, "_1")),
    }


def roles(subjects: Sequence[str] = SUBJECTS) -> Roles:
    """Return who trains: the first ``TRAINED`` people; the others are held out."""
    role = ["train" if int(subject) < TRAINED else "test" for subject in subjects]
    enrolled = {"gallery": "study", "role": role, "subject_id": subjects, "image_id": subjects}
    return Roles(pd.DataFrame(enrolled), pd.DataFrame(columns=list(PROBES)))


def data(recognizer: SmallRecognizer) -> TrainingData:
    """Return everybody, ready to train on."""
    return join_subjects(masked_photos(), tables(recognizer), roles(), torch.device("cpu"))


def surrogate(recognizer: SmallRecognizer) -> Surrogate:
    """Return a recognizer with the training subjects enrolled."""
    recognizer = recognizer.eval().requires_grad_(False)
    subjects = data(SmallRecognizer()).subject_ids[:TRAINED]
    bare = photos(1, "")
    with torch.no_grad():
        gallery = recognizer.head(recognizer.trunk(bare.images(bare.rows_of(subjects))))
    return Surrogate(recognizer.trunk, recognizer.head, gallery)
