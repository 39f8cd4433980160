"""What a mask GAN is trained on, read from what earlier stages wrote."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from faceveil.collection.places import Places, read_places
from faceveil.params.errors import FaceveilError
from faceveil.params.gan_training import GanTraining
from faceveil.protection.designs.training_data import (
    CropPass,
    Surrogate,
    TrainingData,
    join_subjects,
    whole_photos,
)
from faceveil.recognition.recognizer import (
    Recognizer,
    open_recognizer,
    read_recognizer_card,
    recognizer_fingerprint,
)
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
    data = replace(data, crop=_crop(recognizer, folders, data))
    surrogates = tuple(_surrogate(name, folders, data, device) for name in settings.ensemble)
    return GanInputs(data, recognizer, surrogates, _fingerprints(settings, target, folders, data))


def _surrogate(
    name: str, folders: InputFolders, data: TrainingData, device: torch.device
) -> Surrogate:
    """Return a surrogate with the training subjects enrolled."""
    recognizer = open_recognizer(folders.recognizers / name, device)
    table = read_embeddings(folders.embeddings / name / "unmasked", recognizer.fingerprint)
    rows = table.rows_of(data.subject_ids[: data.trained])
    gallery = torch.from_numpy(table.embeddings[rows]).to(device)
    crop = _crop(recognizer, folders, data)
    return Surrogate(recognizer.trunk, recognizer.head, gallery, crop)


def _crop(recognizer: Recognizer, folders: InputFolders, data: TrainingData) -> CropPass:
    """Return what a recognizer sees of the training subjects' masked photos.

    Raises:
        FaceveilError: if it needs places and that of a face is not known: a loss without some of
            the people would silently be another one.
    """
    if not recognizer.needs_places:
        return whole_photos
    places = _places(folders, data)
    if not places.found.all():
        unknown = np.array(data.subject_ids[: data.trained])[~places.found]
        raise FaceveilError(
            f"{recognizer.name}: crop {recognizer.card['crop']!r} needs the place of every "
            f"training face, and {len(unknown)} of {data.trained} have none, {unknown[0]} the "
            "first; take them out of the collection, or use a recognizer with crop 'frame'"
        )
    return lambda photos, subjects: recognizer.crop(photos, places[subjects])


def _places(folders: InputFolders, data: TrainingData) -> Places:
    """Return the places of the training subjects' masked photos, ``[T]``."""
    return read_places(folders.curated, "masked")[data.rows]


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
    stored = {name: folders.recognizers / name for name in (target, *settings.ensemble)}
    found = {f"recognizers/{name}": recognizer_fingerprint(one) for name, one in stored.items()}
    if any(read_recognizer_card(one)["crop"] != "frame" for one in stored.values()):
        points = np.ascontiguousarray(_places(folders, data).points).data
        found["places"] = hashlib.sha256(points).hexdigest()
    return found | {
        "embeddings": embeddings.hexdigest(),
        "people": hashlib.sha256(people.encode()).hexdigest(),
        "transparency": hashlib.sha256(transparency).hexdigest(),
    }
