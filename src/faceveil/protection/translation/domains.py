"""Photos of the two domains: bare faces, and faces in masks, of people who train.

People who are judged are in neither. A paired step shows each face with and without its mask; an
unpaired epoch shows other people in each domain.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from faceveil.collection.places import Places, read_places
from faceveil.params.errors import FaceveilError
from faceveil.protection.sources import Sources
from faceveil.runtime.seeding import generator_for, stream_seed
from faceveil.store.faces import open_faces
from faceveil.store.photos import LEARN, open_photos
from faceveil.store.protocol import MASKED_PHOTOS, UNMASKED_PHOTOS

MASKED = "_Mask"
"""What the name of a masked photo ends in, besides that of the face."""


@dataclass(frozen=True)
class FacePairs:
    """FacePairs with and without their masks, row by row.

    Attributes:
        subject_ids: str ``[N]``.
        image_ids: of the unmasked photos, str ``[N]``.
        unmasked: uint8 ``[N, S, S, 3]``.
        masked: of the same.
        transparency: where the masks are, uint8 ``[N, S, S]``.
        places: of the faces.
    """

    subject_ids: NDArray[np.str_]
    image_ids: NDArray[np.str_]
    unmasked: NDArray[np.uint8]
    masked: NDArray[np.uint8]
    transparency: NDArray[np.uint8]
    places: Places

    def __len__(self) -> int:
        return len(self.subject_ids)

    def __getitem__(self, rows: NDArray[np.int64]) -> "FacePairs":
        return FacePairs(*(getattr(self, one.name)[rows] for one in fields(self)))

    def digest(self) -> str:
        """Return the SHA-256 of all that a training sees, in hexadecimal."""
        summed = hashlib.sha256(" ".join([*self.subject_ids, *self.image_ids]).encode())
        for part in (self.unmasked, self.masked, self.transparency, self.places.points):
            summed.update(np.ascontiguousarray(part).data)
        return summed.hexdigest()


@dataclass(frozen=True)
class Dealt:
    """Photos of a step; where they are paired, row i shows one face twice.

    Attributes:
        unmasked: float32 ``[B, 3, S, S]`` in [0, 1].
        masked: of the same shape.
        region: where masks are on ``masked``, float32 ``[B, 1, S, S]`` in [0, 1].
        unmasked_places: of the faces, as shares of the side.
        masked_places: of the same.
    """

    unmasked: Tensor
    masked: Tensor
    region: Tensor
    unmasked_places: Places
    masked_places: Places

    def part(self, start: int, stop: int) -> "Dealt":
        """Return some of the rows."""
        rows = slice(start, stop)
        return Dealt(
            self.unmasked[rows], self.masked[rows], self.region[rows],
            self.unmasked_places[rows], self.masked_places[rows],
        )  # fmt: skip


def faces_of(sources: Sources, role: str) -> FacePairs:
    """Return the faces of people of a role, those of which there are both photos.

    Raises:
        FaceveilError: if there are none, or somebody of them is also judged.
    """
    people = sources.roles.of_role(role)
    judged = set(sources.roles.of_role("test")) if role != "test" else set()
    if both := sorted(judged & set(people)):
        raise FaceveilError(
            f"data/protocol: {both[0]} has role {role} and is judged ({len(both)} such people); "
            "run `dvc repro -f protocol`"
        )
    parts = [_of_kind(sources, protocol, people) for protocol in UNMASKED_PHOTOS]
    if not sum(map(len, parts)):
        raise FaceveilError(
            f"{sources.curated}: none of {len(people)} people with role {role} is there with and "
            "without a mask; raise curate.people, or lower curate.test_share"
        )
    return _joined(parts)


def in_designs(faces: FacePairs, protected: Path, names: Sequence[str], seed: int) -> FacePairs:
    """Return the faces, and after them the same ones in the designs of experiments.

    Of each experiment, each face that wears its designs to learn from is there in one design of its
    first training, drawn; `protect.learn_photos` says how many do.

    Args:
        faces: of people who train, in plain masks.
        protected: folder of the main pipeline's protected photos.
        names: of experiments.
        seed: of the draw.

    Raises:
        FaceveilError: if nobody who trains wears an experiment's designs.
    """
    return _joined([faces, *(_in_design(faces, protected / name, seed) for name in names)])


def _in_design(faces: FacePairs, store: Path, seed: int) -> FacePairs:
    photos = open_photos(store)
    rows = photos.rows[(photos.rows["use"] == LEARN) & (photos.rows["training"] == 0)]
    place = pd.Series(np.arange(len(faces)), index=faces.image_ids)
    rows = rows.assign(face=rows["image_id"].str.removesuffix(MASKED))
    rows = rows[rows["face"].isin(place.index)].sort_values(["face", "order", "variant"])
    if rows.empty:
        raise FaceveilError(
            f"{store}: nobody who trains wears its designs; raise protect.learn_photos, or take it "
            "out of `wearing`"
        )
    draw = np.random.default_rng(stream_seed(seed, "wearing", store.name))
    worn = rows.iloc[draw.permutation(len(rows))].drop_duplicates("face").sort_values("face")
    own = place.loc[worn["face"]].to_numpy(dtype=np.int64)
    return replace(
        faces[own], masked=np.asarray(photos.pixels[worn.index.to_numpy(dtype=np.int64)])
    )


def _of_kind(sources: Sources, protocol: str, people: Sequence[str]) -> FacePairs:
    """Return the faces of a kind of photos, sorted by image_id."""
    kinds = UNMASKED_PHOTOS[protocol], MASKED_PHOTOS[protocol]
    unmasked, masked = open_faces(sources.curated, kinds[0]), sources.faces(kinds[1])
    rows = unmasked.rows.assign(row=np.arange(len(unmasked)))
    rows = rows[rows["subject_id"].isin(people)].sort_values("image_id")
    own = masked.rows["image_id"].str.removesuffix(MASKED)
    place = pd.Series(np.arange(len(masked)), index=own)
    rows = rows[rows["image_id"].isin(place.index)]
    here, there = rows["row"].to_numpy(), place.loc[rows["image_id"]].to_numpy(dtype=np.int64)
    assert masked.transparency is not None
    return FacePairs(
        subject_ids=rows["subject_id"].to_numpy(dtype=np.str_),
        image_ids=rows["image_id"].to_numpy(dtype=np.str_),
        unmasked=np.asarray(unmasked.pixels[here]),
        masked=np.asarray(masked.pixels[there]),
        transparency=np.asarray(masked.transparency[there]),
        places=read_places(sources.curated, kinds[0])[here],
    )


def _joined(parts: Sequence[FacePairs]) -> FacePairs:
    parts = [part for part in parts if len(part)]
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("subject_ids", "image_ids", "unmasked", "masked", "transparency")
    }
    boxes = np.concatenate([part.places.boxes for part in parts])
    points = np.concatenate([part.places.points for part in parts])
    return FacePairs(**joined, places=Places(boxes, points))


@dataclass(frozen=True)
class Dealer:
    """Deals photos to steps, by a seed: the same photos whatever was dealt before.

    Attributes:
        faces: all there are.
        batch_size: photos of each domain per step.
        paired: whether a step shows the same faces in both domains.
        enlarged: side before a random crop, as a multiple.
        mirrored: whether half of the photos are mirrored.
        seed: of the training.
    """

    faces: FacePairs
    batch_size: int
    paired: bool
    enlarged: float
    mirrored: bool
    seed: int

    @property
    def steps(self) -> int:
        """Steps of an epoch: as many photos as one domain has, where people are halved about."""
        count = len(self.faces) if self.paired else len(self.faces) // 2
        return max(1, count // self.batch_size)

    def dealt(self, epoch: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return rows of an epoch's unmasked and masked photos, in their order.

        Unpaired ones are of two halves of the people, dealt anew for each epoch. The half with
        fewer photos shows some of them again.
        """
        rng = np.random.default_rng(stream_seed(self.seed, "dealt", epoch))
        if self.paired:
            order = rng.permutation(len(self.faces))
            return order, order
        people = np.unique(self.faces.subject_ids)
        if len(people) < 2:
            raise FaceveilError(
                f"{len(people)} person trains; unpaired photos need two or more: raise "
                "curate.people, or use method paired"
            )
        bare = rng.permutation(people)[: len(people) // 2]
        is_bare = np.isin(self.faces.subject_ids, bare)
        rows = [rng.permutation(np.flatnonzero(one)) for one in (is_bare, ~is_bare)]
        wanted = self.steps * self.batch_size
        return np.resize(rows[0], wanted), np.resize(rows[1], wanted)

    def batch(self, step: int) -> Dealt:
        """Return the photos of a step of the training, the first one is 0."""
        epoch, number = divmod(step, self.steps)
        shown = slice(number * self.batch_size, (number + 1) * self.batch_size)
        bare, worn = (rows[shown] for rows in self.dealt(epoch))
        faces = self.faces
        here, there = (generator_for(self.seed, name, step) for name in ("unmasked", "masked"))
        if self.paired:
            there = generator_for(self.seed, "unmasked", step)
        unmasked, unmasked_places = self._seen(
            as_photos(faces.unmasked[bare]), faces.places[bare], here
        )
        both = torch.cat([as_photos(faces.masked[worn]), as_region(faces.transparency[worn])], 1)
        masked, masked_places = self._seen(both, faces.places[worn], there)
        return Dealt(unmasked, masked[:, :3], masked[:, 3:], unmasked_places, masked_places)

    def _seen(self, images: Tensor, places: Places, draw: torch.Generator) -> tuple[Tensor, Places]:
        """Enlarge photos, cut their own size out of them, and mirror some; faces move along."""
        count, size = len(images), images.shape[-1]
        larger = round(size * self.enlarged)
        corner = torch.randint(larger - size + 1, (count, 2), generator=draw)
        flipped = torch.rand(count, generator=draw) < 0.5 * self.mirrored
        if larger > size:
            images = F.interpolate(images, (larger, larger), mode="bilinear", align_corners=False)
            cut = [
                one[:, top : top + size, left : left + size]
                for one, (left, top) in zip(images, corner.tolist(), strict=True)
            ]
            images = torch.stack(cut)
        images = torch.where(flipped[:, None, None, None], images.flip(3), images)
        return images, _moved(places, larger / size, corner.numpy() / size, flipped.numpy())


def _moved(
    places: Places,
    larger: float,
    corner: NDArray[np.float64],
    flipped: NDArray[np.bool_],
) -> Places:
    """Return places in photos that were enlarged, cut at a corner ``[N, 2]``, and mirrored."""
    points = (places.points * larger - corner[:, None]).astype(np.float32)
    boxes = (places.boxes * larger - np.tile(corner, 2)).astype(np.float32)
    mirrored = np.stack([1 - points[..., 0], points[..., 1]], -1)[:, [1, 0, 2, 4, 3]]
    turned = np.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], 1)
    return Places(
        np.where(flipped[:, None], turned, boxes),
        np.where(flipped[:, None, None], mirrored, points),
    )


def as_photos(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn uint8 ``[B, S, S, 3]`` into float32 ``[B, 3, S, S]`` in [0, 1]."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255


def as_region(transparency: NDArray[np.uint8]) -> Tensor:
    """Turn uint8 ``[B, S, S]`` into float32 ``[B, 1, S, S]`` in [0, 1]."""
    return torch.from_numpy(transparency).float()[:, None] / 255
