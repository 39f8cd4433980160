"""Training people in masks, and the recognizers that enrolled them without: what textures see."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from faceveil.collection.places import Places, read_places
from faceveil.metrics.verification import threshold_at_fmr
from faceveil.params.errors import FaceveilError
from faceveil.protection.protect import Sources
from faceveil.protection.textures.objectives import Evaded
from faceveil.recognition.recognizer import open_recognizer
from faceveil.store.embeddings import read_embeddings
from faceveil.store.faces import PackedFaces
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS
from faceveil.wearing.texture import mask_coordinates

MOST_COMPARED = 4096
"""Bare faces that a threshold is chosen on, at most: 8 million comparisons are enough."""


@dataclass(frozen=True)
class WornPhotos:
    """Some masked photos, ready to wear textures.

    Attributes:
        images: float32 ``[B, 3, S, S]`` in [0, 1].
        transparency: float32 ``[B, 1, S, S]``.
        coordinates: float32 ``[B, 3, S, S]``: across, down and shading.
        labels: int64 ``[B]``, numbers of the people.
        places: of the faces.
        image_ids: str ``[B]``.
    """

    images: Tensor
    transparency: Tensor
    coordinates: Tensor
    labels: Tensor
    places: Places
    image_ids: NDArray[np.str_]


class Wearers:
    """All masked photos of training people in which a face was found, sorted by id.

    Attributes:
        people: ``subject_id`` by number.
        labels: int64 ``[N]``, the number of each photo's person.
    """

    def __init__(self, sources: Sources) -> None:
        """Open the photos of all protocols.

        Raises:
            FaceveilError: if no training person has a masked photo with a face.
        """
        self.people = tuple(sources.roles.of_role("train"))
        number = {who: place for place, who in enumerate(self.people)}
        self._faces: list[PackedFaces] = []
        self._places: list[Places] = []
        found: list[tuple[str, int, int, int]] = []  # photo, part, row, person
        for part, kind in enumerate(MASKED_PHOTOS.values()):
            faces, places = sources.faces(kind), read_places(sources.curated, kind)
            if len(faces):
                mask_coordinates(faces, slice(0))  # refused at once, not in the middle of a step
            self._faces.append(faces)
            self._places.append(places)
            words = zip(faces.rows["image_id"], faces.rows["subject_id"], places.found, strict=True)
            found += [
                (photo, part, row, number[who])
                for row, (photo, who, seen) in enumerate(words)
                if seen and who in number
            ]
        if not found:
            raise FaceveilError(
                f"{sources.curated}: no masked photo of the {len(self.people)} training people "
                "shows a face; look at curate.min_face_probability"
            )
        self._photos = sorted(found)
        self.labels = np.array([who for *_, who in self._photos], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._photos)

    def photos(self, numbers: NDArray[np.int64]) -> WornPhotos:
        """Read photos by number, in any order."""
        chosen = [self._photos[int(number)] for number in numbers]
        read = [(self._faces[part], [row]) for _, part, row, _ in chosen]
        places = [self._places[part][[row]] for _, part, row, _ in chosen]
        return WornPhotos(
            images=torch.cat([faces.images(row) for faces, row in read]),
            transparency=torch.cat([faces.transparencies(row) for faces, row in read]),
            coordinates=torch.cat([mask_coordinates(faces, row) for faces, row in read]),
            labels=torch.from_numpy(self.labels[numbers]),
            places=Places(
                np.concatenate([one.boxes for one in places]),
                np.concatenate([one.points for one in places]),
            ),
            image_ids=np.array([photo for photo, *_ in chosen], dtype=np.str_),
        )

    def drawn(self, count: int, draw: np.random.Generator) -> NDArray[np.int64]:
        """Draw photos of different people, as far as there are as many; else of all, in turn."""
        order = draw.permutation(len(self))
        # The n-th photo of its person in this order comes after everybody's (n-1)-th.
        turn = np.zeros(len(order), dtype=np.int64)
        seen: dict[int, int] = {}
        for place, photo in enumerate(order):
            who = int(self.labels[photo])
            turn[place] = seen.get(who, 0)
            seen[who] = int(turn[place]) + 1
        return order[np.argsort(turn, kind="stable")][: min(count, len(order))]


def enroll(
    stored: Path, bare: Path, people: Sequence[str], rate: float, device: torch.device
) -> Evaded:
    """Open a recognizer and enroll people with the mean of their bare faces.

    Its threshold and the cosine of strangers are those of these people's bare faces.

    Args:
        stored: folder of the recognizer.
        bare: folder of what it saw of bare faces, by kind of photo.
        people: who trains.
        rate: false match rate of the threshold.
        device: where it computes.

    Raises:
        FaceveilError: if it gives no gradients, a person has no bare face, or there are too few
            people for the rate.
    """
    recognizer = open_recognizer(stored, device)
    if not recognizer.gives_gradients:
        raise FaceveilError(
            f"params.yaml: {recognizer.name!r} gives no gradients (architecture "
            f"{recognizer.card['architecture']}); textures are optimised against others than onnx"
        )
    vectors, labels = _bare_faces(bare, recognizer.fingerprint, people)
    sums = np.zeros((len(people), vectors.shape[1]))
    np.add.at(sums, labels, vectors)
    few = slice(None, None, max(1, len(vectors) // MOST_COMPARED))
    cosines = vectors[few] @ vectors[few].T
    apart = cosines[np.triu(labels[few][:, None] != labels[few][None, :], k=1)]
    threshold = threshold_at_fmr(apart, rate)
    if threshold is None:
        raise FaceveilError(
            f"params.yaml: train_texture.false_match_rate is {rate}, which {len(apart)} "
            f"comparisons of {len(people)} training people cannot show; raise it"
        )
    templates = functional.normalize(torch.from_numpy(sums), dim=1).float().to(device)
    return Evaded(recognizer, templates, threshold, float(apart.mean()))


def fingerprints(sources: Sources, evaded: Sequence[Evaded]) -> dict[str, str]:
    """Return SHA-256 sums of all that decides how textures come out, besides the settings."""
    people = " ".join(sources.roles.of_role("train"))
    made = {"people": hashlib.sha256(people.encode()).hexdigest()}
    for kind in MASKED_PHOTOS.values():
        faces = sources.faces(kind)
        digest = hashlib.sha256()
        for values in (faces.pixels, faces.transparency, faces.coordinates) if len(faces) else ():
            digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
        made[kind] = digest.hexdigest()
    templates = {one.recognizer.name: one.templates.cpu().numpy().tobytes() for one in evaded}
    return (
        made
        | {f"recognizers/{one.recognizer.name}": one.recognizer.fingerprint for one in evaded}
        | {f"templates/{name}": hashlib.sha256(t).hexdigest() for name, t in templates.items()}
    )


def _bare_faces(
    bare: Path, fingerprint: str, people: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return embeddings ``[N, E]`` of people's bare faces, and whose each is, int64 ``[N]``."""
    number = {who: place for place, who in enumerate(people)}
    seen, whose = [], []
    for kind in UNMASKED_PHOTOS.values():
        table = read_embeddings(bare / kind, fingerprint)
        known = np.isin(table.subject_ids, np.array(people, dtype=np.str_))
        seen.append(table.embeddings[known].astype(np.float64))
        whose += [number[who] for who in table.subject_ids[known]]
    if missing := sorted(set(range(len(people))) - set(whose)):
        raise FaceveilError(f"{bare}: no bare face of {people[missing[0]]!r}")
    return np.concatenate(seen), np.array(whose, dtype=np.int64)
