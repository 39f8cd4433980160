"""What a mask GAN is trained on, read from what earlier stages wrote."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from faceveil.params.experiments import GanTraining
from faceveil.protection.designs.training_data import (
    Surrogate,
    TrainingData,
    enroll_in_surrogate,
    join_subjects,
)
from faceveil.recognition.facenet import FaceNet
from faceveil.recognition.partner import load_partner
from faceveil.recognition.store import CARD, load_recognizer, recognizer_fingerprint
from faceveil.store.embeddings import read_embeddings
from faceveil.store.faces import PackedFaces, open_faces
from faceveil.store.weights import fingerprint
from faceveil.wearing.composition import annotated, projected
from faceveil.wearing.projector import load_projector

KINDS = ("unmasked", "masked", "further_unmasked")


@dataclass(frozen=True)
class InputFolders:
    """Folders of earlier stages' outputs."""

    curated: Path
    projector: Path
    recognizer: Path
    embeddings: Path
    partners: Path


@dataclass(frozen=True)
class GanInputs:
    """Data, target and surrogates, and the fingerprints of the files they come from."""

    data: TrainingData
    target: FaceNet
    surrogates: tuple[Surrogate, ...]
    fingerprints: dict[str, str]


def read_inputs(settings: GanTraining, folders: InputFolders, device: torch.device) -> GanInputs:
    """Read the subjects, their transparencies and the recognizers that they are enrolled with."""
    made_by = recognizer_fingerprint(folders.recognizer)
    tables = {kind: read_embeddings(folders.embeddings, kind, made_by) for kind in KINDS}
    faces = masked_faces(settings, folders, device)
    data = join_subjects(faces, tables, device)
    training = data.subject_ids[: data.trained]
    surrogates = tuple(
        enroll_in_surrogate(
            load_partner(folders.partners / name),
            open_faces(folders.curated, "unmasked"),
            training,
            device,
        )
        for name in settings.ensemble
    )
    fingerprints = _fingerprints(folders, faces) | _surrogate_fingerprints(settings, folders)
    return GanInputs(data, load_recognizer(folders.recognizer), surrogates, fingerprints)


def masked_faces(settings: GanTraining, folders: InputFolders, device: torch.device) -> PackedFaces:
    """Return the masked photos with the transparency that designs are trained with."""
    masked = open_faces(folders.curated, "masked")
    if settings.transparency == "projector":
        return projected(masked, load_projector(folders.projector).to(device), device)
    unmasked, cutouts = (open_faces(folders.curated, kind) for kind in ("unmasked", "annotated"))
    return annotated(masked, unmasked, cutouts)


def _surrogate_fingerprints(settings: GanTraining, folders: InputFolders) -> dict[str, str]:
    """Return SHA-256 sums of weights and cards; a card says how its network looks at a photo."""
    chosen = {f"partners/{name}": folders.partners / name for name in settings.ensemble}
    weights = {key: recognizer_fingerprint(folder) for key, folder in chosen.items()}
    return weights | {f"{key}/card": fingerprint(f / CARD) for key, f in chosen.items()}


def _fingerprints(folders: InputFolders, faces: PackedFaces) -> dict[str, str]:
    """Return SHA-256 sums of all that decides how training goes, besides the settings.

    The stored features stand for the photos they were computed from.
    """
    parts = sorted(path for kind in KINDS for path in (folders.embeddings / kind).glob("*.parquet"))
    embeddings = hashlib.sha256("".join(fingerprint(part) for part in parts).encode())
    seen = faces.transparency
    transparency = b"" if seen is None else np.ascontiguousarray(seen).reshape(-1).data
    return {
        "recognizer": recognizer_fingerprint(folders.recognizer),
        "embeddings": embeddings.hexdigest(),
        "transparency": hashlib.sha256(transparency).hexdigest(),
    }
