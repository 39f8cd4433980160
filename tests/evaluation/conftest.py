"""A tiny world: people who are colours, and a recognizer that sees colours."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn import functional

from faceveil.data.embeddings import FEATURES, EmbeddingTable
from faceveil.data.faces import PackedFaces
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game

SIZE = 16


class ColourRecognizer:
    """Trunk: the picture in 8 x 8 blocks; head: a fixed random map and the unit norm."""

    def __init__(self) -> None:
        stream = torch.Generator().manual_seed(5)
        self.weight = torch.randn(32, FEATURES, generator=stream)
        self.passes: list[int] = []

    def trunk(self, images: torch.Tensor) -> torch.Tensor:
        self.passes.append(len(images))
        blocks = functional.adaptive_avg_pool2d(images - 0.5, 8).flatten(1)
        return functional.pad(blocks, (0, FEATURES - blocks.shape[1]))

    def head(self, features: torch.Tensor) -> torch.Tensor:
        return functional.normalize(features @ self.weight.T, dim=1)

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.trunk(images))


@pytest.fixture
def recognizer() -> ColourRecognizer:
    return ColourRecognizer()


@pytest.fixture
def settings() -> Evaluate:
    return Evaluate(
        designs=3,
        designs_per_train_subject=2,
        worst_share=0.1,
        confidence=0.95,
        batch_size=4,
        seed=1,
    )


def _portrait(subject: str, noise: int) -> np.ndarray:
    """The same person has the same pattern; each photo has noise of its own."""
    face = np.random.default_rng(int(subject)).integers(0, 256, (SIZE, SIZE, 3))
    grain = np.random.default_rng([int(subject), noise]).integers(-20, 21, face.shape)
    return np.clip(face + grain, 0, 255).astype(np.uint8)


@pytest.fixture
def portraits() -> Callable[..., PackedFaces]:
    """Make one photo per subject named, of people 0 to 5 training and the others held out."""

    def make(subjects: Sequence[str], noise: int = 0, suffix: str = "") -> PackedFaces:
        pixels = np.stack([_portrait(subject, noise) for subject in subjects])
        rows = pd.DataFrame(
            {
                "subject_id": list(subjects),
                "image_id": [subject + suffix for subject in subjects],
                "split": ["train" if int(subject) <= 5 else "test" for subject in subjects],
            }
        )
        covered = np.zeros(pixels.shape[:3], np.uint8)
        covered[:, SIZE // 2 :] = 255
        return PackedFaces(pixels, rows, covered)

    return make


@pytest.fixture
def table(recognizer: ColourRecognizer) -> Callable[[PackedFaces], EmbeddingTable]:
    """Compute the stored features of photos, sorted by image_id as the store is."""

    def embed(faces: PackedFaces) -> EmbeddingTable:
        order = np.argsort(faces.rows["image_id"].to_numpy(dtype=np.str_))
        features = recognizer.trunk(faces.images(order))
        words = [faces.rows[c].to_numpy(dtype=np.str_)[order] for c in faces.rows.columns[:3]]
        return EmbeddingTable(*words, features.numpy(), recognizer.head(features).numpy())

    return embed


@pytest.fixture
def game() -> Game:
    return Game(
        generator="mlp",
        objective="cross_entropy",
        margin=1,
        logit_scale=20,
        penalty={"weight": 0.01, "reduction": "mean", "anchor": "initial"},
        latent={"size": 100, "distribution": "normal"},
        designs_per_batch=2,
        transparency="projector",
        precision="float32",
        epochs=1,
        batch_size=4,
        learning_rate=0.001,
        recognizer_learning_rate=0.001,
        checkpoint_epochs=1,
        seed=1,
        recognizer_learns_from=("generated",),
    )
