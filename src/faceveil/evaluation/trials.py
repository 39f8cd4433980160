"""Searching the gallery: one trial is one probe photo, wearing one thing, looked for among all.

The gallery is the same for every row: all kept people, training and held-out, each enrolled with
the unmasked photo's stored trunk feature under the experiment's own head. All is joined by
``subject_id``. A trial log is a frame with the columns of :data:`COLUMNS`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from faceveil.data.embeddings import EmbeddingTable
from faceveil.data.faces import PackedFaces
from faceveil.evaluation.protocol import Wears, assign_designs
from faceveil.metrics.identification import hits
from faceveil.params.errors import FaceveilError
from faceveil.recognition.interface import Recognizer
from faceveil.wearing.composition import wear

COLUMNS = ("wears", "protocol", "subject_id", "image_id", "split", "design", "hit")
"""``design`` is the number of the design among those of its kind, -1 where none is worn."""

NO_DESIGN = -1

_DECIMALS = 6
"""Similarities that agree to this many decimals tie, and a tie is no identification: what float
arithmetic does not tell apart reproducibly is not told apart, whatever the batch or device."""


@dataclass(frozen=True)
class Opponent:
    """The recognizer that is to be evaded, with everybody enrolled.

    Attributes:
        recognizer: its head is the one the experiment ended with.
        device: where it runs.
        gallery_ids: str ``[G]``, no two alike.
        gallery: float64 ``[G, E]``, unit embeddings.
    """

    recognizer: Recognizer
    device: torch.device
    gallery_ids: NDArray[np.str_]
    gallery: NDArray[np.float64]

    def identifies(
        self, features: torch.Tensor, subject_ids: NDArray[np.str_]
    ) -> NDArray[np.bool_]:
        """Say for each trunk feature ``[B, F]`` whether its subject is the one best match."""
        similarity = _embed(self.recognizer, features) @ self.gallery.T
        return hits(np.round(similarity, _DECIMALS), subject_ids, self.gallery_ids)


@dataclass(frozen=True)
class Outfit:
    """Designs of one kind, and how many of them a person of each split wears.

    Attributes:
        wears: what the designs are.
        designs: float32 ``[K, 3, S, S]`` in [0, 1].
        per_subject: designs that each person wears, by split.
    """

    wears: Wears
    designs: torch.Tensor
    per_subject: dict[str, int]


def enroll(recognizer: Recognizer, unmasked: EmbeddingTable, device: torch.device) -> Opponent:
    """Enroll everybody with the unmasked photo.

    Raises:
        FaceveilError: if nobody is there or a person has two enrolled photos.
    """
    ids, count = np.unique(unmasked.subject_ids, return_counts=True)
    if not len(ids) or count.max() > 1:
        found = f"{str(ids[count.argmax()])!r} has {count.max()}" if len(ids) else "there is nobody"
        raise FaceveilError(f"the gallery takes one unmasked photo per person, but {found}")
    features = torch.tensor(unmasked.features, device=device)
    return Opponent(recognizer, device, unmasked.subject_ids, _embed(recognizer, features))


def stored_trials(
    opponent: Opponent, table: EmbeddingTable, wears: Wears, protocol: str, batch_size: int
) -> pd.DataFrame:
    """Search with photos as they are, from their stored trunk features."""
    hit = np.zeros(len(table), dtype=np.bool_)
    for part in _batches(len(table), batch_size, f"search {protocol}, {wears}"):
        features = torch.tensor(table.features[part], device=opponent.device)
        hit[part] = opponent.identifies(features, table.subject_ids[part])
    words = {
        "subject_id": table.subject_ids,
        "image_id": table.image_ids,
        "split": table.splits,
    }
    rows = pd.DataFrame({"wears": wears, **words, "design": NO_DESIGN, "hit": hit})
    return rows.assign(protocol=protocol)[list(COLUMNS)]


def worn_trials(
    opponent: Opponent,
    faces: PackedFaces,
    outfits: Sequence[Outfit],
    protocol: str,
    batch_size: int,
) -> pd.DataFrame:
    """Search with photos whose mask is repainted with designs.

    Args:
        opponent: the recognizer and its gallery.
        faces: photos with their transparency, at least one, in any order.
        outfits: what is worn.
        protocol: name that the trials get.
        batch_size: faces per pass through the trunk; changes no result.
    """
    trials = _planned(faces, outfits)
    first = np.cumsum([0, *(len(outfit.designs) for outfit in outfits)])
    designs = torch.cat([outfit.designs for outfit in outfits])
    number = torch.tensor((first[trials["outfit"]] + trials["design"]).tolist(), dtype=torch.int64)
    rows, subjects = trials["row"].to_numpy(), trials["subject_id"].to_numpy(dtype=np.str_)
    hit = np.zeros(len(trials), dtype=np.bool_)
    for part in _batches(len(trials), batch_size, f"search {protocol}"):
        features = _worn_features(opponent, faces, rows[part], designs[number[part]])
        hit[part] = opponent.identifies(features, subjects[part])
    wears = np.array([outfit.wears for outfit in outfits], dtype=object)[trials["outfit"]]
    return trials.assign(wears=wears, protocol=protocol, hit=hit)[list(COLUMNS)]


def _worn_features(
    opponent: Opponent, faces: PackedFaces, rows: NDArray[np.int64], designs: torch.Tensor
) -> torch.Tensor:
    """Return the trunk features of faces wearing one design each."""
    device = opponent.device
    images, transparency = faces.images(rows).to(device), faces.transparencies(rows).to(device)
    # A GPU's shortened products would change some rates in their last digit.
    exact = torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)
    with torch.inference_mode(), exact:
        return opponent.recognizer.trunk(wear(images, transparency, designs.to(device)))


def _planned(faces: PackedFaces, outfits: Sequence[Outfit]) -> pd.DataFrame:
    """List who wears which design on which photo, sorted by photo so that row order is nothing."""
    photos = faces.rows.reset_index(drop=True).rename_axis("row").reset_index()
    parts = [
        _dealt(of_split, outfit, str(split)).assign(outfit=number)
        for number, outfit in enumerate(outfits)
        for split, of_split in photos.groupby("split")
    ]
    return pd.concat(parts).sort_values(["image_id", "outfit", "design"], ignore_index=True)


def _dealt(photos: pd.DataFrame, outfit: Outfit, split: str) -> pd.DataFrame:
    """Repeat the photos of one split once for each design that their person wears."""
    subjects = photos["subject_id"].to_numpy(dtype=np.str_)
    count = outfit.per_subject[split]
    dealt = assign_designs(subjects, len(outfit.designs), count)
    worn = photos.loc[photos.index.repeat(count)]
    return worn.assign(design=np.concatenate([dealt[subject] for subject in subjects]))


def _embed(recognizer: Recognizer, features: torch.Tensor) -> NDArray[np.float64]:
    with torch.inference_mode():
        return recognizer.head(features).double().cpu().numpy()


def _batches(count: int, size: int, title: str) -> Iterator[slice]:
    starts = tqdm(range(0, count, size), desc=title, unit="batch", disable=None)
    return (slice(start, start + size) for start in starts)
