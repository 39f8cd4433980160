"""A tiny world on disk: what recognizers see of people is known, and so is the truth.

A person is a random vector, a photo adds a little noise. Who is protected is seen as the vector
itself or, by :data:`HIDDEN` designs, as its opposite: found always, or never.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
import torch
from ruamel.yaml import YAML

from faceveil.evaluation.evaluate import Inputs, calibrate
from faceveil.evaluation.read import Folders, read_inputs
from faceveil.evaluation.thresholds import write_thresholds
from faceveil.params.evaluate import Evaluate
from faceveil.params.protocol import Protocol
from faceveil.recognition.architectures import build_network
from faceveil.recognition.embedding import EMBEDDED, table_of
from faceveil.recognition.network import Network, View
from faceveil.recognition.recognizer import Recognizer, open_recognizer, save_recognizer
from faceveil.store.embeddings import write_embeddings
from faceveil.store.faces import PackedFaces
from faceveil.store.groups import COLUMNS as GROUP_COLUMNS
from faceveil.store.groups import GROUPS, write_groups
from faceveil.store.photos import DESIGNS, JUDGE, LEARN
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS, Roles, assign_roles, write_roles
from faceveil.store.weights import write_weights
from tests.packed import write_faces

SIZE, FEATURES = 8, 512

RATES = (0.25, 0.01)
"""False match rates; six comparisons of three people reach the first alone."""

# Photos 00003 and 00007 are missing in between: file numbers are not rows of the gallery.
PEOPLE = [f"{number:05d}" for number in (0, 1, 2, 4, 5, 6, 8, 9, 11)]

SPARE = [f"{number:05d}" for number in (20, 21, 22, 23)]
"""People who only choose thresholds and fill the gallery: three and one of them."""

ROLES = Protocol(dev_people=3, distractors=1, training_probes=5, seed=1)

SETTINGS = Evaluate(plain=("black", "plain"), false_match_rate=0.25, batch_size=4, seed=1)

RECOGNIZERS = {"facenet": "target", "poor": "surrogate", "mobilefacenet": "judge"}
"""Names and roles; the poor one failed its check."""

PROTECTIONS = {"plain": True, "black": True, "blur": False}
"""Names, and whether anybody can wear it; blur is of bare faces."""

EXPERIMENTS = {"exp0": False, "exp1": True}
"""Names, and whether the recognizer learned; of two trainings each."""

HIDDEN = {("exp0", 1), ("exp1", 0), ("exp1", 1)}
"""Trainings whose designs hide everybody; training 0 of exp0 hides nobody."""

ANEW = ("plain", "black", "exp0", "exp1")
"""What held-out people also wear under conditions: two draws, and stored as JPEG."""

PHOTOS = (2, 4)
"""Labelled photos that a recognizer learned from."""


def portraits(subjects: Sequence[str], noise: int = 0, suffix: str = "") -> PackedFaces:
    """Return one photo per subject: people 0 to 5 train, 6 to 19 are held out, others are spare."""
    stream = np.random.default_rng(noise)
    rows = pd.DataFrame(
        {
            "subject_id": list(subjects),
            "image_id": [subject + suffix for subject in subjects],
            "split": [_split(int(subject)) for subject in subjects],
        },
        dtype=str,
    )
    return PackedFaces(stream.integers(0, 256, (len(rows), SIZE, SIZE, 3), np.uint8), rows)


def see(rows: pd.DataFrame) -> np.ndarray:
    """Return the features of photos, ``[N, 512]``."""
    names = ("image_id", "protection", "training", "order", "condition")
    columns = [rows.get(name, pd.Series("", rows.index)) for name in names]
    seen = [
        (-1 if (protection, training) in HIDDEN else 1) * _vector(subject)
        + 0.2
        * _vector(f"{image}/{protection}/{training}/{order}" + (condition and f"/{condition}"))
        for subject, image, protection, training, order, condition in zip(
            rows["subject_id"], *columns, strict=True
        )
    ]
    return np.array(seen, np.float32).reshape(-1, FEATURES)


def write_world(root: Path, further: bool = True, roles: Protocol = ROLES) -> None:
    """Write the artifacts of all earlier stages, in the folders that dvc.yaml names."""
    everybody = PEOPLE + SPARE
    again = everybody if further else []
    kinds = {
        "unmasked": portraits(everybody),
        "masked": portraits(everybody, noise=1, suffix="_Mask"),
        "further_unmasked": portraits(again, 2, "_1"),
        "further_masked": portraits(again, 3, "_1_Mask"),
    }
    for kind, faces in kinds.items():
        write_faces(root / "data/curated" / kind, faces)
    attributes = [(who, tone, "some lines", "male-typed") for who, tone in zip(
        PEOPLE, ["light", "dark"] * 5, strict=False)]  # fmt: skip
    write_groups(root / "data/curated" / GROUPS, pd.DataFrame(attributes, columns=GROUP_COLUMNS))
    found, folder = assign_roles(root / "data/curated", roles), root / "data/protocol"
    write_roles(found, folder / "enrollments.csv", folder / "probes.csv")
    _write_recognizers(root, kinds, found)
    YAML().dump(_params(), root / "params.yaml")
    write_thresholds(folder / "thresholds.csv", calibrate(inputs(root), RATES))


def inputs(root: Path) -> Inputs:
    """Read the world as the stages do."""
    folders = ("data/curated", "data/protocol", "models/recognizers", "data/embeddings",
               "models/gan", "models/adapted")  # fmt: skip
    return read_inputs(Folders(*(root / name for name in folders)), root / "params.yaml")


def rewrite(root: Path, recognizer: Recognizer, place: str, rows: pd.DataFrame) -> None:
    """Write what a recognizer saw of some photos."""
    table = table_of(recognizer, rows, see(rows))
    write_embeddings(root / "data/embeddings" / place, table, recognizer.fingerprint)


def worn(found: Roles, name: str) -> pd.DataFrame:
    """Return the photos under a protection, in which people are judged or learned from."""
    plain, designs = PROTECTIONS.get(name, False), name in EXPERIMENTS
    kinds = UNMASKED_PHOTOS if name == "blur" else MASKED_PHOTOS
    probes = found.probes[found.probes["kind"].isin(list(kinds.values()))]
    judged = probes[probes["role"].isin(["test", "train", "dev"] if plain else ["test"])]
    parts = [
        judged.assign(training=training, variant=max(training, 0), order=-1, use=JUDGE)
        for training in ((0, 1) if designs else (-1,))
    ]
    learn = probes[(probes["role"] == "train") & (probes["protocol"] == "same_photo")][:5]
    for training in (0, 1) if designs else ():
        order = range(len(learn))
        parts.append(learn.assign(training=training, variant=training, order=order, use=LEARN))
    every = pd.concat(parts, ignore_index=True).assign(protection=name, condition="")
    return pd.concat([every, _anew(every)] if name in ANEW else [every], ignore_index=True)


def _anew(every: pd.DataFrame) -> pd.DataFrame:
    """Return the photos under conditions; draw d is worn in the design of training d modulo two."""
    held_out = (every["role"] == "test") & (every["protocol"] == "other_photo")
    flat = every[held_out]
    drawn = [flat[flat["training"].isin([-1, draw])].assign(condition=str(draw)) for draw in (0, 1)]
    return pd.concat([*drawn, flat.assign(condition="jpeg")])


def _write_recognizers(root: Path, kinds: dict[str, PackedFaces], found: Roles) -> None:
    for name, role in RECOGNIZERS.items():
        folder, passed = root / "models/recognizers" / name, name != "poor"
        view = {"input_size": 32, "mean": 127.5, "scale": 128.0}
        check = {"passed": passed, "accuracy": 0.9, "interval": [0.8, 1], "pairs": 40, "people": 20}
        check |= {"expected": 0.9 if passed else 0.99, "collection": "curated"}
        card = {"name": name, "role": role, "architecture": "mobilefacenet", "view": view}
        save_recognizer(folder, _network(name), {**card, "crop": "frame", "check": check})
        recognizer = open_recognizer(folder, torch.device("cpu"))
        for kind in EMBEDDED:
            rows = kinds[kind].rows[["subject_id", "image_id"]].sort_values("image_id")
            rewrite(root, recognizer, f"bare/{name}/{kind}", rows.assign(kind=kind))
        for protection in (*PROTECTIONS, *EXPERIMENTS):
            rows = worn(found, protection)
            rows = rows[(rows["use"] == JUDGE) | (role == "target")]
            rewrite(root, recognizer, f"{protection}/{name}", rows)
    head = _network("facenet").head
    for name in EXPERIMENTS:
        for training in ("0", "1"):
            write_weights(root / "models/gan" / name / training / "head.safetensors", head, {})
            for count in PHOTOS:
                place = root / "models/adapted" / name / training / f"{count}.safetensors"
                write_weights(place, head, {})
        (root / "data/protected" / name).mkdir(parents=True)
        np.save(root / "data/protected" / name / DESIGNS, portraits(PEOPLE[:2]).pixels)


@cache
def _network(name: str) -> Network:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(crc32(name.encode()))
        return build_network("mobilefacenet", View(32, 127.5, 128.0))


@cache
def _vector(name: str) -> np.ndarray:
    return np.random.default_rng(crc32(name.encode())).normal(size=FEATURES)


def _params() -> dict[str, object]:
    sources = {name: ["generated"] if learns else [] for name, learns in EXPERIMENTS.items()}
    return {
        "recognizers": {name: {} for name in RECOGNIZERS},
        "protections": {name: {} for name in PROTECTIONS},
        "experiments": {
            name: {"method": "gan", "recognizer_learns_from": of} for name, of in sources.items()
        },
        "adapt": {"photos": list(PHOTOS), "steps": 5},
    }


def _split(number: int) -> str:
    return "train" if number <= 5 else "test" if number < 20 else "spare"
