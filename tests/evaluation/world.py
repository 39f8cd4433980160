"""A tiny world: people who are patterns, a recognizer that sees patterns, artifacts on disk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ruamel.yaml import YAML
from torch import nn
from torch.nn import functional

from faceveil.evaluation.calibration import (
    calibrate_facenet,
    unmasked_features,
    write_thresholds,
)
from faceveil.params.evaluate import Evaluate
from faceveil.params.experiments import Game
from faceveil.params.file import Params
from faceveil.params.protocol import Protocol
from faceveil.protection.designs.generators import build_generator
from faceveil.recognition.store import WEIGHTS, recognizer_fingerprint
from faceveil.store.embeddings import EMBEDDING, FEATURES, EmbeddingTable, write_embeddings
from faceveil.store.faces import PackedFaces, write_faces
from faceveil.store.groups import COLUMNS as GROUP_COLUMNS
from faceveil.store.groups import GROUPS, write_groups
from faceveil.store.protocol import assign_roles, write_roles
from faceveil.store.weights import read_weights, write_weights

ROOT = Path(__file__).resolve().parents[2]

SIZE = 16

RATES = (0.25, 0.01)
"""False match rates; six comparisons of three people reach the first alone."""

# Photos 00003 and 00007 are missing in between: file numbers are not rows of the gallery.
PEOPLE = [f"{number:05d}" for number in (0, 1, 2, 4, 5, 6, 8, 9, 11)]

SPARE = [f"{number:05d}" for number in (20, 21, 22, 23)]
"""People who only choose thresholds and fill the gallery: three and one of them."""

SETTINGS = Evaluate(
    designs=3,
    designs_per_train_subject=2,
    worst_share=0.1,
    false_match_rate=0.25,
    confidence=0.95,
    batch_size=4,
    seed=1,
)

GAME = Game(
    ensemble=(),
    generator="mlp",
    objective="cross_entropy",
    margin=1,
    gallery_people=None,
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


def tiny_params(**strike) -> Params:
    """All settings for the tiny world, with two experiments."""
    values = YAML(typ="safe").load(ROOT / "params.yaml")
    learned = {"photos": [0, 5, 40], "designs": 8, "steps": 60, "batch_size": 8,
               "learning_rate": 0.01}  # fmt: skip
    changed = {
        "protocol": {"dev_people": 3, "distractors": 1, "training_probes": 5, "seed": 1},
        "train_gan": GAME.model_dump(mode="json", exclude={"recognizer_learns_from"}),
        "evaluate": SETTINGS.model_dump(),
        "calibrate": {"false_match_rates": list(RATES)},
        "strike_back": values["strike_back"] | learned | strike,
        "experiments": {
            "exp0": {"recognizer_learns_from": []},
            "exp1": {"recognizer_learns_from": ["generated"]},
        },
    }
    return Params.model_validate(values | changed)


class PatternHead(nn.Module):
    """A random map and the unit norm."""

    def __init__(self, seed: int = 5) -> None:
        super().__init__()
        stream = torch.Generator().manual_seed(seed)
        self.weight = nn.Parameter(torch.randn(EMBEDDING, FEATURES, generator=stream))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return functional.normalize(features @ self.weight.T, dim=1)


class PatternTrunk(nn.Module):
    """The picture in 8 x 8 blocks; it remembers how many faces each pass had."""

    def __init__(self) -> None:
        super().__init__()
        self.passes: list[int] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.passes.append(len(images))
        blocks = functional.adaptive_avg_pool2d(images - 0.5, 8).flatten(1)
        return functional.pad(blocks, (0, FEATURES - blocks.shape[1]))


class PatternRecognizer(nn.Module):
    """Sees patterns, and compares them by a random map."""

    def __init__(self, seed: int = 5) -> None:
        super().__init__()
        self.trunk = PatternTrunk()
        self.head = PatternHead(seed)

    @property
    def passes(self) -> list[int]:
        return self.trunk.passes

    def embed(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.trunk(images))


class LowerHalf(nn.Module):
    """A projector that takes the lower half of a photo for the mask."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        transparency = torch.zeros_like(images[:, :1])
        transparency[:, :, SIZE // 2 :] = 1
        return transparency


def portraits(subjects: Sequence[str], noise: int = 0, suffix: str = "") -> PackedFaces:
    """Return one photo per subject: people 0 to 5 train, 6 to 19 are held out, others are spare."""
    pixels = np.stack([_portrait(subject, noise) for subject in subjects])
    rows = pd.DataFrame(
        {
            "subject_id": list(subjects),
            "image_id": [subject + suffix for subject in subjects],
            "split": [_split(int(subject)) for subject in subjects],
        }
    )
    covered = np.zeros(pixels.shape[:3], np.uint8)
    covered[:, SIZE // 2 :] = 255
    return PackedFaces(pixels, rows, covered)


def table_of(recognizer: PatternRecognizer, faces: PackedFaces) -> EmbeddingTable:
    """Return the stored features of photos, sorted by image_id as the store is."""
    order = np.argsort(faces.rows["image_id"].to_numpy(dtype=np.str_))
    with torch.inference_mode():
        features = recognizer.trunk(faces.images(order))
        embeddings = recognizer.head(features)
    words = [faces.rows[c].to_numpy(dtype=np.str_)[order] for c in faces.rows.columns[:3]]
    return EmbeddingTable(*words, features.numpy(), embeddings.numpy())


def write_world(root: Path, further: bool = True) -> PatternRecognizer:
    """Write the artifacts of all earlier stages, in the folders that dvc.yaml names."""
    recognizer = PatternRecognizer()
    write_weights(root / "models/recognizer" / WEIGHTS, recognizer, {})
    made_by = recognizer_fingerprint(root / "models/recognizer")
    everybody = PEOPLE + SPARE
    again = everybody if further else []
    kinds = {
        "unmasked": portraits(everybody),
        "masked": portraits(everybody, noise=1, suffix="_Mask"),
        "further_unmasked": _photos(again, 2, "_1"),
        "further_masked": _photos(again, 3, "_1_Mask"),
    }
    for kind, faces in kinds.items():
        write_faces(root / "data/curated" / kind, faces)
        table = table_of(recognizer, faces)
        write_embeddings(root / "data/embeddings", kind, made_by, len(faces), [table])
    for number, name in enumerate(("exp0", "exp1")):
        _write_gan(root / "models/gan" / name, number)
    _calibrate(root, made_by)
    write_groups(root / "data/curated" / GROUPS, pd.DataFrame(columns=GROUP_COLUMNS))
    return recognizer


def _calibrate(root: Path, made_by: str) -> None:
    """Write roles and thresholds as the stages before an evaluation do."""
    folder = root / "data/protocol"
    roles = assign_roles(
        root / "data/curated", Protocol(dev_people=3, distractors=1, training_probes=5, seed=1)
    )
    write_roles(roles, folder / "enrollments.csv", folder / "probes.csv")
    seen = unmasked_features(root / "data/embeddings", made_by)
    ended = {}
    for name in ("exp0", "exp1"):
        adapted = PatternRecognizer()
        read_weights(root / "models/gan" / name / "head.safetensors", adapted.head)
        ended[name] = calibrate_facenet(adapted, seen, roles, RATES)
    write_thresholds(folder / "thresholds", ended, {})


def _split(number: int) -> str:
    return "train" if number <= 5 else "test" if number < 20 else "spare"


def _write_gan(folder: Path, seed: int) -> None:
    """Write a generator and the head it ended up against."""
    torch.manual_seed(seed)
    about = {"architecture": "mlp", "latent_size": 100, "image_size": SIZE}
    card = {**about, "distribution": "normal"}
    write_weights(folder / "generator.safetensors", build_generator("mlp", 100, SIZE), card)
    write_weights(folder / "head.safetensors", PatternHead(seed), {})


def _photos(subjects: Sequence[str], noise: int, suffix: str) -> PackedFaces:
    """Return further photos; a kind without photos is an empty store."""
    if subjects:
        return portraits(subjects, noise, suffix)
    one = portraits(PEOPLE[:1])
    return PackedFaces(one.pixels[:0], one.rows.iloc[:0])


def _portrait(subject: str, noise: int) -> np.ndarray:
    """The same person has the same pattern; each photo has noise of its own."""
    face = np.random.default_rng(int(subject)).integers(0, 256, (SIZE, SIZE, 3))
    grain = np.random.default_rng([int(subject), noise]).integers(-150, 151, face.shape)
    return np.clip(face + grain, 0, 255).astype(np.uint8)
