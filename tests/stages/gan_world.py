"""A world of four people for the stage ``train_gan``: what earlier stages would have written."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ruamel.yaml import YAML

from faceveil.params.embed import Embed
from faceveil.params.protocol import Protocol
from faceveil.recognition.architectures import build_network
from faceveil.recognition.embedding import embed_curated
from faceveil.recognition.network import View
from faceveil.recognition.recognizer import save_recognizer
from faceveil.store.faces import PackedFaces
from faceveil.store.protocol import assign_roles, write_roles
from faceveil.store.weights import write_weights
from faceveil.wearing.projector import build_projector
from faceveil.wearing.transparencies import write_transparencies
from tests.conftest import ROOT
from tests.packed import write_faces

SIZE = 80
PEOPLE = [f"{number:05d}" for number in (0, 1, 3, 4)]
RECOGNIZERS = (
    ("facenet", "target", "inception_resnet_v1", SIZE),
    ("resnet18", "surrogate", "resnet18", 32),
)
LEARNED_HERE = {"role": "surrogate", "architecture": "resnet18", "input_size": 32}
"""The entry of the surrogate, which is none of the default run."""

NOBODY_SPARE = Protocol(dev_people=0, distractors=0, training_probes=3, seed=1)
SHORT = {"epochs": 2, "batch_size": 2, "designs_per_batch": 2, "checkpoint_epochs": 1}


def outputs(experiment):
    return {
        "--out": f"models/gan/{experiment}",
        "--curves": f"metrics/training/{experiment}.csv",
        "--figure": f"figures/evolution/{experiment}.png",
    }


def arguments(experiment):
    options = {
        "--curated": "data/curated",
        "--transparencies": "data/transparencies",
        "--protocol": "data/protocol",
        "--recognizers": "models/recognizers",
        "--embeddings": "data/embeddings/bare",
        **outputs(experiment),
    }
    return (experiment, *(word for option in options.items() for word in option))


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


def save_untrained(folder, role, architecture, size, seed=0):
    """Write a recognizer that never learned anything."""
    torch.manual_seed(seed)
    view = {"input_size": size, "mean": 127.5, "scale": 128.0}
    card = {"name": folder.name, "role": role, "architecture": architecture, "view": view}
    network = build_network(architecture, View(**view))
    save_recognizer(folder, network, {**card, "crop": "frame"})


def write_world(root):
    """Write the folders of all earlier stages, with networks that never learned anything."""
    for kind in ("unmasked", "masked", "further_unmasked", "further_masked", "annotated"):
        write_faces(root / "data/curated" / kind, faces(kind))
    roles, place = assign_roles(root / "data/curated", NOBODY_SPARE), root / "data/protocol"
    write_roles(roles, place / "enrollments.csv", place / "probes.csv")
    for name, role, architecture, size in RECOGNIZERS:
        save_untrained(root / "models/recognizers" / name, role, architecture, size)
        embed(root, name)
    card = {"architecture": "plain"}
    write_weights(root / "models/projector/projector.safetensors", build_projector("plain"), card)
    write_transparencies(
        root / "data/curated",
        root / "models/projector",
        "projector",
        torch.device("cpu"),
        root / "data/transparencies",
    )


def embed(root, name):
    """Write what a recognizer sees of bare faces."""
    embed_curated(
        root / "data/curated",
        root / "models/recognizers" / name,
        root / "data/embeddings/bare" / name,
        Embed(batch_size=4, part_size=10),
        torch.device("cpu"),
    )


def enter_world(world, folder):
    """Link the world's folders into one where a stage runs."""
    data = (f"data/{name}" for name in ("curated", "embeddings", "transparencies", "protocol"))
    for part in (*data, "models/recognizers"):
        place = folder / part
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(world / part)


def shipped():
    """Return the values of params.yaml, with this world's surrogate."""
    params = YAML(typ="safe").load(ROOT / "params.yaml")
    params["recognizers"]["resnet18"] = LEARNED_HERE
    return params


def settings(folder=Path(), **changes):
    """Write params.yaml with a short training."""
    params = shipped()
    params["train_gan"] |= SHORT | changes
    YAML().dump(params, folder / "params.yaml")
