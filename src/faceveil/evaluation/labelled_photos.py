"""Labelled photos of people wearing designs: what a recognizer gets to learn from.

They show training people alone, and designs drawn from a stream of their own, so that no design
that is judged and nobody who is held out is among them. The first 10 of 1,000 photos are the 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from faceveil.params.errors import FaceveilError
from faceveil.params.strike_back import StrikeBack
from faceveil.protection.designs.generators import Generator
from faceveil.protection.designs.step import Trunk
from faceveil.runtime.seeding import generator_for, stream_seed
from faceveil.store.faces import PackedFaces
from faceveil.wearing.composition import wear


@dataclass(frozen=True)
class LabelledPhotos:
    """Photos behind the part of a trunk that stays.

    Attributes:
        inputs: float32 ``[k, F]`` features, or ``[k, C, h, w]`` maps before a trunk's last block.
        labels: int64 ``[k]``, the number of the person in each photo, a row of the gallery.
    """

    inputs: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "LabelledPhotos":
        """Return the first ``count`` photos.

        Raises:
            ValueError: if there are fewer.
        """
        if count > len(self):
            raise ValueError(f"{count} photos asked for, there are {len(self)}")
        return LabelledPhotos(self.inputs[:count], self.labels[:count])


def designs_to_learn(generator: Generator, settings: StrikeBack) -> Tensor:
    """Draw the designs on labelled photos, ``[K, 3, S, S]`` on the CPU; none is ever judged."""
    stream = generator_for(settings.seed, "strike_back", "latents")
    with torch.inference_mode():
        designs: Tensor = generator.cpu()(generator.draw(settings.designs, stream))
    return designs


def labelled_photos(
    trunk: Trunk,
    faces: Sequence[PackedFaces],
    designs: Tensor,
    subject_ids: Sequence[str],
    settings: StrikeBack,
) -> LabelledPhotos:
    """Return as many labelled photos as the largest number of ``settings.photos``.

    Args:
        trunk: what photos pass once: a whole trunk, or its part before the last block.
        faces: masked photos with a transparency, of one or several kinds.
        designs: what is worn, ``[K, 3, S, S]``; its device is where the trunk runs.
        subject_ids: the people of the gallery in its order; those of split ``train`` are shown.
        settings: how many photos, batch size and seed; the batch size changes no result.

    Raises:
        FaceveilError: if there are not so many different photos of different designs.
    """
    dealt = deal_photos(faces, len(designs), subject_ids, settings)
    size, device = settings.batch_size, designs.device
    # A GPU's shortened products would change some features in their last digits.
    exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with torch.no_grad(), exact:
        parts = [
            trunk(_worn(faces, dealt.iloc[start : start + size], designs)).float()
            for start in range(0, len(dealt), size)
        ]
    labels = torch.tensor(dealt["label"].tolist(), dtype=torch.int64, device=device)
    return LabelledPhotos(torch.cat(parts) if parts else torch.empty(0, device=device), labels)


def deal_photos(
    faces: Sequence[PackedFaces], designs: int, subject_ids: Sequence[str], settings: StrikeBack
) -> pd.DataFrame:
    """Say who is shown on which photo in which design, in the order in which photos are given.

    In each round everybody is shown once, in an order of the round's own, until the number is
    reached; nobody is shown twice on the same photo in the same design.

    Returns:
        ``label`` (place in ``subject_ids``), ``store`` (place in ``faces``), ``row`` (in that
        store) and ``design``, as many rows as the largest number of ``settings.photos``.

    Raises:
        FaceveilError: if there are not so many different photos of different designs.
    """
    wanted, seed = max(settings.photos), settings.seed
    choices = {
        label: _choices(found, designs, seed, subject_ids[label])
        for label, found in _training_photos(faces, subject_ids).items()
    }
    possible = sum(len(of_person) for of_person in choices.values())
    if possible < wanted:
        raise FaceveilError(
            f"strike_back.photos asks for {wanted} labelled photos, but training people, their "
            f"photos and designs make {possible}; raise strike_back.designs or ask for fewer"
        )
    dealt: list[tuple[int, int, int, int]] = []
    turn = 0
    while len(dealt) < wanted:
        rng = np.random.default_rng(stream_seed(seed, "strike_back", "people", turn))
        order = rng.permutation(sorted(choices)).tolist()
        dealt += [(i, *choices[i][turn]) for i in order if turn < len(choices[i])]
        turn += 1
    return pd.DataFrame(dealt[:wanted], columns=["label", "store", "row", "design"])


def _training_photos(
    faces: Sequence[PackedFaces], subject_ids: Sequence[str]
) -> dict[int, list[tuple[int, int]]]:
    """Return the store and row of every photo of training people, sorted by photo, by label."""
    label = {subject: number for number, subject in enumerate(subject_ids)}
    photos: dict[int, list[tuple[int, int]]] = {}
    for store, of_kind in enumerate(faces):
        rows = of_kind.rows.reset_index(drop=True).sort_values("image_id")
        chosen = rows[(rows["split"] == "train") & rows["subject_id"].isin(subject_ids)]
        for row, subject in chosen["subject_id"].items():
            photos.setdefault(label[subject], []).append((store, int(str(row))))
    return photos


def _choices(
    photos: list[tuple[int, int]], designs: int, seed: int, subject_id: str
) -> list[tuple[int, int, int]]:
    """Return all photos of a person in all designs, in an order of the person's own."""
    every = [(store, row, design) for store, row in photos for design in range(designs)]
    rng = np.random.default_rng(stream_seed(seed, "strike_back", "choices", subject_id))
    return [every[number] for number in rng.permutation(len(every))]


def _worn(faces: Sequence[PackedFaces], dealt: pd.DataFrame, designs: Tensor) -> Tensor:
    """Return photos wearing their designs, ``[B, 3, S, S]`` in [0, 1]."""
    parts = [
        _photo(faces[store], row) for store, row in zip(dealt["store"], dealt["row"], strict=True)
    ]
    images, transparency = (torch.cat(part).to(designs.device) for part in zip(*parts, strict=True))
    return wear(images, transparency, designs[dealt["design"].tolist()])


def _photo(faces: PackedFaces, row: int) -> tuple[Tensor, Tensor]:
    rows: NDArray[np.int64] = np.array([row])
    return faces.images(rows), faces.transparencies(rows)
