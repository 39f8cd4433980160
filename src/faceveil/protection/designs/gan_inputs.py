"""What a mask GAN is trained on, read from what earlier stages wrote."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from faceveil.params.experiments import Game
from faceveil.protection.designs.ensemble import Surrogate
from faceveil.protection.designs.subjects import People, gather_people
from faceveil.recognition.recognizer import CARD, Recognizer, open_recognizer
from faceveil.store.embeddings import read_embeddings
from faceveil.store.faces import PackedFaces
from faceveil.store.weights import fingerprint
from faceveil.wearing.masked import open_masked

KINDS = ("unmasked", "masked", "further_unmasked")


@dataclass(frozen=True)
class Places:
    """Folders of earlier stages' outputs; ``embeddings`` are those of bare faces."""

    curated: Path
    transparencies: Path
    recognizers: Path
    embeddings: Path


@dataclass(frozen=True)
class GanInputs:
    """People, the target and surrogates, and the fingerprints of the files they come from."""

    people: People
    recognizer: Recognizer
    surrogates: tuple[Surrogate, ...]
    fingerprints: dict[str, str]


def read_inputs(game: Game, target: str, places: Places, device: torch.device) -> GanInputs:
    """Read the people, their transparencies and the recognizers they are enrolled with.

    Raises:
        FaceveilError: if an output is missing, damaged, or made by another recognizer.
    """
    recognizer = open_recognizer(places.recognizers / target, device)
    folder = places.embeddings / target
    tables = {kind: read_embeddings(folder / kind, recognizer.fingerprint) for kind in KINDS}
    faces = open_masked(places.curated, places.transparencies, "masked")
    people = gather_people(faces, tables, device)
    return GanInputs(
        people=people,
        recognizer=recognizer,
        surrogates=tuple(_enrolled(name, places, people, device) for name in game.ensemble),
        fingerprints=_fingerprints(game, target, places, faces),
    )


def _enrolled(name: str, places: Places, people: People, device: torch.device) -> Surrogate:
    """Return a surrogate with the training people enrolled."""
    recognizer = open_recognizer(places.recognizers / name, device)
    table = read_embeddings(places.embeddings / name / "unmasked", recognizer.fingerprint)
    rows = table.rows_of(people.subject_ids[: people.trained])
    gallery = torch.from_numpy(table.embeddings[rows]).to(device)
    return Surrogate(recognizer.trunk, recognizer.head, gallery)


def _fingerprints(game: Game, target: str, places: Places, faces: PackedFaces) -> dict[str, str]:
    """Return SHA-256 sums of all that decides how training goes, besides the settings.

    The stored features stand for the photos they were computed from; a card says how its network
    looks at a photo.
    """
    folders = [places.embeddings / target / kind for kind in KINDS]
    parts = sorted(path for folder in folders for path in folder.glob("*.parquet"))
    embeddings = hashlib.sha256("".join(fingerprint(part) for part in parts).encode())
    transparency = np.ascontiguousarray(faces.transparency).reshape(-1).data
    cards = {
        f"recognizers/{name}": fingerprint(places.recognizers / name / CARD)
        for name in (target, *game.ensemble)
    }
    return cards | {
        "embeddings": embeddings.hexdigest(),
        "transparency": hashlib.sha256(transparency).hexdigest(),
    }
