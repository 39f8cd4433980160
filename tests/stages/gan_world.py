"""A world of four people for the stage ``train_gan``: what earlier stages would have written."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ruamel.yaml import YAML

from faceveil.params.embed import Embed
from faceveil.recognition.embedding import embed_curated
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.store import save_recognizer
from faceveil.store.faces import PackedFaces, write_faces
from faceveil.store.weights import write_weights
from faceveil.wearing.projector import build_projector
from tests.conftest import ROOT

SIZE = 80
PEOPLE = [f"{number:05d}" for number in (0, 1, 3, 4)]
GAME = {"epochs": 2, "batch_size": 2, "designs_per_batch": 2, "checkpoint_epochs": 1}


def arguments(experiment):
    return (
        experiment,
        "data/curated",
        "models/projector",
        "models/recognizer",
        "data/embeddings",
        "models/partners",
        f"models/gan/{experiment}",
        f"metrics/training/{experiment}.csv",
        f"figures/evolution/{experiment}.png",
    )


def faces(kind):
    """Return a noisy photo of each person; masked ones are white below the nose."""
    pixels = np.stack(
        [np.random.default_rng([1, int(s)]).integers(0, 256, (SIZE, SIZE, 3)) for s in PEOPLE]
    ).astype(np.uint8)
    masked, transparency = kind in {"masked", "annotated"}, None
    if masked:
        pixels[:, SIZE // 2 :] = 240
        transparency = np.zeros(pixels.shape[:3], np.uint8)
        transparency[:, SIZE // 2 :] = 255
    rows = pd.DataFrame(
        {
            "subject_id": PEOPLE,
            "image_id": [subject + ("_Mask" if masked else "") for subject in PEOPLE],
            "split": ["train"] * 3 + ["test"],
        }
    )
    count = 0 if kind.startswith("further") else len(PEOPLE)
    cutouts = transparency[:count] if kind == "annotated" else None
    return PackedFaces(pixels[:count], rows.iloc[:count], cutouts)


def write_world(root):
    """Write the folders of all earlier stages, with networks that never learned anything."""
    for kind in ("unmasked", "masked", "further_unmasked", "further_masked", "annotated"):
        write_faces(root / "data/curated" / kind, faces(kind))
    torch.manual_seed(0)
    save_recognizer(root / "models/recognizer", FaceNet(), {"architecture": "InceptionResnetV1"})
    embed_curated(
        root / "data/curated",
        root / "models/recognizer",
        root / "data/embeddings",
        Embed(batch_size=4, part_size=10),
        torch.device("cpu"),
    )
    card = {"architecture": "plain"}
    write_weights(root / "models/projector/projector.safetensors", build_projector("plain"), card)


def enter_world(world, folder):
    """Link the world's folders into one where a stage runs."""
    for part in ("data/curated", "data/embeddings", "models/recognizer", "models/projector"):
        place = folder / part
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(world / part)


def settings(folder=Path(), **changes):
    """Write params.yaml with a short game."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["train_gan"] |= GAME | changes
    YAML().dump(params, folder / "params.yaml")
