"""What a mask GAN is trained on, read from what earlier stages wrote."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from faceveil.params.experiments import GanTraining
from faceveil.protection.designs.training_data import Surrogate, TrainingData, join_subjects
from faceveil.recognition.recognizer import Recognizer, open_recognizer, recognizer_fingerprint
from faceveil.store.embeddings import read_embeddings
from faceveil.store.protocol import read_roles
from faceveil.store.weights import fingerprint
from faceveil.wearing.masked import open_masked

KINDS = ("unmasked", "masked", "further_unmasked")


@dataclass(frozen=True)
class InputFolders:
    """Folders of earlier stages' outputs; ``embeddings`` are those of bare faces."""

    curated: Path
    transparencies: Path
    protocol: Path
    recognizers: Path
    embeddings: Path


@dataclass(frozen=True)
class GanInputs:
    """Data, target and surrogates, and the fingerprints of the files they come from."""

    data: TrainingData
    target: Recognizer
    surrogates: tuple[Surrogate, ...]
    fingerprints: dict[str, str]


def read_inputs(
    settings: GanTraining, target: str, folders: InputFolders, device: torch.device
) -> GanInputs:
    """Read the subjects, their transparencies and the recognizers that they are enrolled with."""
    recognizer = open_recognizer(folders.recognizers / target, device)
    tables = {
        kind: read_embeddings(folders.embeddings / target / kind, recognizer.fingerprint)
        for kind in KINDS
    }
    faces = open_masked(folders.curated, folders.transparencies, "masked")
    data = join_subjects(faces, tables, read_roles(folders.protocol), device)
    training = data.subject_ids[: data.trained]
    surrogates = tuple(_surrogate(name, folders, training, device) for name in settings.ensemble)
    return GanInputs(data, recognizer, surrogates, _fingerprints(settings, target, folders, data))


def _surrogate(
    name: str, folders: InputFolders, training: tuple[str, ...], device: torch.device
) -> Surrogate:
    """Return a surrogate with the training subjects enrolled."""
    recognizer = open_recognizer(folders.recognizers / name, device)
    table = read_embeddings(folders.embeddings / name / "unmasked", recognizer.fingerprint)
    gallery = torch.from_numpy(table.embeddings[table.rows_of(training)]).to(device)
    return Surrogate(recognizer.trunk, recognizer.head, gallery)


def _fingerprints(
    settings: GanTraining, target: str, folders: InputFolders, data: TrainingData
) -> dict[str, str]:
    """Return SHA-256 sums of all that decides how training goes, besides the settings.

    The stored features stand for the photos they were computed from.
    """
    parts = sorted(
        path for kind in KINDS for path in (folders.embeddings / target / kind).glob("*.parquet")
    )
    embeddings = hashlib.sha256("".join(fingerprint(part) for part in parts).encode())
    transparency = np.ascontiguousarray(data.faces.transparency).reshape(-1).data
    people = " ".join([str(data.trained), *data.subject_ids])
    recognizers = {
        f"recognizers/{name}": recognizer_fingerprint(folders.recognizers / name)
        for name in (target, *settings.ensemble)
    }
    return recognizers | {
        "embeddings": embeddings.hexdigest(),
        "people": hashlib.sha256(people.encode()).hexdigest(),
        "transparency": hashlib.sha256(transparency).hexdigest(),
    }
