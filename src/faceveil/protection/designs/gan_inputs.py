"""What a mask GAN is trained on, read from what earlier stages wrote."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from faceveil.params.experiments import Game
from faceveil.protection.designs.ensemble import Partner, enroll_partner
from faceveil.protection.designs.subjects import People, gather_people
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.partner import load_partner
from faceveil.recognition.store import CARD, load_recognizer, recognizer_fingerprint
from faceveil.store.embeddings import read_embeddings
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.weights import fingerprint
from faceveil.wearing.projector import load_projector
from faceveil.wearing.transparency import annotated, projected

KINDS = ("unmasked", "masked", "further_unmasked")


@dataclass(frozen=True)
class Places:
    """Folders of earlier stages' outputs."""

    curated: Path
    projector: Path
    recognizer: Path
    embeddings: Path
    partners: Path


@dataclass(frozen=True)
class GanInputs:
    """People, recognizer and partners, and the fingerprints of the files they come from."""

    people: People
    recognizer: FaceNet
    partners: tuple[Partner, ...]
    fingerprints: dict[str, str]


def read_inputs(game: Game, places: Places, device: torch.device) -> GanInputs:
    """Read the people, their transparencies and the recognizers they are enrolled with.

    Raises:
        FaceveilError: if an output is missing, damaged, or made by another recognizer.
    """
    made_by = recognizer_fingerprint(places.recognizer)
    tables = {kind: read_embeddings(places.embeddings, kind, made_by) for kind in KINDS}
    faces = masked_faces(game, places, device)
    people = gather_people(faces, tables, device)
    return GanInputs(
        people=people,
        recognizer=load_recognizer(places.recognizer),
        partners=_enrolled_partners(game, places, people, device),
        fingerprints=_fingerprints(places, faces) | _partner_fingerprints(game, places),
    )


def masked_faces(game: Game, places: Places, device: torch.device) -> PackedFaces:
    """Return the masked photos with the transparency that the game is played with."""
    masked = open_faces(places.curated, "masked")
    if game.transparency == "projector":
        return projected(masked, load_projector(places.projector).to(device), device)
    unmasked, cutouts = (open_faces(places.curated, kind) for kind in ("unmasked", "annotated"))
    return annotated(masked, unmasked, cutouts)


def _enrolled_partners(
    game: Game, places: Places, people: People, device: torch.device
) -> tuple[Partner, ...]:
    """Return the partners of the ensemble; without one, no photo is opened."""
    training = people.subject_ids[: people.trained]
    loaded = [load_partner(places.partners / name) for name in game.ensemble]
    return tuple(
        enroll_partner(partner, open_faces(places.curated, "unmasked"), training, device)
        for partner in loaded
    )


def _partner_fingerprints(game: Game, places: Places) -> dict[str, str]:
    """Return SHA-256 sums of weights and cards; a card says how its network looks at a photo."""
    folders = {f"partners/{name}": places.partners / name for name in game.ensemble}
    weights = {key: recognizer_fingerprint(folder) for key, folder in folders.items()}
    return weights | {f"{key}/card": fingerprint(f / CARD) for key, f in folders.items()}


def _fingerprints(places: Places, faces: PackedFaces) -> dict[str, str]:
    """Return SHA-256 sums of all that decides how training goes, besides the settings.

    The stored features stand for the photos they were computed from.
    """
    parts = sorted(path for kind in KINDS for path in (places.embeddings / kind).glob("*.parquet"))
    embeddings = hashlib.sha256("".join(fingerprint(part) for part in parts).encode())
    seen = faces.transparency
    transparency = b"" if seen is None else np.ascontiguousarray(seen).reshape(-1).data
    return {
        "recognizer": recognizer_fingerprint(places.recognizer),
        "embeddings": embeddings.hexdigest(),
        "transparency": hashlib.sha256(transparency).hexdigest(),
    }
