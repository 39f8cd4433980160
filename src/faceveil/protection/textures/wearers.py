"""Training people in masks, and the recognizers that enrolled them without: what textures see."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.collection.places import Places, read_places
from faceveil.params.errors import FaceveilError
from faceveil.protection.sources import Sources
from faceveil.store.faces import PackedFaces
from faceveil.store.protocol import MASKED_PHOTOS
from faceveil.wearing.texture import mask_coordinates


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
