"""Nine people of 32 pixels and all that is made of them, up to heads that learn their designs.

The mask is exactly the lower half of every masked photo; no network ever learned anything.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from ruamel.yaml import YAML

from faceveil.params.embed import Embed
from faceveil.params.gan_training import read_gan_training
from faceveil.params.protect import Protect
from faceveil.params.protocol import Protocol
from faceveil.params.read import merge, read_section
from faceveil.protection.designs.protect import protect_designs
from faceveil.protection.designs.state import State, write_trainings
from faceveil.protection.protect import protect_entry
from faceveil.protection.registry import build
from faceveil.protection.sources import Sources
from faceveil.recognition.architectures import build_network
from faceveil.recognition.embedding import embed_curated, embed_protected
from faceveil.recognition.network import View
from faceveil.recognition.recognizer import open_recognizer, save_recognizer
from faceveil.store.faces import PackedFaces
from faceveil.store.protocol import assign_roles, read_roles, write_roles
from faceveil.store.weights import write_weights
from faceveil.wearing.projector import WEIGHTS, build_projector
from faceveil.wearing.transparencies import write_transparencies
from tests.conftest import ROOT
from tests.packed import write_faces
from tests.recognition.placed_world import write_places

SIZE, CPU = 32, torch.device("cpu")
SPLITS = {"train": 4, "test": 2, "spare": 3}
PEOPLE = [f"{number:05d}" for number in range(sum(SPLITS.values()))]
RECOGNIZERS = {  # by name: role, crop
    "facenet": ("target", "frame"),
    "sface": ("surrogate", "aligned"),
    "dlib": ("judge", "chip"),
    "mobilefacenet": ("judge", "aligned"),
}
TINY = {
    "protections": {"noise": {"patterns": 2}, "other_face": {"faces": 2}},
    "protect": {
        "designs": 2, "designs_per_subject": 1, "draws": 1, "learn_photos": 4, "learn_designs": 2,
        "batch_size": 3, "seed": 7,
    },
    "protocol": {"dev_people": 2, "distractors": 1, "training_probes": 3, "seed": 7},
    "adapt": {"photos": [1, 4], "steps": 2, "batch_size": 2, "learning_rate": 0.01},
    "embed": {"batch_size": 4, "part_size": 100},
}  # fmt: skip


def write_world(root: Path) -> None:
    """Write params.yaml and what all stages up to ``embed_designs`` would have written."""
    YAML().dump(merge(YAML(typ="safe").load(ROOT / "params.yaml"), TINY), root / "params.yaml")
    _write_curated(root / "data/curated")
    _write_protocol(root)
    _write_networks(root)
    write_transparencies(
        root / "data/curated", root / "models/projector", "annotated", CPU,
        root / "data/transparencies",
    )  # fmt: skip
    _write_protected(root)
    _write_embeddings(root)


def faces(kind: str) -> PackedFaces:
    """Return a noisy photo of each person; the lower half of a masked one is light."""
    again, masked = kind.startswith("further"), kind.endswith("masked") and "unmasked" not in kind
    pixels = np.stack([_photo(number, again) for number in range(len(PEOPLE))])
    if masked:
        pixels[:, SIZE // 2 :] = 240
    ending = ("_1" if again else "") + ("_Mask" if masked else "")
    split = [split for split, count in SPLITS.items() for _ in range(count)]
    rows = {"subject_id": PEOPLE, "image_id": [who + ending for who in PEOPLE], "split": split}
    return PackedFaces(pixels, pd.DataFrame(rows, dtype="str"))


def _photo(number: int, again: bool) -> np.ndarray:
    draw = np.random.default_rng([number, again])
    return draw.integers(0, 200, (SIZE, SIZE, 3), dtype=np.uint8)


def lower_half(count: int) -> np.ndarray:
    """Return where the masks of some photos are."""
    transparency = np.zeros((count, SIZE, SIZE), np.uint8)
    transparency[:, SIZE // 2 :] = 255
    return transparency


def _write_curated(folder: Path) -> None:
    kinds = ("unmasked", "masked", "further_unmasked", "further_masked")
    for kind in kinds:
        write_faces(folder / kind, faces(kind))
    worn = [faces("masked"), faces("further_masked")]
    rows = pd.concat([one.rows for one in worn], ignore_index=True)
    pixels = np.concatenate([one.pixels for one in worn])
    write_faces(folder / "annotated", PackedFaces(pixels, rows, lower_half(len(rows))))
    write_faces(folder / "background", PackedFaces(pixels[:0], rows[:0]))
    write_places(folder)


def _write_protocol(root: Path) -> None:
    settings = read_section(root / "params.yaml", "protocol", Protocol)
    roles, folder = assign_roles(root / "data/curated", settings), root / "data/protocol"
    write_roles(roles, folder / "enrollments.csv", folder / "probes.csv")


def _write_networks(root: Path) -> None:
    torch.manual_seed(0)
    write_weights(root / "models/projector" / WEIGHTS, build_projector("plain"), {
        "architecture": "plain"
    })  # fmt: skip
    view = {"input_size": SIZE, "mean": 127.5, "scale": 128.0}
    for name, (role, crop) in RECOGNIZERS.items():
        network = build_network("mobilefacenet", View(**view))
        card = {"name": name, "role": role, "architecture": "mobilefacenet", "view": view}
        save_recognizer(root / "models/recognizers" / name, network, {**card, "crop": crop})
    head = open_recognizer(root / "models/recognizers/facenet", CPU).head
    settings = read_gan_training(root / "params.yaml", "exp1")
    states = [State(settings.model_copy(update={"seed": seed}), head, SIZE, CPU) for seed in (1, 2)]
    for state in states:
        state.curves.append({"generator_loss": 0.0})
    write_trainings(root / "models/gan/exp1", states, {"experiment": "exp1"})


def _write_protected(root: Path) -> None:
    roles = read_roles(root / "data/protocol")
    sources = Sources(root / "data/curated", root / "data/transparencies", roles)
    settings = read_section(root / "params.yaml", "protect", Protect)
    noise = build({"method": "noise", "patterns": 2}, "noise")
    protect_entry("noise", noise, sources, settings, root / "data/protected/noise")
    out = root / "data/protected/exp1"
    protect_designs("exp1", root / "models/gan/exp1", sources, settings, out)


def _write_embeddings(root: Path) -> None:
    curated, target = root / "data/curated", root / "models/recognizers/facenet"
    settings = read_section(root / "params.yaml", "embed", Embed)
    embed_curated(curated, target, root / "data/embeddings/bare/facenet", settings, CPU)
    seen, out = [open_recognizer(target, CPU)], root / "data/embeddings/exp1"
    embed_protected(curated, root / "data/protected/exp1", seen, out, settings.batch_size)
